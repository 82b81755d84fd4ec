package io.panatorch.cogvideox.input;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.panatorch.io.InvalidFileException;
import io.panatorch.safetensors.Safetensors;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.Shape;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import io.panatorch.testing.Elements;
import io.panatorch.testing.TensorTest;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@TensorTest
class InputImageTest {

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({"16, 32, i2v-1.5/pixels", "40, 24, i2v-1.5/pixels-24x40"})
    void bytesBecomeWhatDiffusersMakesOfThem(int height, int width, String expected) throws IOException {
        try (Safetensors golden = Resources.open("diffusers.safetensors"); var _ = TensorScope.open()) {
            InputImage image = InputImage.of(32, 16, golden.load("i2v-1.5/image_u8").toByteArray());
            Tensor pixels = image.toTensor(height, width);
            assertThat(pixels.shape()).isEqualTo(Shape.of(3, height, width));
            assertThat(pixels.toFloatArray()).isEqualTo(golden.load(expected).toFloatArray());
        }
    }

    @Test
    void floatsBecomeWhatDiffusersMakesOfThem() throws IOException {
        try (Safetensors golden = Resources.open("diffusers.safetensors"); var _ = TensorScope.open()) {
            Path file = folder.resolve("picture");
            Safetensors.save(file, Map.of("image", golden.load("i2v-5b/image")), Map.of());
            for (InputImage image : new InputImage[] {InputImage.of(golden.load("i2v-5b/image")), InputImage.read(file)}) {
                assertThat(image.width()).isEqualTo(48);
                assertThat(image.height()).isEqualTo(32);
                assertThat(image.toTensor(32, 48).toFloatArray()).isEqualTo(golden.load("i2v-5b/pixels").toFloatArray());
            }
        }
    }

    /** In sizes and proportions of all kinds, as pictures and as tensors. */
    @ParameterizedTest
    @CsvSource({"0, 16, 24", "1, 16, 24", "2, 16, 24", "3, 24, 16"})
    void isResizedAsByDiffusers(int index, int height, int width) throws IOException {
        try (Safetensors golden = Resources.open("image-processor.safetensors"); var _ = TensorScope.open()) {
            Tensor bytes = golden.load("in" + index); // [h, w, 3]
            InputImage picture = InputImage.of((int) bytes.size(1), (int) bytes.size(0), bytes.toByteArray());
            InputImage floats = InputImage.of(bytes.permute(2, 0, 1).to(DType.FLOAT32).div(255)); // [3, h, w]

            assertThat(picture.toTensor(height, width).toFloatArray())
                    .isEqualTo(golden.load("out" + index + "_pil").toFloatArray());
            Elements.assertClose("nearest", floats.toTensor(height, width).toFloatArray(),
                    golden.load("out" + index + "_tensor").toFloatArray(), 1e-6);
        }
    }

    /** torch's rule: a pixel's place times the ratio, in float32, rounded down. */
    @ParameterizedTest
    @CsvSource({"7, 3", "3, 7", "49, 7", "10, 49", "1, 5", "5, 1", "41, 28"})
    void floatsAreResizedByNearestNeighbour(int from, int to) {
        try (var _ = TensorScope.open()) {
            float[] row = new float[3 * from];
            for (int i = 0; i < from; i++) {
                row[i] = (float) i / from;
            }
            float[] resized = InputImage.of(Tensor.of(row, 3, 1, from)).toTensor(1, to).toFloatArray();
            for (int i = 0; i < to; i++) {
                int nearest = Math.min((int) (i * ((float) from / to)), from - 1);
                assertThat(resized[i]).isEqualTo(2 * row[nearest] - 1);
            }
        }
    }

    /** The caller's array and tensor may change afterwards. */
    @Test
    void whatIsGivenIsCopied() {
        try (var _ = TensorScope.open()) {
            byte[] rgb = {0, 0, 0};
            Tensor floats = Tensor.of(new float[3], 3, 1, 1);
            InputImage bytes = InputImage.of(1, 1, rgb);
            InputImage image = InputImage.of(floats);
            rgb[0] = 1;
            floats.copy_(Tensor.of(new float[] {1}, 1));
            assertThat(bytes.toTensor(1, 1).toFloatArray()).containsExactly(-1, -1, -1);
            assertThat(image.toTensor(1, 1).toFloatArray()).containsExactly(-1, -1, -1);
        }
    }

    @ParameterizedTest
    @ValueSource(floats = {-0.01f, 1.01f, Float.NaN, Float.POSITIVE_INFINITY})
    void aValueOutsideOfTheRangeIsNamedWithItsPlace(float value) throws IOException {
        float[] values = new float[3 * 2 * 2];
        values[9] = value;
        Path file = folder.resolve("image.safetensors");
        try (var _ = TensorScope.open()) {
            Tensor image = Tensor.of(values, 3, 2, 2);
            assertThatIllegalArgumentException().isThrownBy(() -> InputImage.of(image))
                    .withMessage("image: expected values in [0, 1], found " + value + " at [2, 0, 1]; (x + 1) / 2 maps [-1, 1]");
            Safetensors.save(file, Map.of("image", image), Map.of());
        }
        assertThatExceptionOfType(InvalidFileException.class).isThrownBy(() -> InputImage.read(file))
                .withMessageStartingWith(file + ": image: expected values in [0, 1]");
    }

    @Test
    void otherTensorsAreRefused() throws IOException {
        Path file = folder.resolve("image.safetensors");
        try (var _ = TensorScope.open()) {
            assertThatIllegalArgumentException().isThrownBy(() -> InputImage.of(Tensor.of(new float[16], 4, 2, 2)))
                    .withMessageContainingAll("image: expected the shape [3, height, width]", "[4, 2, 2]");
            assertThatIllegalArgumentException().isThrownBy(() -> InputImage.of(Tensor.of(new float[12], 1, 3, 2, 2)))
                    .withMessageContaining("[1, 3, 2, 2]");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> InputImage.of(Tensor.zeros(Shape.of(3, 2, 2), DType.UINT8, Device.CPU)))
                    .withMessageContaining("uint8; divide 8-bit values by 255");
            Safetensors.save(file, Map.of("picture\n", Tensor.of(new float[12], 3, 2, 2)), Map.of());
        }
        assertThatExceptionOfType(InvalidFileException.class).isThrownBy(() -> InputImage.read(file))
                .withMessage(file + ": expected a tensor \"image\" [3, height, width], found the tensors [picture?]");
    }

    @Test
    void otherSizesAreRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> InputImage.of(2, 2, new byte[11]))
                .withMessage("rgb: expected 12 bytes for 2x2, found 11");
        assertThatIllegalArgumentException().isThrownBy(() -> InputImage.of(1 << 20, 1 << 20, new byte[0]))
                .withMessageContaining("1048576x1048576");
        InputImage image = InputImage.of(1, 1, new byte[3]);
        assertThatIllegalArgumentException().isThrownBy(() -> image.toTensor(0, 8)).withMessageContaining("found 8x0");
    }

    @Test
    void whatIsNoFileIsRefused() {
        assertThatExceptionOfType(NoSuchFileException.class).isThrownBy(() -> InputImage.read(folder.resolve("none.png")))
                .withMessageContaining("none.png: does not exist");
        assertThatExceptionOfType(InvalidFileException.class).isThrownBy(() -> InputImage.read(folder))
                .withMessageContaining("found a folder");
    }
}
