package io.panatorch.cogvideox.vae;

import static io.panatorch.cogvideox.vae.VaeFixtures.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.panatorch.nn.Activation;
import io.panatorch.nn.Weights;
import io.panatorch.safetensors.Safetensors;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.OperatorTrace;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import io.panatorch.tensor.TorchException;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("cpu")
class LayersTest {

    private static final VaeConfig CONFIG = new VaeConfig(3, 3, List.of(4, 6), 1, Activation.SILU, 2, 4, 1, false);

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
    void residualBlock() throws IOException {
        var block = new ResnetBlock3d(weights.at("resnet_spatial").at("w"), 6, 4, CONFIG);
        for (int batch = 0; batch < 2; batch++) {
            String in = "resnet_spatial.in" + batch;
            assertClose(block.forward(load(in + ".x"), load(in + ".zq"), cache), load("resnet_spatial.out" + batch));
        }
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
