package io.panatorch.cogvideox.cli;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.panatorch.cache.CacheStatistics;
import io.panatorch.cache.SiteKind;
import io.panatorch.cache.report.CacheJson;
import io.panatorch.cache.report.CacheText;
import io.panatorch.cogvideox.VideoResult;
import io.panatorch.cogvideox.config.LibraryVersion;
import io.panatorch.device.LibtorchInfo;
import io.panatorch.io.AtomicFile;
import io.panatorch.parallel.Traffic;
import io.panatorch.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What is told about a generation when it is done, to people and to programs.
 *
 * @param ranks how many processes made it
 * @param traffic what this one has sent to the others for it
 */
record Report(VideoResult result, Recipe recipe, Map<String, Double> seconds, List<String> encoders, List<Path> written, int ranks,
        Traffic traffic) {

    private static final JsonMapper JSON = new JsonMapper();
    private static final String ROW = "%-9s ";
    private static final int PERCENT = 100;

    /** Where the time went, what the cache saved, what was written. */
    List<String> lines() {
        List<String> lines = new ArrayList<>();
        seconds.forEach((stage, time) -> lines.add(row(stage, time)));
        lines.add(row("total", total()));
        CacheStatistics cache = result.cache();
        int visits = cache.computed() + cache.partial() + cache.reused();
        if (cache.computed() == visits) {
            lines.add(row(cache.method(), "%d %s, all computed".formatted(visits, sites(cache))));
        } else {
            lines.add(row(cache.method(), "%d %s, %d computed%s, %d reused (%d %%)%s, %s held at the peak".formatted(
                    visits, sites(cache), cache.computed(), cache.partial() == 0 ? "" : ", " + cache.partial() + " in part",
                    cache.reused(), Math.round((double) PERCENT * cache.reused() / visits), saved(cache),
                    CacheText.bytes(cache.bytes().peak()))));
        }
        if (ranks > 1) {
            lines.add(row("ranks", "%d, %s sent by each in %d calls".formatted(ranks, CacheText.bytes(traffic.bytes()), traffic.calls())));
        }
        lines.add(row("video", size(result, "x")));
        encoders.forEach(encoder -> lines.add(row("encoder", encoder)));
        written.forEach(path -> lines.add(row("output", path.toString())));
        return lines;
    }

    /** What was made, without how many of it. */
    static String size(VideoResult result, String times) {
        Shape shape = (result.hasFrames() ? result.frames() : result.latents()).shape();
        return "%d %s %d %s, %d frames".formatted(shape.size(4), times, shape.size(3), result.hasFrames() ? "pixels" : "latents",
                shape.size(1));
    }

    private static String saved(CacheStatistics cache) {
        return cache.totalSeconds() > 0 ? String.format(Locale.ROOT, ", about %.2f s saved", cache.secondsSaved()) : "";
    }

    /** What the method covers, in a word. */
    private static String sites(CacheStatistics cache) {
        Set<SiteKind> kinds = cache.sites().stream().map(site -> site.site().kind()).collect(Collectors.toSet());
        if (SiteKind.ATTENTIONS.containsAll(kinds)) {
            return "attentions";
        }
        return kinds.equals(Set.of(SiteKind.BLOCK)) ? "blocks" : "sites";
    }

    private static String row(String name, double time) {
        return row(name, String.format(Locale.ROOT, "%8.2f s", time));
    }

    private static String row(String name, String text) {
        return ROW.formatted(name) + text;
    }

    private double total() {
        return seconds.values().stream().mapToDouble(Double::doubleValue).sum();
    }

    /** Writes the file of {@code --stats}, whole or not at all. */
    void writeJson(Path target) throws IOException {
        byte[] json = JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(json());
        AtomicFile.write(target, temporary -> Files.write(temporary, json));
    }

    private ObjectNode json() throws IOException {
        ObjectNode root = JSON.createObjectNode();
        root.set("recipe", recipe.json());
        ArrayNode timesteps = root.putArray("timesteps");
        result.timesteps().forEach(timesteps::add);
        ObjectNode times = root.putObject("seconds");
        seconds.forEach(times::put);
        root.putObject("ranks").put("size", ranks).put("calls", traffic.calls()).put("bytes_sent", traffic.bytes());
        root.setAll((ObjectNode) JSON.readTree(CacheJson.of(result.cache())));
        return root;
    }

    static ObjectNode versions() {
        return JSON.createObjectNode()
                .put("panatorch", LibraryVersion.get())
                .put("libtorch", LibtorchInfo.load().version())
                .put("java", Runtime.version().toString());
    }
}
