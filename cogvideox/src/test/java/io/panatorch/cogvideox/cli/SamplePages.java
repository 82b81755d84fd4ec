package io.panatorch.cogvideox.cli;

import io.panatorch.cache.Branch;
import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.CacheStatistics;
import io.panatorch.cache.CacheStatistics.SiteStatistics;
import io.panatorch.cache.HeldBytes;
import io.panatorch.cache.Site;
import io.panatorch.cache.SiteKind;
import io.panatorch.cache.calibration.Calibration;
import io.panatorch.cache.calibration.CalibrationOptions;
import io.panatorch.cache.calibration.ChangeCurve;
import io.panatorch.cache.calibration.Figures;
import io.panatorch.cache.calibration.SpeedUp;
import io.panatorch.cache.pab.BroadcastRule;
import io.panatorch.cogvideox.compare.Setting;
import io.panatorch.cogvideox.compare.Standing;
import io.panatorch.cogvideox.compare.Trial;
import io.panatorch.cogvideox.html.HtmlPage;
import io.panatorch.cogvideox.quality.VideoQuality;
import io.panatorch.cogvideox.video.Frames;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntToDoubleFunction;
import java.util.function.IntUnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Pages as large as they become, of numbers that need no model. */
final class SamplePages {

    /** What somebody may try, after what the demo model knows. */
    static final List<String> PROMPTS = List.of("a red circle moving right on a blue background",
            "a green square moving up on a black background", "<script>alert(1)</script> & \"quotes\" 'and' </title> \u0000",
            "🚀 עיגול אדום 火", "a" + "very".repeat(40) + "long word", "a white star growing on a purple background",
            "a yellow triangle standing still on a gray background", "a cyan circle shrinking on a pink background",
            "an orange square moving left on a white background", "a blue star moving down on a yellow background",
            "a purple circle moving right on a green background", "a black triangle growing on an orange background");

    private static final List<String> NAMES = List.of("none", "pab", "fastercache", "taylorseer --cache-option cache-interval=6",
            "magcache", "teacache", "first-block");
    private static final int STEPS = 50;

    private SamplePages() {}

    /** Of seven settings and twelve prompts, on a model of the size of the 2B. */
    static HtmlPage comparison() throws IOException {
        List<Standing> standings = new ArrayList<>();
        for (int i = 0; i < NAMES.size(); i++) {
            int skip = i;
            CacheStatistics cache = statistics(30, step -> skip == 0 || step < 8 || step > 46 || step % (skip + 1) == 0 ? 'C'
                    : skip == 2 ? 'P' : 'R', _ -> Double.NaN);
            VideoQuality quality = new VideoQuality(i == 0 ? Double.POSITIVE_INFINITY : 45 - 2.5 * (i % 4), 1 - 0.01 * i);
            Trial trial = new Trial(List.of(20.0 / (1 + 0.2 * (i % 5))), quality, cache);
            standings.add(new Standing(new Setting(NAMES.get(i), "--cache " + NAMES.get(i), CacheMethod.none()),
                    PROMPTS.stream().map(_ -> trial).toList()));
        }
        List<PageVideo> videos = new ArrayList<>();
        PageVideo video = video(NAMES, 64, 48);
        PROMPTS.forEach(_ -> videos.add(video));
        return new ComparisonReport(PROMPTS, standings, conditions()).page(videos, statistics(30, _ -> 'C', SamplePages::change));
    }

    /** Of two prompts, on a model of the size of the 5B. */
    static HtmlPage cacheReport() throws IOException {
        List<String> prompts = PROMPTS.subList(0, 2);
        Map<String, String> conditions = new LinkedHashMap<>();
        conditions.put("prompt 1", prompts.get(0));
        conditions.put("prompt 2", prompts.get(1));
        conditions.putAll(conditions());
        return new CacheReport(someStatistics(),
                Map.of("denoise", 123.4), conditions).page(video(prompts, 720, 480));
    }

    /** Of one place at one step. */
    static HtmlPage smallestCacheReport() throws IOException {
        SiteStatistics site = new SiteStatistics(Branch.CONDITIONAL, new Site(SiteKind.BLOCK, 0, "transformer_blocks.0"), "C", List.of(1.5),
                List.of(Double.NaN), List.of(), HeldBytes.NONE, 0);
        return new CacheReport(new CacheStatistics("none", List.of(site), Map.of(SiteKind.BLOCK, HeldBytes.NONE), HeldBytes.NONE, 1),
                Map.of("denoise", 1.5), Map.of("prompt", PROMPTS.get(2))).page(video(List.of(PROMPTS.get(2)), 64, 48));
    }

    /** Of more steps than anybody takes. */
    static HtmlPage largestCacheReport() throws IOException {
        SiteStatistics[] sites = IntStream.range(0, 42).mapToObj(layer -> new SiteStatistics(Branch.CONDITIONAL,
                new Site(SiteKind.SPATIAL_ATTENTION, layer, "transformer_blocks." + layer + ".attn1"), "CRRC".repeat(250),
                IntStream.range(0, 1000).mapToObj(_ -> 0.01).toList(),
                IntStream.range(0, 1000).mapToObj(step -> 0.01 + step * 1e-4).toList(), List.of(), new HeldBytes(0, 4L << 30, 0, 0), 0))
                .toArray(SiteStatistics[]::new);
        return new CacheReport(new CacheStatistics("pab", Arrays.asList(sites),
                Map.of(SiteKind.SPATIAL_ATTENTION, new HeldBytes(0, 4L << 30, 0, 0)), new HeldBytes(0, 4L << 30, 0, 0), 0.7),
                Map.of("denoise", 420.0), conditions()).page(video(List.of(PROMPTS.get(0)), 64, 48));
    }

