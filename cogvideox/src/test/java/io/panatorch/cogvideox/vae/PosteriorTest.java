package io.panatorch.cogvideox.vae;

import static io.panatorch.cogvideox.vae.VaeFixtures.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import io.panatorch.safetensors.Safetensors;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Generator;
import io.panatorch.tensor.LiveTensors;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import io.panatorch.testing.Elements;
import java.io.IOException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("cpu")
class PosteriorTest {

    /** What diffusers drew: two videos, one after the other, from a generator of seed 11. A step of a half type is 2^-8, 2^-11. */
    @ParameterizedTest
    @CsvSource({"FLOAT32, 1e-6", "BFLOAT16, 8e-3", "FLOAT16, 1e-3"})
    void drawsAsDiffusers(DType dtype, double relative) throws IOException {
        try (var file = open(); var _ = TensorScope.open()) {
            Posterior posterior = Posterior.of(file.load("posterior_" + dtype.torchName() + ".moments"));
            Tensor sample = posterior.sample(Generator.seeded(11));
            assertThat(sample.dtype()).isEqualTo(dtype);
            double[] found = sample.toDoubleArray();
            double[] expected = file.load("posterior_" + dtype.torchName() + ".sample").toDoubleArray();
            for (int i = 0; i < expected.length; i++) {
                assertThat(found[i]).isCloseTo(expected[i], offset(relative * (1 + Math.abs(expected[i]))));
            }
        }
    }

    /** The noise is the golden's. */
    @Test
    void isMeanAndDeviation() throws IOException {
        try (var file = open(); var _ = TensorScope.open()) {
            Posterior posterior = Posterior.of(file.load("posterior.moments"));
            Tensor noise = file.load("posterior.noise");
            assertClose(posterior.mean().add(posterior.logvar().mul(0.5).exp().mul(noise)), file.load("posterior.sample"));
        }
    }

    @Test
    void theVarianceIsBounded() {
        try (var _ = TensorScope.open()) {
            Posterior posterior = Posterior.of(Tensor.of(new float[] {100, -100, 25, -40}, 1, 4, 1, 1, 1));
            Elements.assertClose("mode", posterior.mode().toFloatArray(), new float[] {100, -100}, 0);
            Elements.assertClose("logvar", posterior.logvar().toFloatArray(), new float[] {20, -30}, 0);
        }
    }

    @Test
    void onlyTheSampleIsLeft() {
        try (var scope = TensorScope.open()) {
            Posterior posterior = Posterior.of(Tensor.of(new float[] {1, 2, 3, 4}, 1, 4, 1, 1, 1));
            assertThat(scope.size()).isEqualTo(3);
            long before = LiveTensors.count();
            posterior.sample(Generator.seeded(1));
            assertThat(LiveTensors.count()).isEqualTo(before + 1);
        }
    }

    private static Safetensors open() throws IOException {
        return Safetensors.open(VaeFixtures.folder("modules"), "modules");
    }
}
