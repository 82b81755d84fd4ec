package io.panatorch.cache.faster;

import io.panatorch.tensor.Operator;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;

/**
 * Scales low and high spatial frequencies of images by different factors. Low are those within a disc around frequency 0 whose
 * radius is a fifth of the smaller side, rounded down.
 *
 * <p>The disc is symmetric, so the filter makes real images of real ones: half a spectrum is enough, and what is filtered can be
 * held as images.
 */
final class FrequencyFilter {

    private static final int RADIUS_DIVISOR = 5;

    private FrequencyFilter() {}

    /**
     * Filters images.
     *
     * @param images {@code [..., height, width]}, float32; borrowed
     * @return of the same shape, of the caller's scope
     */
    static Tensor scaled(Tensor images, double low, double high) {
        int height = (int) images.size(-2);
        int width = (int) images.size(-1);
        try (TensorScope scope = TensorScope.open()) {
            Tensor factors = Tensor.of(factors(height, width, low, high), height, width / 2 + 1).to(images.device());
            Tensor spectrum = operator("aten::fft_rfft2").call(images).tensor(); // [..., height, width / 2 + 1], complex
            return scope.promote(
                    operator("aten::fft_irfft2").call(spectrum.mul(factors), new long[] {height, width}).tensor());
        }
    }

    /** Over the last two dimensions where nothing else is said. */
    private static Operator operator(String name) {
        return Operator.withSchema(name + "(Tensor self, SymInt[1]? s=None, int[1] dim=[-2, -1], str? norm=None) -> Tensor");
    }

    /** For each frequency of half a spectrum, {@code [height, width / 2 + 1]} in row-major order, its factor. */
    static float[] factors(int height, int width, double low, double high) {
        int radius = Math.min(height, width) / RADIUS_DIVISOR;
        int columns = width / 2 + 1;
        float[] factors = new float[height * columns];
        for (int i = 0; i < factors.length; i++) {
            int row = i / columns;
            int y = Math.min(row, height - row); // the upper half of the rows are negative frequencies
            int x = i % columns;
            factors[i] = (float) (x * x + y * y <= radius * radius ? low : high);
        }
        return factors;
    }
}
