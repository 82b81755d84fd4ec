package io.panatorch.cogvideox.cli;

import io.panatorch.cogvideox.VideoResult;
import io.panatorch.cogvideox.video.Frames;
import io.panatorch.cogvideox.video.VideoWriter;
import io.panatorch.io.AtomicFile;
import io.panatorch.safetensors.Safetensors;
import io.panatorch.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/** What is written, and where. */
final class OutputOptions {

    @Option(names = "--output", paramLabel = "FILE",
            description = "the video: a name that ends with .mp4 or .gif, or a folder for PNG frames. For .mp4 an ffmpeg on PATH"
                    + " is used, which makes smaller files; none is needed (required unless --output-latents or --output-frames is"
                    + " given). Videos of several prompts are numbered: red.mp4 becomes red-1.mp4, red-2.mp4")
    private Path video;

    @Option(names = "--fps", paramLabel = "N",
            description = "frames per second of the video, at most 50 for .gif (default: the model's, 8 or 16)")
    private Double fps;

    @Option(names = "--output-latents", paramLabel = "FILE",
            description = "safetensors file with the final \"latents\" [batch, frames, channels, height, width]")
    private Path latents;

    @Option(names = "--output-frames", paramLabel = "FILE",
            description = "safetensors file with the \"frames\" [batch, frames, 3, height, width], float32 in [0, 1]")
    private Path frames;

    @Option(names = "--stats", paramLabel = "FILE",
            description = "JSON file: all that is needed to make the videos again (which they carry too), timesteps, seconds of each"
                    + " stage, and what was computed and reused at each site")
    private Path stats;

    @Option(names = "--cache-report", paramLabel = "FILE",
            description = "what the cache did, as a page with pictures (.html) or as a table (.txt); how much outputs change from"
                    + " step to step is measured for it, which takes time and holds the last output of everything that is covered")
    private Path cacheReport;

    private final List<VideoWriter> writers = new ArrayList<>();

    /** {@return frames per second, where they were not asked for those of the model} */
    double fps(double own) {
        return Objects.requireNonNullElse(fps, own);
    }

    /** {@return whether anything that is written has pictures} */
    boolean needFrames() {
        return video != null || frames != null || cacheReport != null && CacheReport.isPage(cacheReport);
    }

    /** {@return what the videos are written by, for people} */
    List<String> encoders() {
        return writers.stream().map(VideoWriter::encoder).distinct().toList();
    }

    /** Whether the session is to measure changes. */
    boolean measures() {
        return cacheReport != null;
    }

    /**
     * Finds out before the work, not after it, whether everything could be written.
     *
     * @throws IllegalArgumentException where the options make no sense
     * @throws IOException where a file could not be written
     */
    void check(int batch) throws IOException {
        if (video == null && latents == null && frames == null) {
            throw new IllegalArgumentException("expected --output, --output-latents or --output-frames, found none of them");
        }
        if (fps != null && !(fps > 0 && fps < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("--fps: expected a number above 0, found " + fps);
        }
        boolean isPage = cacheReport != null && CacheReport.isPage(cacheReport);
        checkPlaces(batch);
        if (isPage) {
            PageVideo.check();
        }
        writers.clear();
        for (Path target : videos(batch)) {
            VideoWriter writer = VideoWriter.to(target);
            if (fps != null) {
                writer.requireRate(fps);
            }
            writers.add(writer);
        }
    }

    /**
     * Finds out the part of it that differs between {@linkplain #numbered numbered} outputs and takes no time.
     *
     * @throws IOException as {@link #check} does
     */
    void checkPlaces(int batch) throws IOException {
        for (Path file : files()) {
            AtomicFile.check(file);
        }
        for (Path target : videos(batch)) {
            if (Files.isDirectory(target)) {
                VideoWriter.to(target);
            }
        }
    }

    /** {@return all that is written for a batch} */
    List<Path> targets(int batch) {
        return Stream.concat(videos(batch).stream(), files().stream()).toList();
    }

    private List<Path> files() {
        return Stream.of(latents, frames, stats, cacheReport).filter(Objects::nonNull).toList();
    }

    /** Finds out whether pictures of a size can be written. */
    void checkSize(int width, int height) {
        writers.forEach(writer -> writer.requireSize(width, height));
    }

    /**
     * Writes the statistics.
     *
     * @param prompts one for each video
     * @param conditions what the videos were made with, by names to be shown
     */
    void writeReports(Report report, List<String> prompts, Map<String, String> conditions) throws IOException {
        if (stats != null) {
            report.writeJson(stats);
        }
        if (cacheReport != null) {
            writeCacheReport(report, prompts, conditions);
        }
    }

    private void writeCacheReport(Report report, List<String> prompts, Map<String, String> conditions) throws IOException {
        CacheReport cache = new CacheReport(report.result().cache(), report.seconds(), conditions);
        if (!CacheReport.isPage(cacheReport)) {
            cache.writeText(cacheReport);
            return;
        }
        List<Frames> pictures = new ArrayList<>();
        List<PageVideo.Label> labels = new ArrayList<>();
        for (int i = 0; i < prompts.size(); i++) {
            pictures.add(report.result().pictures(i, fps(report.result().fps())));
            labels.add(new PageVideo.Label(prompts.get(i), ""));
        }
        cache.page(PageVideo.of(pictures, labels)).write(cacheReport);
    }

    /** Writes everything but the statistics, and returns what was written. */
    List<Path> write(VideoResult result, Recipe recipe) throws IOException {
        List<Path> written = new ArrayList<>();
        save(latents, "latents", result.latents(), written);
        if (frames != null) {
            save(frames, "frames", result.frames(), written);
        }
        for (int i = 0; i < writers.size(); i++) {
            writers.get(i).write(result.pictures(i, fps(result.fps())), recipe.metadata(i));
            written.add(writers.get(i).target());
        }
        return written;
    }

    private static void save(Path file, String name, Tensor tensor, List<Path> written) throws IOException {
        if (file != null) {
            Safetensors.save(file, Map.of(name, tensor), Map.of());
            written.add(file);
        }
    }

    /** One for each video of the batch. */
    private List<Path> videos(int batch) {
        if (video == null || batch == 1) {
            return Stream.ofNullable(video).toList();
        }
        List<Path> numbered = new ArrayList<>();
        for (int i = 1; i <= batch; i++) {
            numbered.add(numbered(video, i));
        }
        return numbered;
    }

    /** {@return the path with a number before the ending, where it has one} */
    private static Path numbered(Path path, int number) {
        String name = path.getFileName() == null ? "" : path.getFileName().toString();
        int dot = Files.isDirectory(path) ? -1 : name.lastIndexOf('.');
        int end = dot > 0 ? dot : name.length();
        return path.resolveSibling(name.substring(0, end) + "-" + number + name.substring(end));
    }

    /** {@return the same outputs for one of several generations, all of them numbered} */
    OutputOptions numbered(int number) {
        OutputOptions copy = new OutputOptions();
        copy.video = numberedOrNull(video, number);
        copy.fps = fps;
        copy.latents = numberedOrNull(latents, number);
        copy.frames = numberedOrNull(frames, number);
        copy.stats = numberedOrNull(stats, number);
        copy.cacheReport = numberedOrNull(cacheReport, number);
        return copy;
    }

    private static Path numberedOrNull(Path path, int number) {
        return path == null ? null : numbered(path, number);
    }
}
