package io.panatorch.cogvideox.input;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.safetensors.Safetensors;
import io.panatorch.tensor.TensorScope;
import io.panatorch.testing.TensorTest;
import java.io.IOException;
import org.junit.jupiter.api.Test;

@TensorTest
class LanczosTest {

    /** Larger and smaller, one pixel, one side alone, and both orders of the passes. */
    @Test
    void picturesAreThoseThatPillowGives() throws IOException {
        try (Safetensors cases = Resources.open("lanczos.safetensors"); var _ = TensorScope.open()) {
            for (int i = 0; i < cases.names().size() / 2; i++) {
                long[] from = cases.info(i + "/from").shape();
                long[] to = cases.info(i + "/to").shape();
                BytePixels picture = new BytePixels((int) from[1], (int) from[0], cases.load(i + "/from").toByteArray());
                assertThat(Lanczos.resize(picture, (int) to[1], (int) to[0]).rgb())
                        .as("%d: %dx%d to %dx%d", i, from[1], from[0], to[1], to[0])
                        .isEqualTo(cases.load(i + "/to").toByteArray());
            }
        }
    }

    @Test
    void aPictureOfTheSizeIsItself() {
        BytePixels picture = new BytePixels(2, 1, new byte[6]);
        assertThat(Lanczos.resize(picture, 2, 1)).isSameAs(picture);
    }
}
