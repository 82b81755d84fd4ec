package io.panatorch.cogvideox;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.panatorch.safetensors.Safetensors;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import io.panatorch.testing.Elements;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;

/**
 * What diffusers gave for a call: {@code case.json} says which call, {@code io.safetensors} holds the tensors, and beside them
 * or in another case lies the model.
 */
public final class Golden implements AutoCloseable {

    /** Of the goldens' makers: largest difference of a single module, of final latents, and of frames. */
    public static final double MODULE = 2e-5;

    public static final double LATENTS = 2e-4;
    public static final double FRAMES = 1e-4;

    private final Path folder;
    private final JsonNode json;
    private final Safetensors tensors;

    private Golden(Path folder) throws IOException {
        this.folder = folder;
        this.json = new JsonMapper().readTree(folder.resolve("case.json").toFile());
        this.tensors = Safetensors.open(folder.resolve("io.safetensors"));
    }

    public static Golden open(String name) throws IOException {
        return new Golden(folder(name));
    }

    public static Path folder(String name) {
        try {
            return Path.of(Golden.class.getResource("golden/" + name + "/case.json").toURI()).getParent();
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    public Path pipeline() {
        return folder.resolve(json.get("pipeline").asText()).normalize();
    }

    public JsonNode json() {
        return json;
    }

    public JsonNode run(String name) {
        return json.path("runs").path(name);
    }

    public boolean has(String tensor) {
        return tensors.names().contains(tensor);
    }

    public Tensor tensor(String name) throws IOException {
        return tensors.load(name);
    }

    /** Fails where an element differs by more than the tolerance from the golden's. */
    public void assertClose(Tensor actual, String name, double tolerance) throws IOException {
        try (var _ = TensorScope.open()) {
            Tensor expected = tensor(name);
            assertThat(actual.shape()).as(name).isEqualTo(expected.shape());
            Elements.assertClose(name, actual.toFloatArray(), expected.toFloatArray(), tolerance);
        }
    }

    @Override
    public void close() {
        tensors.close();
    }
}
