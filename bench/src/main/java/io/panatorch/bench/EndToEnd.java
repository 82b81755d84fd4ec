package io.panatorch.bench;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.CacheStatistics;
import io.panatorch.cache.CacheStatistics.SiteStatistics;
import io.panatorch.cache.SiteKind;
import io.panatorch.cogvideox.CogVideoXPipeline;
import io.panatorch.cogvideox.VideoRequest;
import io.panatorch.cogvideox.VideoResult;
import io.panatorch.cogvideox.quality.VideoQuality;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.util.Map;
import java.util.stream.Stream;
import org.openjdk.jmh.util.ListStatistics;

/** Generations of one video with one cache method: where the time goes, and what comes out. */
final class EndToEnd {

    private static final String PROMPT = "a red circle moving right on a blue background";

    /** Seconds of the denoising loop. */
    final ListStatistics denoise = new ListStatistics();
    /** Seconds of text encoder, denoising loop and decoder. */
    final ListStatistics total = new ListStatistics();

    /** Of the denoising loop, the part that another method would have skipped. */
    final ListStatistics skippable = new ListStatistics();

    private final CogVideoXPipeline pipeline;
    private final VideoRequest request;
    private float[] frames;
    private long[] shape;
    private CacheStatistics cache;

    EndToEnd(CogVideoXPipeline pipeline, CacheMethod method, int steps) {
        this.pipeline = pipeline;
        this.request = VideoRequest.builder(PROMPT).steps(steps).cache(method).build();
    }

    /** Generates the video, counts the time, and returns that of the denoising loop. */
    double run() {
        Map<String, Double> seconds = generate();
        denoise.addValue(seconds.get("denoise"));
        total.addValue(seconds.values().stream().mapToDouble(Double::doubleValue).sum());
        return seconds.get("denoise");
    }

    /** The same, and counts the time of the visits that another method, which has run, does not compute. */
    double run(EndToEnd skipping) {
        double whole = run();
        double seconds = 0;
        for (SiteStatistics site : skipping.attentions().toList()) {
            SiteStatistics own = attentions().filter(each -> each.site().equals(site.site())).findFirst().orElseThrow();
            for (int i = 0; i < site.decisions().length(); i++) {
                seconds += site.decisions().charAt(i) == CacheStatistics.REUSED ? own.seconds().get(i) : 0;
            }
        }
        skippable.addValue(seconds / whole);
        return whole;
    }

    /** Generates the video for nothing but warmth. */
    void warmUp() {
        generate();
    }

    /** Generates, keeps what is asked for later, and returns how long each stage took. */
    private Map<String, Double> generate() {
        try (VideoResult result = pipeline.generate(request)) {
            frames = result.frames().toFloatArray();
            shape = result.frames().shape().sizes();
            cache = result.cache();
            return result.seconds();
        }
    }

    /** {@return how close the last video is to another's, in decibels} */
    double psnr(EndToEnd other) {
        try (var _ = TensorScope.open()) {
            return VideoQuality.of(Tensor.of(other.frames, shape), Tensor.of(frames, shape)).psnr();
        }
    }

    /** {@return attentions that were computed in one generation} */
    int computed() {
        return attentions().mapToInt(SiteStatistics::computed).sum();
    }

    /** {@return attentions that were reused in one generation} */
    int reused() {
        return attentions().mapToInt(SiteStatistics::reused).sum();
    }

    /** {@return the most that the cache held at once} */
    long bytesPeak() {
        return cache.bytes().peak();
    }

    private Stream<SiteStatistics> attentions() {
        return cache.sites().stream().filter(site -> SiteKind.ATTENTIONS.contains(site.site().kind()));
    }
}
