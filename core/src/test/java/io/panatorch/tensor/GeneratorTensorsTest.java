package io.panatorch.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.panatorch.safetensors.Safetensors;
import io.panatorch.tensor.GeneratorTest.Draw;
import io.panatorch.testing.TensorTest;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The same numbers as {@link GeneratorTest}'s, as the tensors that callers get. */
@TensorTest
class GeneratorTensorsTest {

    private static final Map<String, DType> DTYPES = Map.of(
            "f32", DType.FLOAT32, "f64", DType.FLOAT64, "bf16", DType.BFLOAT16, "f16", DType.FLOAT16);

    private static Safetensors expected;

    @BeforeAll
    static void open() throws Exception {
        expected = Safetensors.open(Path.of(GeneratorTest.class.getResource("rng/io.safetensors").toURI()));
    }

    @AfterAll
    static void close() {
        expected.close();
    }

    /** Draws of several dtypes follow each other from one generator. */
    @ParameterizedTest
    @MethodSource("io.panatorch.tensor.GeneratorTest#generators")
    void givesTorchsNumbers(List<Draw> draws) throws Exception {
        Generator generator = Generator.seeded(draws.getFirst().seed());
        for (Draw draw : draws) {
            try (var _ = TensorScope.open()) {
                DType dtype = DTYPES.get(draw.dtype());
                Shape shape = Shape.of(1, draw.count());
                Tensor drawn =
                        draw.function().equals("rand") ? generator.rand(shape, dtype) : generator.randn(shape, dtype);
                assertThat(drawn.describe()).isEqualTo(shape + " " + dtype.torchName() + " cpu");
                double[] wanted = expected.load(draw.result()).toDoubleArray();
                double[] found = drawn.toDoubleArray();
                assertThat(found).hasSameSizeAs(wanted);
                for (int i = 0; i < found.length; i++) {
                    assertThat(Math.abs(found[i] - wanted[i])).as(draw.result()).isLessThanOrEqualTo(draw.tolerance());
                }
            }
        }
    }

    @Test
    void wholeNumbers() throws Exception {
        try (var _ = TensorScope.open()) {
            Tensor drawn = Generator.seeded(2025).randint(0, 1000, Shape.of(17));
            assertThat(drawn.describe()).isEqualTo("[17] int64 cpu");
            assertThat(drawn.toLongArray()).containsExactly(expected.load("randint").reshape(17).toLongArray());
        }
    }

    @ParameterizedTest
    @EnumSource(value = DType.class, names = {"INT64", "INT32", "UINT8", "INT8", "BOOL"})
    void onlyFloatingPointNumbersAreDrawn(DType dtype) {
        Generator generator = Generator.seeded(0);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> generator.randn(Shape.of(1), dtype))
                .withMessage("randn draws floating-point numbers, not " + dtype.torchName());
        assertThatIllegalArgumentException()
                .isThrownBy(() -> generator.rand(Shape.of(1), dtype))
                .withMessage("rand draws floating-point numbers, not " + dtype.torchName());
    }

    @Test
    void tooManyAtOnce() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Generator.seeded(0).randn(Shape.of(1L << 31), DType.FLOAT32))
                .withMessage("shape [2147483648]: at most 2^31 numbers are drawn at once");
        try (var _ = TensorScope.open()) {
            assertThat(Generator.seeded(0).randn(Shape.of(0, 4), DType.FLOAT32).shape()).isEqualTo(Shape.of(0, 4));
        }
    }
}
