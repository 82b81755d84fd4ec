package io.panatorch.tensor;

import java.util.Arrays;

/** The sizes of a tensor's dimensions, outermost first. Immutable; a shape without dimensions is a scalar's. */
public final class Shape {

    private final long[] sizes;

    private Shape(long[] sizes) {
        this.sizes = sizes;
    }

    /**
     * @throws IllegalArgumentException for a negative size, or a product beyond the range of long
     */
    public static Shape of(long... sizes) {
        long[] copy = sizes.clone();
        long product = 1;
        for (long size : copy) {
            if (size < 0) {
                throw new IllegalArgumentException("shape " + Arrays.toString(copy) + ": sizes must not be negative");
            }
            try {
                product = Math.multiplyExact(product, Math.max(size, 1));
            } catch (ArithmeticException e) {
                throw new IllegalArgumentException("shape " + Arrays.toString(copy) + " has 2^63 elements or more", e);
            }
        }
        return new Shape(copy);
    }

    /** {@return the number of dimensions} */
    public int dim() {
        return sizes.length;
    }

    /**
     * {@return the size of a dimension}
     *
     * @param dimension from 0, or from -1 for the last one backwards
     */
    public long size(int dimension) {
        int index = dimension < 0 ? dimension + sizes.length : dimension;
        if (index < 0 || index >= sizes.length) {
            throw new IndexOutOfBoundsException("dimension " + dimension + " of shape " + this);
        }
        return sizes[index];
    }

    /** {@return the number of elements} */
    public long numel() {
        long product = 1;
        for (long size : sizes) {
            product *= size;
        }
        return product;
    }

    /** {@return a copy of the sizes} */
    public long[] sizes() {
        return sizes.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Shape shape && Arrays.equals(sizes, shape.sizes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(sizes);
    }

    /** {@return the sizes as {@code [2, 3]}} */
    @Override
    public String toString() {
        return Arrays.toString(sizes);
    }
}
