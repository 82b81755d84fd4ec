package io.panatorch.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.panatorch.io.InvalidFileException;
import io.panatorch.safetensors.Safetensors;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.Naive;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import io.panatorch.testing.Elements;
import io.panatorch.testing.TensorTest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which weights a layer takes, in which shapes, and that it hands them and its settings on. */
@TensorTest
class LayersTest {

    @TempDir
    private Path folder;

    private final Map<String, Tensor> stored = new HashMap<>();
    private TensorScope scope;
    private Weights weights;

    @BeforeEach
    void open() {
        scope = TensorScope.open();
    }

    @AfterEach
    void close() {
        scope.close();
        if (weights != null) {
            weights.close();
        }
    }

    private static Tensor tensor(int seed, long... shape) {
        int n = 1;
        for (long size : shape) {
            n *= (int) size;
        }
        return Tensor.of(Naive.floats(seed, n), shape);
    }

    private LayersTest with(String name, long... shape) {
        stored.put(name, tensor(name.length(), shape));
        return this;
    }

    private Weights weights() throws IOException {
        Safetensors.save(folder.resolve("model.safetensors"), stored, Map.of());
        weights = Weights.open(folder, "model", DType.FLOAT32, Device.CPU);
        return weights;
    }

    private void assertSame(Layer layer, Tensor x, Tensor expected) throws IOException {
        Tensor y = layer.forward(x);
        assertThat(y.shape()).isEqualTo(expected.shape());
        Elements.assertSame("output", y.toFloatArray(), expected.toFloatArray());
        weights.requireAllUsed();
    }

    @Test
    void linear() throws IOException {
        Tensor x = tensor(1, 2, 3);
        with("weight", 4, 3).with("bias", 4);
        assertSame(new Linear(weights(), 3, 4), x, x.linear(stored.get("weight"), stored.get("bias")));
        weights.close();
        stored.remove("bias");
        assertSame(new Linear(weights(), 3, 4, false), x, x.linear(stored.get("weight"), null));
        assertThatThrownBy(() -> new Linear(weights, 4, 3))
                .isInstanceOf(InvalidFileException.class)
                .hasMessageContaining("tensor 'weight' has shape [4, 3], expected [3, 4]");
        assertThatThrownBy(() -> new Linear(weights, 3, 4)).hasMessageContaining("tensor 'bias' is missing");
    }

    @Test
    void norms() throws IOException {
        Tensor x = tensor(1, 2, 4, 6);
        with("weight", 6).with("bias", 6);
        Weights both = weights();
        assertSame(new LayerNorm(both, 6, 0.1, true), x, x.layerNorm(stored.get("weight"), stored.get("bias"), 0.1));
        assertSame(new LayerNorm(both, 6, 0.1, false), x, x.layerNorm(null, null, 0.1));
        Tensor channels = tensor(2, 1, 6, 5);
        assertSame(new GroupNorm(both, 3, 6, 0.1), channels,
                channels.groupNorm(3, stored.get("weight"), stored.get("bias"), 0.1));
    }

    @Test
    void convolutions() throws IOException {
        Tensor video = tensor(1, 1, 2, 3, 4, 5);
        with("weight", 3, 2, 3, 3, 3).with("bias", 3);
        assertSame(new Conv3d(weights(), 2, 3, 3, 0, 1, 1), video,
                video.conv3d(stored.get("weight"), stored.get("bias"), new long[] {1, 1, 1}, new long[] {0, 1, 1}));
        weights.close();
        Tensor image = tensor(1, 1, 2, 6, 6);
        with("weight", 4, 2, 2, 2).with("bias", 4);
        assertSame(new Conv2d(weights(), 2, 4, 2, 2, 1, true), image,
                image.conv2d(stored.get("weight"), stored.get("bias"), new long[] {2, 2}, new long[] {1, 1}));
    }

    @Test
    void embedding() throws IOException {
        Tensor indices = Tensor.of(new long[] {4, 0}, 2);
        with("weight", 5, 3);
        assertSame(new Embedding(weights(), 5, 3), indices, stored.get("weight").embedding(indices));
    }

    @Test
    void layersMadeOfTensors() {
        Tensor x = tensor(1, 2, 3);
        Tensor weight = tensor(2, 4, 3);
        Tensor bias = tensor(3, 4);
        Tensor of3 = tensor(4, 3);
        assertEqual(new Linear(weight, bias), x, x.linear(weight, bias));
        assertEqual(new Linear(weight, null), x, x.linear(weight, null));
        assertEqual(new LayerNorm(of3, null, 0.1), x, x.layerNorm(of3, null, 0.1));
        assertEqual(new GroupNorm(3, null, of3, 0.1), x, x.groupNorm(3, null, of3, 0.1));
        Tensor indices = Tensor.of(new long[] {3, 0}, 2);
        assertEqual(new Embedding(weight), indices, weight.embedding(indices));
        Tensor image = tensor(5, 1, 1, 5, 6);
        Tensor flat = tensor(6, 2, 1, 3, 2);
        assertEqual(new Conv2d(flat, null, new long[] {2, 1}, new long[] {1, 0}), image,
                image.conv2d(flat, null, new long[] {2, 1}, new long[] {1, 0}));
        Tensor video = tensor(7, 1, 1, 3, 5, 6);
        Tensor deep = tensor(8, 4, 1, 2, 3, 2);
        assertEqual(new Conv3d(deep, bias, 1, 0, 1), video, video.conv3d(deep, bias, new long[] {1, 1, 1}, new long[] {1, 0, 1}));
        assertThatThrownBy(() -> new Linear((Tensor) null, bias)).isInstanceOf(NullPointerException.class).hasMessage("weight");
    }

    private static void assertEqual(Layer layer, Tensor x, Tensor expected) {
        Elements.assertSame(layer.getClass().getSimpleName(), layer.forward(x).toFloatArray(), expected.toFloatArray());
    }

    @Test
    void activations() {
        Tensor x = tensor(1, 8);
        Map<Activation, Tensor> expected = Map.of(
                Activation.SILU, x.silu(), Activation.RELU, x.relu(),
                Activation.GELU, x.gelu(false), Activation.GELU_TANH, x.gelu(true));
        for (Activation activation : Activation.values()) {
            Elements.assertSame(activation.name(), activation.forward(x).toFloatArray(), expected.get(activation).toFloatArray());
        }
    }
}
