package io.panatorch.cogvideox.vae;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.safetensors.Safetensors;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.Tensor;
import io.panatorch.testing.Elements;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;

/** Small models with random weights, and what diffusers 0.40 makes of them: the folders of the test resources. */
final class VaeFixtures {

    /** The largest difference from diffusers on another libtorch; the values are below 4. */
    private static final float TOLERANCE = 2e-5f;

    private VaeFixtures() {}

    static Path folder(String name) {
        try {
            return Path.of(VaeFixtures.class.getResource(name).toURI());
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    static Safetensors tensors(String model) throws IOException {
        return Safetensors.open(folder(model), "io");
    }

    static CogVideoXVae load(String model) throws IOException {
        return CogVideoXVae.load(folder(model), DType.FLOAT32, Device.CPU);
    }

    static void assertClose(Tensor found, Tensor expected) {
        assertThat(found.shape()).isEqualTo(expected.shape());
        Elements.assertClose("elements", found.toFloatArray(), expected.toFloatArray(), TOLERANCE);
    }
}
