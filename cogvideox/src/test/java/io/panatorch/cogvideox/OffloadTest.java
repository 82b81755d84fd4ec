package io.panatorch.cogvideox;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.cogvideox.quality.VideoQuality;
import io.panatorch.nn.Offload;
import io.panatorch.nn.Quantization;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.LiveTensors;
import io.panatorch.tensor.TensorScope;
import io.panatorch.testing.TensorTest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Weights that come when they are needed, and weights of 8 bits. */
@TensorTest
class OffloadTest extends Generations {

    OffloadTest() {
        super(Device.CPU);
    }

    /** All ways to begin a video, which need the autoencoder before the transformer, and a cache, by which weights are not needed. */
    @ParameterizedTest
    @CsvSource({
        "t2v-2b, pab_s2_100_800, model, FLOAT32", "t2v-2b, pab_s2_100_800, blocks, BFLOAT16", "t2v-2b, none, blocks=1, FLOAT16",
        "i2v-5b, none, model, FLOAT32", "i2v-5b, pab_s2_100_800, blocks=1, FLOAT32", "v2v, none, blocks, FLOAT32",
        "control, none, model, BFLOAT16", "t2v-1.5, none, blocks, FLOAT32"
    })
    void videosAreTheSameToTheBit(String name, String run, String offload, DType dtype) throws IOException {
        try (Golden golden = Golden.open(name); var _ = TensorScope.open()) {
            VideoRequest request = PipelineGoldens.request(golden, run).build();
            float[] expected;
            try (var pipeline = CogVideoXPipeline.load(golden.pipeline(), dtype, Device.CPU);
                    VideoResult result = pipeline.generate(request)) {
                expected = result.frames().toFloatArray();
            }
            long before = LiveTensors.count();
            try (var pipeline = CogVideoXPipeline.loader(golden.pipeline()).dtype(dtype).offload(Offload.parse(offload)).load()) {
                assertThat(LiveTensors.count()).as("nothing is loaded before it is needed").isEqualTo(before);
                for (int generation = 0; generation < 2; generation++) {
                    try (VideoResult result = pipeline.generate(request)) {
                        assertThat(result.frames().toFloatArray()).containsExactly(expected);
                    }
                    assertThat(LiveTensors.count()).as("all weights have gone").isEqualTo(before);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void everyCacheWorks(CacheCase cache) throws IOException {
        VideoRequest request = VideoRequest.builder("a red circle moving right on a blue background").steps(6).cache(cache.method).build();
        float[] expected;
        try (var pipeline = CogVideoXPipeline.load(DemoModel.folder(), DType.FLOAT32, Device.CPU);
                VideoResult result = pipeline.generate(request)) {
            expected = result.latents().toFloatArray();
        }
        long before = LiveTensors.count();
        try (var pipeline = CogVideoXPipeline.loader(DemoModel.folder()).offload(Offload.blocks(0)).load();
                VideoResult result = pipeline.generate(request)) {
            assertThat(result.latents().toFloatArray()).containsExactly(expected);
            assertThat(LiveTensors.count() - before).as("frames and latents").isEqualTo(2);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"model", "blocks"})
    void generationsAtOnce(String offload) throws IOException {
        List<VideoRequest> requests = new ArrayList<>();
        for (int seed = 0; seed < 3; seed++) {
            requests.add(VideoRequest.builder("a red circle moving right on a blue background").steps(4 + seed).seed(seed).build());
        }
        List<float[]> expected = new ArrayList<>();
        try (var pipeline = CogVideoXPipeline.load(DemoModel.folder(), DType.FLOAT32, Device.CPU)) {
            for (VideoRequest request : requests) {
                try (VideoResult result = pipeline.generate(request)) {
                    expected.add(result.frames().toFloatArray());
                }
            }
        }
        long before = LiveTensors.count();
        try (var pipeline = CogVideoXPipeline.loader(DemoModel.folder()).offload(Offload.parse(offload)).load()) {
            List<CompletableFuture<VideoResult>> futures = requests.stream().map(pipeline::start).toList();
            for (int i = 0; i < futures.size(); i++) {
                try (VideoResult result = futures.get(i).join()) {
                    assertThat(result.frames().toFloatArray()).containsExactly(expected.get(i));
                }
            }
            assertThat(LiveTensors.count()).isEqualTo(before);
        }
    }

    /** What 8 bits change is little, is the same every time, and is the same with blocks that leave. */
    @ParameterizedTest
    @EnumSource(value = DType.class, names = {"FLOAT32", "BFLOAT16"})
    void eightBits(DType dtype) throws IOException {
        VideoRequest request = VideoRequest.builder("a red circle moving right on a blue background").steps(20).build();
        try (var plain = CogVideoXPipeline.load(DemoModel.folder(), dtype, Device.CPU);
                var rounded = CogVideoXPipeline.loader(DemoModel.folder()).dtype(dtype).quantize(Quantization.INT8).load();
                var leaving = CogVideoXPipeline.loader(DemoModel.folder()).dtype(dtype).quantize(Quantization.INT8)
                        .offload(Offload.blocks(0)).load();
                VideoResult expected = plain.generate(request);
                VideoResult found = rounded.generate(request);
                VideoResult again = leaving.generate(request)) {
            assertThat(VideoQuality.of(expected.frames(), found.frames()).psnr()).isBetween(30., 80.);
            assertThat(again.frames().toFloatArray()).containsExactly(found.frames().toFloatArray());
        }
    }
}
