package io.panatorch.cogvideox.cli;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.calibration.Evaluator;
import io.panatorch.cogvideox.CogVideoXPipeline;
import io.panatorch.cogvideox.VideoRequest;
import io.panatorch.cogvideox.VideoResult;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorOwner;
import io.panatorch.tensor.TensorScope;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Function;

/** Generates videos with a pipeline, and keeps those without a cache, with which it compares the others. */
final class PipelineEvaluator implements Evaluator, AutoCloseable {

    /** Enough values for their mean squared difference to be within a percent of that of all. */
    private static final int SAMPLE = 1 << 16;

    private final CogVideoXPipeline pipeline;
    private final Function<String, VideoRequest.Builder> requests;
    private final TensorOwner kept = new TensorOwner();
    private final Map<String, Tensor> references = new HashMap<>();

    PipelineEvaluator(CogVideoXPipeline pipeline, Function<String, VideoRequest.Builder> requests) {
        this.pipeline = pipeline;
        this.requests = requests;
    }

    @Override
    public Trial run(String prompt, CacheMethod method) {
        try (TensorScope _ = TensorScope.open();
                VideoResult result = pipeline.generate(requests.apply(prompt).cache(method).build())) {
            Tensor frames = result.frames();
            Tensor reference = references.computeIfAbsent(prompt, _ -> kept.adopt(frames));
            Tensor difference = frames.sub(reference);
            double error = difference.mul(difference).mean().item();
            return new Trial(error, sample(frames), result.seconds().get("denoise"), result.cache());
        }
    }

    /** The same places of every video. */
    private static float[] sample(Tensor frames) {
        long count = frames.shape().numel();
        long size = Math.min(count, SAMPLE);
        Tensor places = Tensor.of(new SplittableRandom(0).longs(size, 0, count).toArray(), size);
        return frames.to(Device.CPU).reshape(count, 1).embedding(places).toFloatArray();
    }

    @Override
    public void close() {
        kept.close();
    }
}