    static HtmlPage calibration() {
        List<Integer> timesteps = IntStream.range(0, STEPS).mapToObj(step -> 999 - 20 * step).toList();
        List<ChangeCurve> curves = List.of(curve(SiteKind.SPATIAL_ATTENTION, timesteps, 0.05), curve(SiteKind.FEED_FORWARD, timesteps, 0.2));
        List<BroadcastRule> rules = List.of(new BroadcastRule(SiteKind.SPATIAL_ATTENTION, List.of(), 3, 100, 850),
                new BroadcastRule(SiteKind.FEED_FORWARD, List.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10), 2, 300, 600),
                new BroadcastRule(SiteKind.FEED_FORWARD, List.of(), 2, 600, 640));
        Calibration calibration = new Calibration(CalibrationOptions.of(30), rules, curves, 31.2, 1.4,
                new Figures(31.5, 28.1, 0.5, new SpeedUp(1.38, 1.3, 1.5, 8), 264), 85);
        return new CalibrationReport(calibration, new Figures(29.4, 25.0, 0.6, new SpeedUp(1.35, 1.3, 1.4, 4), 264),
                new Figures(33.0, 30.1, 0.4, new SpeedUp(1.2, 0.98, 1.3, 4), 120), 8, 4, conditions()).page(Path.of("rules.json"));
    }

    private static ChangeCurve curve(SiteKind kind, List<Integer> timesteps, double scale) {
        List<Double> middle = IntStream.range(0, STEPS).mapToObj(step -> scale * change(step)).toList();
        return new ChangeCurve(kind, timesteps, middle, middle.stream().map(x -> 0.6 * x).toList(),
                middle.stream().map(x -> 2 * x).toList());
    }

    /** Much at both ends, little between. */
    private static double change(int step) {
        return 0.01 + Math.pow((step - 25) / 25.0, 4);
    }

    /** Of a cache on a model of the size of the 5B. */
    static CacheStatistics someStatistics() {
        return statistics(42, step -> step < 10 || step % 2 == 0 ? 'C' : 'R', SamplePages::change);
    }

    private static CacheStatistics statistics(int layers, IntUnaryOperator decision, IntToDoubleFunction change) {
        String decisions = IntStream.range(0, STEPS).map(decision).mapToObj(Character::toString).collect(Collectors.joining());
        HeldBytes bytes = new HeldBytes(0, 3L << 20, 0, 0);
        List<SiteStatistics> sites = new ArrayList<>();
        for (SiteKind kind : List.of(SiteKind.SPATIAL_ATTENTION, SiteKind.FEED_FORWARD)) {
            for (int layer = 0; layer < layers; layer++) {
                sites.add(new SiteStatistics(Branch.CONDITIONAL, new Site(kind, layer, "transformer_blocks." + layer + "." + kind.name().toLowerCase()), decisions,
                        decisions.chars().mapToObj(letter -> letter == 'C' ? 0.02 : 0.001).toList(),
                        IntStream.range(0, STEPS).mapToObj(step -> change.applyAsDouble(step)).toList(), List.of(), bytes, 0));
            }
        }
        return new CacheStatistics("pab", sites, Map.of(SiteKind.SPATIAL_ATTENTION, bytes, SiteKind.FEED_FORWARD, bytes), bytes, 0.7);
    }

    /** A square that moves, of another colour in each video. */
    private static PageVideo video(List<String> names, int width, int height) throws IOException {
        List<Frames> videos = IntStream.range(0, names.size()).mapToObj(video -> new Frames(width, height, 9, 8, frame -> {
            byte[] rgb = new byte[width * height * 3];
            for (int i = 0; i < width * height; i++) {
                boolean inside = Math.abs(i % width - (frame + 2) * width / 12) < width / 8 && Math.abs(i / width - height / 2) < height / 6;
                rgb[3 * i] = (byte) (inside ? 250 - 20 * video : 20);
                rgb[3 * i + 1] = (byte) (inside ? 40 * video : 60);
                rgb[3 * i + 2] = (byte) (inside ? 30 : 150);
            }
            return rgb;
        })).toList();
        return PageVideo.of(videos, names.stream().map(name -> new PageVideo.Label(name, "31.4 dB")).toList());
    }

    private static Map<String, String> conditions() {
        Map<String, String> conditions = new LinkedHashMap<>();
        conditions.put("command", "panatorch compare --prompts bench/prompts.txt --output compare.html");
        conditions.put("model", "demo-model");
        conditions.put("size", "64 × 48 pixels, 9 frames");
        conditions.put("steps", "50");
        conditions.put("guidance scale", "6.0");
        conditions.put("seed", "42");
        conditions.put("libtorch", "2.10.0 from a folder with a name that has no space at all /home/somebody/" + "libtorch/".repeat(12));
        conditions.put("date", "27 November 2026, 12:00 UTC");
        return conditions;
    }
}
