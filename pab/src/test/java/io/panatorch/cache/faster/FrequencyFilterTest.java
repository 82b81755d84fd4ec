package io.panatorch.cache.faster;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.tensor.DType;
import io.panatorch.tensor.Generator;
import io.panatorch.tensor.Operator;
import io.panatorch.tensor.Shape;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import io.panatorch.testing.Elements;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("cpu")
class FrequencyFilterTest {

    /** As diffusers has it: a whole complex spectrum, shifted over all dimensions, with a mask in its middle. */
    private static Tensor withAWholeSpectrum(Tensor images, double low, double high) {
        int height = (int) images.size(-2);
        int width = (int) images.size(-1);
        int radius = Math.min(height, width) / 5;
        float[] factors = new float[height * width];
        for (int i = 0; i < factors.length; i++) {
            int y = i / width - height / 2;
            int x = i % width - width / 2;
            factors[i] = (float) (x * x + y * y <= radius * radius ? low : high);
        }
        Tensor spectrum = Operator.named("aten::fft_fft2").call(images).tensor();
        Tensor shifted = Operator.named("aten::fft_fftshift").call(spectrum).tensor();
        Tensor scaled = shifted.mul(Tensor.of(factors, height, width));
        Tensor back = Operator.named("aten::fft_ifftshift").call(scaled).tensor();
        Tensor complex = Operator.named("aten::fft_ifft2").call(back).tensor();
        return Operator.named("aten::real").call(complex).tensor();
    }

    @ParameterizedTest
    @CsvSource({"6, 8", "5, 5", "4, 9", "11, 10", "13, 7", "1, 1", "3, 1", "30, 45"})
    void halfASpectrumGivesWhatAWholeOneDoes(int height, int width) {
        try (TensorScope _ = TensorScope.open()) {
            Tensor images = Generator.seeded(1).randn(Shape.of(3, 4, height, width), DType.FLOAT32);
            Tensor scaled = FrequencyFilter.scaled(images, 1.5, -0.25);
            assertThat(scaled.shape()).isEqualTo(images.shape());
            assertThat(scaled.dtype()).isEqualTo(DType.FLOAT32);
            Elements.assertClose("scaled", scaled.toFloatArray(),
                    withAWholeSpectrum(images, 1.5, -0.25).contiguous().toFloatArray(), 3e-6);
        }
    }
}
