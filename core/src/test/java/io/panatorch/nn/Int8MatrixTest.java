package io.panatorch.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.panatorch.io.InvalidFileException;
import io.panatorch.nn.LayerGroup.Residence;
import io.panatorch.safetensors.Safetensors;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.LiveTensors;
import io.panatorch.tensor.Naive;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import io.panatorch.testing.TensorTest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@TensorTest
class Int8MatrixTest {

    private static final int OUT = 5;
    private static final int IN = 64;
    private static final Placement FLOAT32 = new Placement(DType.FLOAT32, Device.CPU);

    @TempDir
    private Path folder;

    private TensorScope scope;

    @BeforeEach
    void open() {
        scope = TensorScope.open();
    }

    @AfterEach
    void close() {
        scope.close();
    }

    private static Tensor matrix() {
        return Tensor.of(Naive.floats(1, OUT * IN), OUT, IN);
    }

    private static float[] row(Int8Matrix matrix, int row) {
        return matrix.values().select(0, row).toFloatArray();
    }

    /** Half a step of a row, and nothing beyond the last step. */
    @Test
    void everyNumberIsRoundedToTheNearestOfItsRow() {
        float[] weight = matrix().toFloatArray();
        Int8Matrix rounded = Int8Matrix.of(matrix());
        float[] scales = rounded.scales().toFloatArray();
        for (int i = 0; i < OUT; i++) {
            float[] values = row(rounded, i);
            float largest = 0;
            for (int j = 0; j < IN; j++) {
                assertThat(values[j] * scales[i]).isCloseTo(weight[i * IN + j], within(0.76f * scales[i]));
                largest = Math.max(largest, Math.abs(weight[i * IN + j]));
            }
            assertThat(scales[i]).isCloseTo(largest / 127, within(largest / 127 / 256));
            assertThat(Float.floatToIntBits(scales[i]) & 0xffff).as("a number of bfloat16").isZero();
        }
    }

    @Test
    void rowsOfZerosAndOfWholeSteps() {
        Int8Matrix rounded = Int8Matrix.of(Tensor.of(new float[] {0, 0, 0, 127, -127, 1, 1e-42f, 0, 0}, 3, 3));
        assertThat(row(rounded, 0)).containsExactly(0, 0, 0);
        assertThat(row(rounded, 1)).containsExactly(127, -127, 1);
        assertThat(row(rounded, 2)).containsExactly(0, 0, 0);
        assertThat(rounded.scales().toFloatArray()).containsExactly(1, 1, 1);
    }

    @ParameterizedTest
    @EnumSource(value = DType.class, names = {"FLOAT32", "BFLOAT16", "FLOAT16"})
    void productsAreThoseOfTheRoundedMatrix(DType dtype) {
        Int8Matrix rounded = Int8Matrix.of(matrix());
        Tensor x = Tensor.of(Naive.floats(2, 3 * IN), 3, IN).to(dtype);
        Tensor bias = Tensor.of(Naive.floats(3, OUT), OUT).to(dtype);
        Tensor y = rounded.linear(x, bias);
        assertThat(y.describe()).isEqualTo("[3, 5] " + dtype.torchName() + " cpu");
        Tensor dense = rounded.values().to(DType.FLOAT32).mul(rounded.scales()).to(dtype);
        assertThat(y.toFloatArray()).containsExactly(x.linear(dense, bias).toFloatArray());
        assertThat(rounded.linear(x, null).toFloatArray()).containsExactly(x.linear(dense, null).toFloatArray());
    }

    private void save(Map<String, Tensor> tensors) throws IOException {
        Safetensors.save(folder.resolve("model.safetensors"), tensors, Map.of());
    }

    private Weights open(Placement placement) throws IOException {
        return Weights.of(Safetensors.open(folder, "model"), placement);
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "model", "blocks"})
    void weightsAreRoundedWhenTheyAreLoaded(String offload) throws IOException {
        save(Map.of("weight", matrix(), "bias", Tensor.of(Naive.floats(3, OUT), OUT)));
        Tensor x = Tensor.of(Naive.floats(2, 3 * IN), 3, IN);
        float[] expected = Int8Matrix.of(matrix()).linear(x, Tensor.of(Naive.floats(3, OUT), OUT)).toFloatArray();
        long before = LiveTensors.count();
        try (Weights weights = open(FLOAT32.with(Quantization.INT8).with(Offload.parse(offload)))) {
            LayerGroup<Linear> group = weights.group(Residence.BLOCK, from -> new Linear(from, IN, OUT));
            weights.requireAllUsed();
            for (int pass = 0; pass < 2; pass++) {
                try (var _ = TensorScope.open()) {
                    float[] found = group.with(layer -> layer.forward(x).toFloatArray());
                    assertThat(found).containsExactly(expected);
                }
            }
            assertThat(LiveTensors.count() - before).as("values, scales and bias").isEqualTo(offload.equals("blocks") ? 0 : 3);
        }
        assertThat(LiveTensors.count()).isEqualTo(before);
    }

    @Test
    void filesOfEightBitsStaySo() throws IOException {
        Int8Matrix rounded = Int8Matrix.of(matrix());
        save(Map.of("weight", rounded.values(), "weight_scale", rounded.scales().to(DType.BFLOAT16)));
        Tensor x = Tensor.of(Naive.floats(2, 3 * IN), 3, IN);
        for (Quantization quantization : Quantization.values()) {
            try (Weights weights = open(FLOAT32.with(quantization))) {
                Linear layer = new Linear(weights, IN, OUT, false);
                weights.requireAllUsed();
                assertThat(layer.forward(x).toFloatArray()).containsExactly(rounded.linear(x, null).toFloatArray());
            }
        }
    }

    @Test
    void scalesThatAreMissingOrDoNotFit() throws IOException {
        Tensor values = Int8Matrix.of(matrix()).values();
        save(Map.of("weight", values));
        Path file = folder.resolve("model.safetensors");
        try (Weights weights = open(FLOAT32)) {
            assertThatThrownBy(() -> weights.matrix("weight", OUT, IN)).isInstanceOf(InvalidFileException.class)
                    .hasMessage(file + ": tensor 'weight_scale' is missing, expected shape [5, 1]");
        }
        save(Map.of("weight", values, "weight_scale", Tensor.of(new float[OUT], OUT)));
        try (Weights weights = open(FLOAT32)) {
            assertThatThrownBy(() -> weights.matrix("weight", OUT, IN)).isInstanceOf(InvalidFileException.class)
                    .hasMessage(file + ": tensor 'weight_scale' has shape [5], expected [5, 1] by the model's configuration");
            assertThatThrownBy(() -> weights.get("weight", OUT, IN)).isInstanceOf(InvalidFileException.class)
                    .hasMessage(file + ": tensor 'weight' has dtype int8, expected a floating-point type");
        }
    }
}
