package io.panatorch.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.panatorch.io.InvalidFileException;
import io.panatorch.safetensors.Safetensors;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.LiveTensors;
import io.panatorch.tensor.Naive;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import io.panatorch.testing.Elements;
import io.panatorch.testing.TensorTest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Matrices with low-rank changes, of whatever kind, and the cursor that gives them. */
@TensorTest
class MatrixTest {

    private static final double ROUNDING = 1e-5;

    @TempDir
    private Path folder;

    private TensorScope scope;
    private Tensor x;
    private Tensor weight;
    private Tensor bias;
    private List<LowRank> changes;

    @BeforeEach
    void open() {
        scope = TensorScope.open();
        x = Tensor.of(Naive.floats(1, 2 * 5 * 6), 2, 5, 6);
        weight = Tensor.of(Naive.floats(2, 4 * 6), 4, 6);
        bias = Tensor.of(Naive.floats(3, 4), 4);
        changes = List.of(
                new LowRank(Tensor.of(Naive.floats(4, 2 * 6), 2, 6), Tensor.of(Naive.floats(5, 4 * 2), 4, 2), 0.75),
                new LowRank(Tensor.of(Naive.floats(6, 6), 1, 6), Tensor.of(Naive.floats(7, 4), 4, 1), -2));
    }

    @AfterEach
    void close() {
        scope.close();
    }

    /** {@code (W + Σ scale · up · down) · x}, element by element in float64. */
    private double[] expected() {
        double[] w = weight.toDoubleArray();
        for (LowRank change : changes) {
            double[] down = change.down().toDoubleArray();
            double[] up = change.up().toDoubleArray();
            int rank = down.length / 6;
            for (int i = 0; i < w.length; i++) {
                for (int r = 0; r < rank; r++) {
                    w[i] += change.scale() * up[i / 6 * rank + r] * down[r * 6 + i % 6];
                }
            }
        }
        double[] in = x.toDoubleArray();
        double[] out = new double[2 * 5 * 4];
        for (int i = 0; i < out.length; i++) {
            out[i] = bias.toDoubleArray()[i % 4];
            for (int k = 0; k < 6; k++) {
                out[i] += in[i / 4 * 6 + k] * w[i % 4 * 6 + k];
            }
        }
        return out;
    }

    private void assertIsExpected(Tensor y) {
        assertThat(y.shape()).hasToString("[2, 5, 4]");
        double[] expected = expected();
        double[] found = y.toDoubleArray();
        for (int i = 0; i < expected.length; i++) {
            assertThat(found[i]).isCloseTo(expected[i], within(ROUNDING));
        }
    }

    @Test
    void changesAreAddedBesideAnyMatrix() {
        assertIsExpected(Matrix.of(weight).plus(changes).linear(x, bias));

        Matrix ofAnotherKind = (input, added) -> input.linear(weight, added); // such as one in 8 bits
        assertThat(ofAnotherKind.dense()).isEmpty();
        assertIsExpected(ofAnotherKind.plus(changes).linear(x, bias));
        assertIsExpected(ofAnotherKind.plus(changes.subList(0, 1)).plus(changes.subList(1, 2)).linear(x, bias));
        assertIsExpected(new Linear(ofAnotherKind.plus(changes), bias).forward(x));
    }

    @Test
    void changesAreMatrices() {
        Tensor sum = Matrix.of(weight).dense().orElseThrow();
        assertThat(sum).isSameAs(weight);
        for (LowRank change : changes) {
            sum = sum.add(change.matrix());
        }
        assertIsExpected(x.linear(sum, bias));
        assertThat(Matrix.of(weight).plus(changes).dense()).as("sum of several").isEmpty();
    }

    @Test
    void changesOfHalfTypesAreMultipliedInFloat32() {
        LowRank half = new LowRank(changes.getFirst().down().to(DType.BFLOAT16), changes.getFirst().up().to(DType.BFLOAT16), 0.75);
        assertThat(half.matrix().dtype()).isEqualTo(DType.FLOAT32);
        assertThat(half.forward(x.to(DType.BFLOAT16)).dtype()).isEqualTo(DType.BFLOAT16);
    }

    @Test
    void nothingIsLeftBehind() {
        long before = LiveTensors.count();
        try (var _ = TensorScope.open()) {
            Matrix.of(weight).plus(changes).linear(x, null);
            assertThat(LiveTensors.count()).isEqualTo(before + 1);
        }
        assertThat(LiveTensors.count()).isEqualTo(before);
    }

    /** The tensors are those of the cursor that was opened: taken once, and unchanged. */
    @Test
    void aCursorGivesChangedMatrices() throws IOException {
        Safetensors.save(folder.resolve("m.safetensors"),
                Map.of("up.weight", weight, "up.bias", bias, "down.weight", weight), Map.of());
        List<String> asked = new ArrayList<>();
        try (Weights weights = Weights.open(folder, "m", DType.FLOAT32, Device.CPU)) {
            Linear plain = new Linear(weights.at("up"), 6, 4);
            Weights adapted = weights.adaptedBy((name, matrix, out, in) -> {
                asked.add(name + " " + out + " " + in);
                return name.startsWith("up.") ? matrix.plus(changes) : matrix;
            });
            assertIsExpected(new Linear(adapted.at("up"), 6, 4).forward(x));
            assertThat(adapted.at("up").get("weight", 4, 6)).isSameAs(weights.at("up").get("weight", 4, 6));
            assertThat(adapted.at("down").matrix("weight", 4, 6).dense()).isPresent();
            assertThat(asked).containsExactly("up.weight 4 6", "down.weight 4 6");
            Elements.assertSame("unchanged", plain.forward(x).toFloatArray(), x.linear(weight, bias).toFloatArray());
        }
    }

    @Test
    void whatDoesNotFitIsRefusedByTheAdapters() throws IOException {
        Safetensors.save(folder.resolve("m.safetensors"), Map.of("weight", weight), Map.of());
        try (Weights weights = Weights.open(folder, "m", DType.FLOAT32, Device.CPU)) {
            Weights adapted = weights.adaptedBy((_, _, _, _) -> {
                throw new InvalidFileException(Path.of("a"), "is for another model");
            });
            assertThatThrownBy(() -> new Linear(adapted, 6, 4, false)).hasMessage("a: is for another model");
        }
    }
}
