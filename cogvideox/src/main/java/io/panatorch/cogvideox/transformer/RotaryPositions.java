package io.panatorch.cogvideox.transformer;

import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.util.Arrays;

/**
 * Rotary positions (arXiv 2104.09864) in three dimensions: each pair of neighbouring channels of a query or key is turned by an
 * angle that grows with the token's place. A quarter of a head's channels tells the frame, three eighths the row, three
 * eighths the column.
 *
 * <p>Turning is {@code x · cos + swap(x) · sin}, where a pair (a, b) is swapped to (-b, a). A product with a matrix of zeros and ones swaps
 * exactly and in one pass, where slices of every second channel would be copied element by element. Tokens of the text are not
 * turned: their cosines are 1 and their sines 0, which changes no bit of them and saves taking them apart.
 *
 * @param cos {@code [text + frames·h·w, headDim]}, float32
 * @param sin of the same shape, float32
 * @param swap {@code [headDim, headDim]}, in the model's dtype
 */
record RotaryPositions(Tensor cos, Tensor sin, Tensor swap) {

    private static final double THETA = 10000;

    /**
     * The places of patches in one dimension.
     *
     * @param count of patches
     * @param start place of the first
     * @param step distance between two
     */
    record Axis(int count, double start, double step) {

        /** Patches at 0, 1, 2, … */
        static Axis whole(int count) {
            return new Axis(count, 0, 1);
        }

        /** Upstream's {@code linspace} from start to {@code stop · (count - 1) / count}. */
        static Axis between(int count, int start, int stop) {
            return new Axis(count, start, count == 1 ? 0 : (stop * (count - 1.0) / count - start) / (count - 1));
        }

        private float place(int index) {
            return (float) (start + step * index);
        }
    }

    /**
     * The positions of the patches of latents of a size.
     *
     * <p>Models with patches of one frame look at every size as a crop of the one that they were trained on: coordinates are stretched to
     * it. Those with deeper patches have a fixed grid, of which a size takes the beginning.
     *
     * @param text tokens that come before the video's
     * @param frames of patches
     * @param height in patches
     * @param width in patches
     * @param dtype of the model
     * @return tensors of the caller's scope
     */
    static RotaryPositions of(TransformerConfig config, int text, int frames, int height, int width, DType dtype, Device device) {
        int headDim = config.attentionHeadDim();
        if (config.patchSizeT().isPresent()) {
            return of(text, Axis.whole(frames), Axis.whole(height), Axis.whole(width), headDim, dtype, device);
        }
        Crop crop = Crop.of(height, width, config.sampleHeight() / config.patchSize(), config.sampleWidth() / config.patchSize());
        return of(text, Axis.whole(frames), Axis.between(height, crop.top, crop.bottom),
                Axis.between(width, crop.left, crop.right), headDim, dtype, device);
    }

    /**
     * Where a grid lies, enlarged or shrunk to fit, in the middle of another; upstream's {@code get_resize_crop_region_for_grid}.
     *
     * @param bottom the first row after it
     * @param right the first column after it
     */
    record Crop(int top, int left, int bottom, int right) {

        static Crop of(int height, int width, int baseHeight, int baseWidth) {
            boolean narrow = height / (double) width > baseHeight / (double) baseWidth;
            int resizedHeight = narrow ? baseHeight : (int) Math.rint(baseWidth / (double) width * height);
            int resizedWidth = narrow ? (int) Math.rint(baseHeight / (double) height * width) : baseWidth;
            int top = (int) Math.rint((baseHeight - resizedHeight) / 2.0);
            int left = (int) Math.rint((baseWidth - resizedWidth) / 2.0);
            return new Crop(top, left, top + resizedHeight, left + resizedWidth);
        }
    }

    static RotaryPositions of(int text, Axis frames, Axis rows, Axis columns, int headDim, DType dtype, Device device) {
        try (TensorScope scope = TensorScope.open()) {
            float[] angles = angles(frames, rows, columns, headDim);
            long tokens = text + angles.length / headDim;
            float[] cos = new float[text * headDim + angles.length];
            float[] sin = new float[cos.length];
            Arrays.fill(cos, 0, text * headDim, 1);
            for (int i = 0; i < angles.length; i++) {
                cos[text * headDim + i] = (float) Math.cos(angles[i]);
                sin[text * headDim + i] = (float) Math.sin(angles[i]);
            }
            return new RotaryPositions(
                    scope.promote(Tensor.of(cos, tokens, headDim).to(device)),
                    scope.promote(Tensor.of(sin, tokens, headDim).to(device)),
                    scope.promote(Tensor.of(swapping(headDim), headDim, headDim).to(dtype, device)));
        }
    }

    /** {@code [frames·h·w, headDim]} in row-major order; the two channels of a pair have the same angle. */
    private static float[] angles(Axis frames, Axis rows, Axis columns, int headDim) {
        float[][] frame = table(frames, headDim / 4);
        float[][] row = table(rows, headDim / 8 * 3);
        float[][] column = table(columns, headDim / 8 * 3);
        float[] angles = new float[frames.count * rows.count * columns.count * headDim];
        int at = 0;
        for (float[] f : frame) {
            for (float[] r : row) {
                for (float[] c : column) {
                    for (float[] part : new float[][] {f, r, c}) {
                        System.arraycopy(part, 0, angles, at, part.length);
                        at += part.length;
                    }
                }
            }
        }
        return angles;
    }

    /** In float32 as upstream: a frequency, a place and their product are each rounded. */
    private static float[][] table(Axis axis, int dim) {
        float[][] table = new float[axis.count][dim];
        for (int pair = 0; pair < dim / 2; pair++) {
            float frequency = 1 / (float) Math.pow(THETA, 2 * pair / (float) dim);
            for (int i = 0; i < axis.count; i++) {
                table[i][2 * pair] = axis.place(i) * frequency;
                table[i][2 * pair + 1] = table[i][2 * pair];
            }
        }
        return table;
    }

    private static float[] swapping(int headDim) {
        float[] matrix = new float[headDim * headDim];
        for (int i = 0; i < headDim; i += 2) {
            matrix[(i + 1) * headDim + i] = -1; // the second, negative, comes first
            matrix[i * headDim + i + 1] = 1;
        }
        return matrix;
    }

    /**
     * {@return the queries or keys at their places, in their dtype; calculated in float32 as upstream does}
     *
     * @param x {@code [batch, heads, text + frames·h·w, headDim]}; borrowed
     */
    Tensor turn(Tensor x) {
        try (TensorScope scope = TensorScope.open()) {
            Tensor swapped = x.matmul(swap); // [b, heads, n, headDim]
            Tensor across = swapped.mul(sin); // [b, heads, n, headDim], float32
            swapped.close();
            Tensor turned = x.mul(cos).add(across);
            across.close();
            return scope.promote(turned.to(x.dtype()));
        }
    }
}
