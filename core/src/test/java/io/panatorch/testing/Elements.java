package io.panatorch.testing;

import java.util.function.IntToDoubleFunction;

/**
 * Compares the elements of tensors. A difference is told in one line, and at once however many elements there are: AssertJ's
 * {@code containsExactly} looks for each element among all others before it fails, which takes minutes for some thousands.
 */
public final class Elements {

    private Elements() {}

    /** Fails where an element is another one; NaN is the same as NaN, and -0 another than 0. */
    public static void assertSame(String what, float[] actual, float[] expected) {
        compare(what, actual.length, i -> actual[i], expected.length, i -> expected[i], 0);
    }

    /** Fails where an element is another one; NaN is the same as NaN, and -0 another than 0. */
    public static void assertSame(String what, double[] actual, double[] expected) {
        compare(what, actual.length, i -> actual[i], expected.length, i -> expected[i], 0);
    }

    /** Fails where an element differs by more than the tolerance. */
    public static void assertClose(String what, float[] actual, float[] expected, double tolerance) {
        compare(what, actual.length, i -> actual[i], expected.length, i -> expected[i], tolerance);
    }

    /** Fails where an element differs by more than the tolerance. */
    public static void assertClose(String what, double[] actual, double[] expected, double tolerance) {
        compare(what, actual.length, i -> actual[i], expected.length, i -> expected[i], tolerance);
    }

    private static void compare(String what, int found, IntToDoubleFunction actual, int wanted, IntToDoubleFunction expected,
            double tolerance) {
        if (found != wanted) {
            throw new AssertionError(what + ": expected " + wanted + " elements, found " + found);
        }
        int first = -1;
        int worst = -1;
        int count = 0;
        double most = 0;
        for (int i = 0; i < wanted; i++) {
            double difference = difference(actual.applyAsDouble(i), expected.applyAsDouble(i));
            if (Double.compare(actual.applyAsDouble(i), expected.applyAsDouble(i)) != 0
                    && !(tolerance > 0 && difference <= tolerance)) {
                first = count++ == 0 ? i : first;
                if (worst < 0 || Double.isNaN(difference) && !Double.isNaN(most) || difference > most) {
                    worst = i;
                    most = difference;
                }
            }
        }
        if (count > 0) {
            throw new AssertionError(what + ": element " + first + " of " + wanted + ": expected "
                    + expected.applyAsDouble(first) + (tolerance > 0 ? " within " + tolerance : "") + ", found "
                    + actual.applyAsDouble(first) + "; " + count + " differ, element " + worst + " most, by " + most);
        }
    }

    private static double difference(double actual, double expected) {
        return actual == expected ? 0 : Math.abs(actual - expected); // of infinities there is none
    }
}
