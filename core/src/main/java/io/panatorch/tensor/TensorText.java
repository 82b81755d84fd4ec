package io.panatorch.tensor;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * A tensor's elements as PyTorch prints them with its usual options: four digits, an exponent for all where their sizes differ
 * much, lines of 80 characters, and of more than 1000 elements three at each end of each dimension.
 */
final class TensorText {

    private static final int PRECISION = 4;
    private static final int LINE = 80;
    private static final int ALL_UP_TO = 1000;
    private static final int EDGE = 3;

    /** Ends of so many dimensions that even they are no abbreviation. */
    private static final long MOST = 10_000;

    private static final double RANGE = 1000;
    private static final double LARGEST = 1e8;
    private static final double SMALLEST = 1e-4;

    private final long[] sizes;
    private final boolean isShortened;
    private final IntFunction<String> element;
    private final int width;

    private TensorText(long[] sizes, boolean isShortened, IntFunction<String> element, int width) {
        this.sizes = sizes;
        this.isShortened = isShortened;
        this.element = element;
        this.width = width;
    }

    /** {@return the elements of a tensor; nothing where they are too many even when abbreviated} */
    static Optional<String> of(Tensor tensor) {
        if (tensor.shape().numel() == 0) {
            return Optional.of("[]");
        }
        long[] sizes = tensor.shape().sizes();
        boolean isShortened = tensor.shape().numel() > ALL_UP_TO;
        double shownAtMost = Arrays.stream(sizes).mapToDouble(size -> Math.min(size, 2 * EDGE)).reduce(1, (a, b) -> a * b);
        if (isShortened && shownAtMost > MOST) {
            return Optional.empty();
        }
        try (var _ = TensorScope.open()) {
            Tensor shown = isShortened ? ends(tensor) : tensor;
            if (tensor.dtype().isFloatingPoint()) {
                double[] values = shown.toDoubleArray();
                return Optional.of(ofNumbers(sizes, isShortened, values).text());
            }
            long[] values = shown.toLongArray();
            boolean isBoolean = tensor.dtype() == DType.BOOL;
            IntFunction<String> element =
                    i -> isBoolean ? values[i] != 0 ? "True" : "False" : Long.toString(values[i]);
            return Optional.of(of(sizes, isShortened, element, IntStream.range(0, values.length)).text());
        }
    }

    private static Tensor ends(Tensor tensor) {
        Tensor ends = tensor;
        for (int dimension = 0; dimension < tensor.shape().dim(); dimension++) {
            long size = tensor.size(dimension);
            if (size > 2 * EDGE) {
                ends = Tensor.cat(dimension, ends.narrow(dimension, 0, EDGE), ends.narrow(dimension, size - EDGE, EDGE));
            }
        }
        return ends;
    }

    /** @param counted the elements that say how wide all are */
    private static TensorText of(long[] sizes, boolean isShortened, IntFunction<String> element, IntStream counted) {
        return new TensorText(sizes, isShortened, element, counted.map(i -> element.apply(i).length()).max().orElse(1));
    }

    private static TensorText ofNumbers(long[] sizes, boolean isShortened, double[] values) {
        double[] counted = Arrays.stream(values).filter(value -> Double.isFinite(value) && value != 0).map(Math::abs).toArray();
        double most = Arrays.stream(counted).max().orElse(1);
        double least = Arrays.stream(counted).min().orElse(1);
        boolean isWhole = Arrays.stream(counted).allMatch(value -> value == Math.rint(value));
        boolean hasExponent = most / least > RANGE || most > LARGEST || least < SMALLEST;
        IntFunction<String> element = i -> text(values[i], hasExponent, isWhole);
        return of(sizes, isShortened, element,
                IntStream.range(0, values.length).filter(i -> Double.isFinite(values[i]) && values[i] != 0));
    }

    // ---- one number -----------------------------------------------------------------------------------------------

    private static String text(double value, boolean hasExponent, boolean isWhole) {
        if (!Double.isFinite(value)) {
            return Double.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
        }
        BigDecimal exact = new BigDecimal(Math.abs(value)); // rounded once, as C does
        String digits = hasExponent ? withExponent(exact)
                : isWhole ? exact.toBigInteger() + "."
                : exact.setScale(PRECISION, RoundingMode.HALF_EVEN).toPlainString();
        return 1 / value < 0 ? "-" + digits : digits;
    }

    private static String withExponent(BigDecimal exact) {
        BigDecimal rounded = exact.round(new MathContext(PRECISION + 1, RoundingMode.HALF_EVEN));
        int exponent = rounded.signum() == 0 ? 0 : rounded.precision() - rounded.scale() - 1;
        String mantissa = rounded.scaleByPowerOfTen(-exponent).setScale(PRECISION, RoundingMode.UNNECESSARY).toPlainString();
        String number = Integer.toString(Math.abs(exponent));
        return mantissa + (exponent < 0 ? "e-" : "e+") + (number.length() < 2 ? "0" : "") + number;
    }

    // ---- all of them ----------------------------------------------------------------------------------------------

    private String text() {
        return text(0, new int[1]);
    }

    /** @param next the element that comes next */
    private String text(int dimension, int[] next) {
        if (dimension == sizes.length) {
            return padded(next);
        }
        List<String> parts = new ArrayList<>();
        boolean isLast = dimension == sizes.length - 1;
        boolean isCut = isShortened && sizes[dimension] > 2 * EDGE;
        long shown = isCut ? 2 * EDGE : sizes[dimension];
        for (int i = 0; i < shown; i++) {
            if (isCut && i == EDGE) {
                parts.add(isLast ? " ..." : "...");
            }
            parts.add(text(dimension + 1, next));
        }
        String inner = isLast
                ? inLines(parts, dimension)
                : String.join(lineEnd(sizes.length - dimension - 1, dimension), parts);
        return "[" + inner + "]";
    }

    private String padded(int[] next) {
        String text = element.apply(next[0]++);
        return " ".repeat(Math.max(width - text.length(), 0)) + text;
    }

    private String inLines(List<String> elements, int indent) {
        int inLine = Math.max((LINE - indent) / (width + 2), 1);
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < elements.size(); i += inLine) {
            lines.add(String.join(", ", elements.subList(i, Math.min(i + inLine, elements.size()))));
        }
        return String.join(lineEnd(1, indent), lines);
    }

    private static String lineEnd(int lines, int indent) {
        return "," + "\n".repeat(lines) + " ".repeat(indent + 1);
    }
}
