package io.panatorch.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.testing.Elements;
import io.panatorch.testing.TensorTest;
import java.lang.reflect.Array;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * An operator makes the same of its operands however they lie in memory: each call is made twice, with {@link DrawnOperands} in
 * any layout and with the same values one after another. Where an operator has a way of its own here (sums, products with
 * numbers, linear, convolutions, attention), the result is computed by its formula in Java too.
 *
 * <p>The build makes {@value #CASES} calls, each from the seed of its number, so that one that fails can be made again; {@code
 * -Dpanatorch.layouts.cases=N} makes as many as one likes. The first 100,000 pass on libtorch 2.13, which takes a minute; on the way
 * they found attention that was wrong and a linear layer that was refused where an operand overlaps itself.
 */
@TensorTest
class LayoutsTest {

    private static final int CASES = 10_000;

    /** They have no tensor whose elements are read: they make one, or ask what it is, or have no memory, or need a GPU. */
    private static final Set<String> WITHOUT_OPERANDS = Set.of("shape()", "size(int)", "dtype()", "device()", "isContiguous()",
            "byteSize()", "storage()", "describe()", "isClosed()", "close()", "pinMemory()");

    /** What a result is, and its elements. */
    private record Part(String description, double[] elements) {}

    @Test
    void everyOperatorHasACase() {
        Set<String> methods = Stream.concat(Stream.of(Tensor.class), Arrays.stream(Tensor.class.getInterfaces()))
                .flatMap(type -> Arrays.stream(type.getDeclaredMethods()))
                .filter(LayoutsTest::hasOperands)
                .map(LayoutsTest::signature)
                .filter(method -> !WITHOUT_OPERANDS.contains(method))
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(new TreeSet<>(LayoutCases.all().keySet())).isEqualTo(methods);
    }

    private static boolean hasOperands(Method method) {
        boolean isStatic = Modifier.isStatic(method.getModifiers());
        return Modifier.isPublic(method.getModifiers()) && !method.isSynthetic() && (!isStatic || Arrays.stream(
                method.getParameterTypes()).anyMatch(type -> List.of(Tensor.class, Tensor[].class, List.class).contains(type)));
    }

    private static String signature(Method method) {
        return method.getName() + Arrays.stream(method.getParameterTypes()).map(Class::getSimpleName)
                .collect(Collectors.joining(",", "(", ")"));
    }

    @Test
    void operandsMayLieInMemoryAnyhow() {
        Map<String, LayoutCases.Case> cases = LayoutCases.all();
        List<String> methods = List.copyOf(cases.keySet());
        int number = Integer.getInteger("panatorch.layouts.cases", CASES);
        for (int seed = 0; seed < number; seed++) {
            String method = methods.get(seed % methods.size());
            try (TensorScope _ = TensorScope.open()) {
                check(method + ", call " + seed, cases.get(method), seed);
            } catch (RuntimeException e) {
                throw new AssertionError(method + ", call " + seed, e);
            }
        }
    }

    private static void check(String what, LayoutCases.Case one, long seed) {
        DrawnOperands plain = new DrawnOperands(seed, one.dtypes(), true);
        DrawnOperands drawn = new DrawnOperands(seed, one.dtypes(), false);
        List<Part> expected = parts(one.call().apply(plain));
        List<Part> actual = parts(one.call().apply(drawn));
        String where = what + " of " + plain.dtype.torchName();
        assertThat(actual.stream().map(Part::description)).as(where)
                .isEqualTo(expected.stream().map(Part::description).toList());
        for (int i = 0; i < expected.size(); i++) {
            Part wanted = expected.get(i);
            compare(where + ", result " + i + ", " + wanted.description, actual.get(i).elements, wanted.elements, plain.dtype);
        }
        if (plain.formula() != null) {
            compare(where + ", by its formula", actual.getFirst().elements, plain.formula().get(), plain.dtype);
        }
    }

    /**
     * As near as rounding leaves it: a sum of 512 equal products, as the largest of {@code linear} may be, is a place off for each
     * at worst. Half types are summed in float32 and rounded at the end, though by some operators more than once.
     */
    private static void compare(String what, double[] actual, double[] expected, DType dtype) {
        double most = Arrays.stream(expected).map(Math::abs).filter(Double::isFinite).max().orElse(0);
        double relative = switch (dtype) {
            case FLOAT64 -> 512 * 0x1p-53;
            case BFLOAT16 -> 32 * 0x1p-9;
            case FLOAT16 -> 32 * 0x1p-12;
            default -> 512 * 0x1p-24;
        };
        Elements.assertClose(what, actual, expected, relative * Math.max(1, most));
    }

    private static List<Part> parts(Object result) {
        return switch (result) {
            case Tensor tensor -> List.of(new Part(tensor.describe(), tensor.toDoubleArray()));
            case List<?> list -> list.stream().flatMap(part -> parts(part).stream()).toList();
            case ValuesAndIndices(Tensor values, Tensor indices) -> parts(List.of(values, indices));
            case String text -> List.of(new Part(text, new double[0]));
            case Number number -> List.of(new Part("number", new double[] {number.doubleValue()}));
            default -> List.of(new Part("array", array(result)));
        };
    }

    private static double[] array(Object array) {
        List<Double> numbers = new ArrayList<>();
        for (int i = 0; i < Array.getLength(array); i++) {
            Object element = Array.get(array, i);
            numbers.add(element instanceof Boolean flag ? flag ? 1.0 : 0.0 : ((Number) element).doubleValue());
        }
        return numbers.stream().mapToDouble(Double::doubleValue).toArray();
    }
}
