package io.panatorch.cogvideox.vae;

import static io.panatorch.cogvideox.vae.VaeFixtures.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.panatorch.nn.Activation;
import io.panatorch.nn.GroupNorm;
import io.panatorch.nn.Weights;
import io.panatorch.safetensors.Safetensors;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.LiveTensors;
import io.panatorch.tensor.OperatorTrace;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import io.panatorch.tensor.TorchException;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("cpu")
class LayersTest {

    private Weights weights;
    private Safetensors tensors;
    private ConvCache cache;
    private TensorScope scope;

    @BeforeEach
    void open() throws IOException {
        weights = Weights.open(VaeFixtures.folder("modules"), "modules", DType.FLOAT32, Device.CPU);
        tensors = Safetensors.open(VaeFixtures.folder("modules"), "modules");
        cache = new ConvCache();
        scope = TensorScope.open();
    }

    @AfterEach
    void close() {
        scope.close();
        cache.close();
        tensors.close();
        weights.close();
    }

    @Test
    void causalConvolutionRemembersTwoFrames() throws IOException {
        var conv = new CausalConv3d(weights.at("causal_conv3d").at("w"), 3, 5);
        for (int batch = 0; batch < 4; batch++) {
            Tensor x = load("causal_conv3d.in" + batch);
            assertClose(conv.forward(x, cache), load("causal_conv3d.out" + batch));
            assertThat(x.isClosed()).isFalse();
        }
    }

    /** The frames of a batch that is over are of no use, however many batches follow. */
    @Test
    void aCacheKeepsTheLastFramesAlone() throws IOException {
        var conv = new CausalConv3d(weights.at("causal_conv3d").at("w"), 3, 5);
        Tensor x = load("causal_conv3d.in0");
        long before = LiveTensors.count();
        for (int batch = 0; batch < 4; batch++) {
            cache.extend(conv, x).close();
            assertThat(LiveTensors.count() - before).isEqualTo(1);
        }
    }

    @Test
    void aConsumedTensorIsClosed() throws IOException {
        var conv = new CausalConv3d(weights.at("causal_conv3d").at("w"), 3, 5);
        Tensor x = load("causal_conv3d.in0");
        assertClose(conv.consume(x, cache), load("causal_conv3d.out0"));
        assertThat(x.isClosed()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6})
    void spatialNorm(int input) throws IOException {
        String name = "spatial_norm3d.";
        var norm = new SpatialNorm3d(weights.at("spatial_norm3d").at("w"), 6, 4, 3);
        Tensor found = norm.forward(load(name + "in" + input + ".f"), load(name + "in" + input + ".zq"));
        assertClose(found, load(name + "out" + input));
    }

    @Test
    void residualBlockOfADecoder() throws IOException {
        var block = new ResnetBlock3d(weights.at("resnet_spatial").at("w"), 6, 4, Activation.SILU,
                (w, channels) -> new SpatialNorm3d(w, channels, 3, 2));
        for (int batch = 0; batch < 2; batch++) {
            String in = "resnet_spatial.in" + batch;
            assertClose(block.forward(load(in + ".x"), load(in + ".zq"), cache), load("resnet_spatial.out" + batch));
        }
    }

    /** Of as many channels as before, and of more. */
    @ParameterizedTest
    @CsvSource({"resnet_same, 4", "resnet_plain, 6"})
    void residualBlockOfAnEncoder(String name, int out) throws IOException {
        var block = new ResnetBlock3d(weights.at(name).at("w"), 4, out, Activation.SILU, LayersTest::plain);
        for (int batch = 0; batch < 2; batch++) {
            assertClose(block.forward(load(name + ".in" + batch + ".x"), null, cache), load(name + ".out" + batch));
        }
    }

    private static Norm3d plain(Weights weights, int channels) throws IOException {
        var norm = new GroupNorm(weights, 2, channels, 1e-6);
        return (x, _) -> norm.forward(x);
    }

    /** Frames of an odd width too. */
    @ParameterizedTest
    @CsvSource({"notime, 1", "notime, 2", "notime, 3", "notime, 4", "notime, 5", "notime, 9",
        "time, 1", "time, 2", "time, 3", "time, 4", "time, 5", "time, 9"})
    void downsampling(String kind, int frames) throws IOException {
        String name = "downsample3d_" + kind;
        var downsample = new Downsample3d(weights.at(name).at("w"), 3, 4, kind.equals("time"));
        Tensor x = load(name + ".in_f" + frames);
        int before = scope.size();
        assertClose(downsample.forward(x, null, cache), load(name + ".out_f" + frames));
        assertThat(scope.size()).isEqualTo(before + 2);
    }

    @ParameterizedTest
    @CsvSource({"notime, 1", "notime, 2", "notime, 3", "notime, 4", "notime, 5", "notime, 9",
        "time, 1", "time, 2", "time, 3", "time, 4", "time, 5", "time, 9"})
    void upsampling(String kind, int frames) throws IOException {
        String name = "upsample3d_" + kind;
        var upsample = new Upsample3d(weights.at(name).at("w"), 3, 4, kind.equals("time"));
        Tensor found = upsample.forward(load(name + ".in_f" + frames), null, cache);
        assertClose(found, load(name + ".out_f" + frames));
    }

    /** The cache's tensors and the temporaries all go, wherever it fails. */
    @Test
    void aFailureInTheMiddleLeavesNothing() throws IOException {
        Weights block = weights.at("resnet_spatial").at("w");
        var stage = new NormedConv3d(new SpatialNorm3d(block.at("norm1"), 6, 3, 2), Activation.SILU,
                new CausalConv3d(block.at("conv2"), 4, 4));
        Tensor x = load("resnet_spatial.in0.x");
        Tensor latents = load("resnet_spatial.in0.zq");
        int before = scope.size();
        try (var trace = OperatorTrace.start()) {
            assertThatThrownBy(() -> stage.forward(x, latents, cache))
                    .isInstanceOf(TorchException.class)
                    .hasMessageContaining("conv3d")
                    .hasMessageContaining("[1, 6, 5, 4, 6]");
            assertThat(trace.count("silu")).isEqualTo(1);
        }
        assertThat(scope.size()).isEqualTo(before);
    }

    private Tensor load(String name) throws IOException {
        return tensors.load(name);
    }
}
