package io.panatorch.cogvideox;

import io.panatorch.cache.CacheStatistics.SiteStatistics;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What a generation gave, to be compared bit by bit.
 *
 * @param method the name of the cache method
 * @param decisions of each of its sites
 */
record Outcome(List<Float> latents, String method, List<String> decisions) {

    static Outcome of(CogVideoXPipeline pipeline, VideoRequest request) {
        try (VideoResult result = pipeline.generate(request)) {
            return new Outcome(floats(result.latents()), result.cache().method(),
                    result.cache().sites().stream().map(SiteStatistics::decisions).toList());
        }
    }

    /** On a pipeline that has made nothing before. */
    static Outcome fresh(Path model, VideoRequest request) throws IOException {
        try (var pipeline = CogVideoXPipeline.load(model, DType.FLOAT32, Device.CPU)) {
            return of(pipeline, request);
        }
    }

    static List<Float> floats(Tensor tensor) {
        List<Float> floats = new ArrayList<>();
        for (float value : tensor.toFloatArray()) {
            floats.add(value);
        }
        return floats;
    }
}
