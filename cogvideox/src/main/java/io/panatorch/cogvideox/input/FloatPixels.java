package io.panatorch.cogvideox.input;

import io.panatorch.tensor.Shape;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;

/**
 * A picture out of a tensor; resized by nearest neighbour.
 *
 * @param values {@code [3, height, width]} in [0, 1]; not copied
 */
record FloatPixels(int width, int height, float[] values) implements Pixels {

    private static final int DIMENSIONS = 3;

    /**
     * Copies a picture.
     *
     * @param name what messages call the tensor
     * @throws IllegalArgumentException if it is none
     */
    static FloatPixels of(Tensor picture, String name) {
        Shape shape = picture.shape();
        if (!picture.dtype().isFloatingPoint()) {
            throw new IllegalArgumentException(name + ": expected floating-point numbers in [0, 1], found "
                    + picture.dtype().torchName() + "; divide 8-bit values by 255");
        }
        if (shape.dim() != DIMENSIONS || shape.size(0) != BytePixels.CHANNELS || shape.numel() == 0) {
            throw new IllegalArgumentException(name + ": expected the shape [3, height, width], found " + shape);
        }
        long pixels = shape.size(1) * shape.size(2);
        if (pixels > BytePixels.MOST_PIXELS) {
            throw new IllegalArgumentException(name + ": expected at most " + BytePixels.MOST_PIXELS + " pixels, found "
                    + shape.size(2) + "x" + shape.size(1));
        }
        float[] values = picture.toFloatArray();
        requireUnitRange(name, values, (int) pixels, (int) shape.size(2));
        return new FloatPixels((int) shape.size(2), (int) shape.size(1), values);
    }

    /** Not one value is clamped: what is outside was made for something else, and all values would be off. */
    private static void requireUnitRange(String name, float[] values, int pixels, int width) {
        for (int i = 0; i < values.length; i++) {
            if (!(values[i] >= 0 && values[i] <= 1)) {
                int pixel = i % pixels;
                throw new IllegalArgumentException("%s: expected values in [0, 1], found %s at [%d, %d, %d]; (x + 1) / 2 maps [-1, 1]"
                        .formatted(name, values[i], i / pixels, pixel / width, pixel % width));
            }
        }
    }

    @Override
    public long byteSize() {
        return (long) values.length * Float.BYTES;
    }

    @Override
    public Tensor toTensor(int toHeight, int toWidth) {
        try (TensorScope scope = TensorScope.open()) {
            Tensor picture = Tensor.of(values, 1, BytePixels.CHANNELS, 1, height, width);
            Tensor resized = picture.upsampleNearest3d(1, toHeight, toWidth).mul(2).add(-1);
            return scope.promote(resized.reshape(BytePixels.CHANNELS, toHeight, toWidth)); // [3, height, width]
        }
    }
}
