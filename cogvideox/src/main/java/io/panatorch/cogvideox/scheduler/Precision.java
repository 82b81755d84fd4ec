package io.panatorch.cogvideox.scheduler;

/**
 * The floating-point type that torch would use, for calculations that are written in {@code double} here.
 *
 * <p>One sum, product, quotient or square root of two floats, calculated in double and rounded to float, is the same as the
 * float operation itself, since a double has more than twice the digits. Only a fused multiply-add needs its own method.
 */
enum Precision {
    SINGLE {
        @Override
        double round(double value) {
            return (float) value;
        }

        @Override
        double multiplyAdd(double a, double b, double c) {
            return Math.fma((float) a, (float) b, (float) c);
        }
    },
    DOUBLE {
        @Override
        double round(double value) {
            return value;
        }

        @Override
        double multiplyAdd(double a, double b, double c) {
            return Math.fma(a, b, c);
        }
    };

    /** The result of one operation as this type holds it. */
    abstract double round(double value);

    /** {@code a * b + c}, rounded once. */
    abstract double multiplyAdd(double a, double b, double c);
}
