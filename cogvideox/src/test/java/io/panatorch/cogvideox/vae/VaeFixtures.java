package io.panatorch.cogvideox.vae;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.cogvideox.Golden;
import io.panatorch.nn.Activation;
import io.panatorch.safetensors.Safetensors;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.Tensor;
import io.panatorch.testing.Elements;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;

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

    /** {@return the folder of a model: the pipeline with the other configuration has the only one with both convolutions} */
    static Path model(String name) {
        return name.equals("post-quant") ? Golden.folder("other-configuration").resolve("pipeline/vae") : folder(name);
    }

    /** {@return a configuration that differs from diffusers' defaults in what is given} */
    static VaeConfig config(int latentChannels, List<Integer> blockOutChannels, int layersPerBlock, int groups) {
        return new VaeConfig(3, 3, latentChannels, blockOutChannels, layersPerBlock, Activation.SILU, 1e-6, groups, 4, 480, 720,
                1, false, false, false);
    }

    static Safetensors tensors(String model) throws IOException {
        return Safetensors.open(folder(model), "io");
    }

    static CogVideoXVae load(String model) throws IOException {
        return load(model, DType.FLOAT32);
    }

    static CogVideoXVae load(String model, DType dtype) throws IOException {
        return CogVideoXVae.load(model(model), dtype, Device.CPU);
    }

    static void assertClose(Tensor found, Tensor expected) {
        assertThat(found.shape()).isEqualTo(expected.shape());
        Elements.assertClose("elements", found.toFloatArray(), expected.toFloatArray(), TOLERANCE);
    }
}
