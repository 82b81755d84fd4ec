package io.panatorch.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.panatorch.safetensors.Safetensors;
import io.panatorch.safetensors.StoredTensors;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The numbers of torch, from its own runs. */
@Tag("pure")
class GeneratorTest {

    private static final double VECTORISED = 3e-6;
    private static final double EXACT = 1e-15;

    private static Safetensors expected;

    @BeforeAll
    static void open() throws Exception {
        expected = Safetensors.open(resource("io.safetensors"));
    }

    @AfterAll
    static void close() {
        expected.close();
    }

    private static Path resource(String name) throws URISyntaxException {
        return Path.of(GeneratorTest.class.getResource("rng/" + name).toURI());
    }

    record Draw(String generator, long seed, String function, String dtype, int count, String result) {

        static Draw parse(String line) {
            String[] f = line.split("\t");
            int count = Arrays.stream(f[4].split("x")).mapToInt(Integer::parseInt).reduce(1, Math::multiplyExact);
            return new Draw(f[0], Long.parseLong(f[1]), f[2], f[3], count, f[5]);
        }

        double[] from(Generator generator) {
            return switch (function + " " + dtype) {
                case "rand f32" -> doubles(generator.randFloat32(count));
                case "rand f64" -> generator.randFloat64(count);
                case "rand bf16" -> bfloat16(generator.randBfloat16(count));
                case "rand f16" -> float16(generator.randFloat16(count));
                case "randn f32" -> doubles(generator.randnFloat32(count));
                case "randn f64" -> generator.randnFloat64(count);
                case "randn bf16" -> bfloat16(generator.randnBfloat16(count));
                case "randn f16" -> float16(generator.randnFloat16(count));
                default -> throw new IllegalArgumentException(toString());
            };
        }

        /** Half types round the last digits away, and uniform numbers have none to lose. */
        double tolerance() {
            boolean uniform = function.equals("rand");
            boolean blocks = count >= 16 && dtype.equals("f32");
            return uniform || dtype.endsWith("f16") ? 0 : blocks ? VECTORISED : EXACT;
        }
    }

    static Stream<List<Draw>> generators() throws Exception {
        Map<String, List<Draw>> draws = new LinkedHashMap<>();
        try (Stream<String> lines = Files.lines(resource("draws.tsv"))) {
            lines.filter(line -> !line.startsWith("#")).map(Draw::parse).forEach(draw -> draws.computeIfAbsent(
                            draw.generator(), _ -> new ArrayList<>())
                    .add(draw));
        }
        assertThat(draws).hasSize(98);
        return draws.values().stream();
    }

    @ParameterizedTest
    @MethodSource("generators")
    void givesTorchsNumbersDrawAfterDraw(List<Draw> draws) {
        Generator generator = Generator.seeded(draws.getFirst().seed());
        for (Draw draw : draws) {
            double[] torchs = StoredTensors.doubles(expected, draw.result());
            assertNear(draw.from(generator), torchs, draw.tolerance(), draw.result());
        }
    }

    /** torch has two code paths for blocks, which differ in the last digits; neither is far. */
    @Test
    void isNearBothOfTorchsCodePaths() {
        for (String path : List.of("avx2_capability", "default_capability")) {
            for (long seed : new long[] {0, 1, 42}) {
                for (int n : new int[] {16, 17, 100, 1000}) {
                    String name = path + "/seed" + seed + "_n" + n;
                    double[] drawn = doubles(Generator.seeded(seed).randnFloat32(n));
                    assertNear(drawn, StoredTensors.doubles(expected, name), VECTORISED, name);
                }
            }
        }
    }

    /** What diffusers does with a list of generators: one draw for each item of the batch. */
    @Test
    void oneGeneratorForEachItemOfABatch() {
        double[] drawn = IntStream.of(3, 4, 5)
                .mapToObj(seed -> doubles(Generator.seeded(seed).randnFloat32(3 * 5 * 2)))
                .flatMapToDouble(Arrays::stream)
                .toArray();
        assertNear(drawn, StoredTensors.doubles(expected, "generator_list"), VECTORISED, "generator_list");
    }

    @Test
    void wholeNumbers() {
        double[] drawn = Arrays.stream(Generator.seeded(2025).randint(17, 0, 1000)).asDoubleStream().toArray();
        assertNear(drawn, StoredTensors.doubles(expected, "randint"), 0, "randint");
        assertThat(Generator.seeded(2025).randint(1, -5, 995)).containsExactly((long) drawn[0] - 5);
    }

    @Test
    void wholeNumbersNeedASmallRange() {
        Generator generator = Generator.seeded(0);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> generator.randint(1, 3, 3))
                .withMessage("randint from 3 to 3: the range must be from 1 to 2^28 - 1");
        assertThatIllegalArgumentException().isThrownBy(() -> generator.randint(1, 0, 1L << 28));
        assertThatIllegalArgumentException().isThrownBy(() -> generator.randint(1, Long.MIN_VALUE, Long.MAX_VALUE));
    }

    @Test
    void keepsItsSeed() {
        assertThat(Generator.seeded(-1).seed()).isEqualTo(-1);
    }

    @Test
    void anEmptyDrawTakesNothing() {
        Generator generator = Generator.seeded(7);
        assertThat(generator.randnFloat32(0)).isEmpty();
        assertThat(generator.randnBfloat16(0)).isEmpty();
        assertThat(generator.randFloat64(2)).isEqualTo(Generator.seeded(7).randFloat64(2));
    }

    @Test
    void manyNumbersAreStandardNormal() {
        float[] drawn = Generator.seeded(1).randnFloat32(1 << 20);
        double mean = doubleStream(drawn).average().orElseThrow();
        double square = doubleStream(drawn).map(x -> x * x).average().orElseThrow();
        assertThat(mean).isEqualTo(0, within(0.005));
        assertThat(square).isEqualTo(1, within(0.01));
    }

    private static void assertNear(double[] actual, double[] expected, double tolerance, String name) {
        assertThat(actual).as(name).hasSameSizeAs(expected);
        double worst = IntStream.range(0, actual.length)
                .mapToDouble(i -> Math.abs(actual[i] - expected[i]))
                .max()
                .orElse(0);
        assertThat(worst).as("largest difference of " + name).isLessThanOrEqualTo(tolerance);
    }

    private static DoubleStream doubleStream(float[] values) {
        return IntStream.range(0, values.length).mapToDouble(i -> values[i]);
    }

    private static double[] doubles(float[] values) {
        return doubleStream(values).toArray();
    }

    private static double[] bfloat16(short[] bits) {
        return IntStream.range(0, bits.length)
                .mapToDouble(i -> Float.intBitsToFloat(bits[i] << 16))
                .toArray();
    }

    private static double[] float16(short[] bits) {
        return IntStream.range(0, bits.length)
                .mapToDouble(i -> Float.float16ToFloat(bits[i]))
                .toArray();
    }
}
