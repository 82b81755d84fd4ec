package io.panatorch.cogvideox.t5;

import io.panatorch.safetensors.Safetensors;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Small encoders with random weights, and what transformers 5.12.1 gives for them in {@code cases.safetensors}: {@code
 * MODEL/CASE/ids}, {@code MODEL/CASE/embeds}. The model {@code half} is stored as float16; all others as float32.
 */
final class T5Fixtures {

    private static final String WEIGHTS = "model.safetensors";

    private T5Fixtures() {}

    static Path path(String name) {
        try {
            return Path.of(T5Fixtures.class.getResource(name).toURI());
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    static float[] expected(String name) throws IOException {
        try (var file = Safetensors.open(path("cases.safetensors")); var _ = TensorScope.open()) {
            return file.load(name).toFloatArray();
        }
    }

    static int[] integers(String name) throws IOException {
        try (var file = Safetensors.open(path("cases.safetensors")); var _ = TensorScope.open()) {
            return toInts(file.load(name).toLongArray());
        }
    }

    static int[][] ids(String name) throws IOException {
        try (var file = Safetensors.open(path("cases.safetensors")); var _ = TensorScope.open()) {
            Tensor ids = file.load(name);
            int[][] rows = new int[(int) ids.size(0)][];
            for (int i = 0; i < rows.length; i++) {
                rows[i] = toInts(ids.narrow(0, i, 1).toLongArray());
            }
            return rows;
        }
    }

    private static int[] toInts(long[] values) {
        int[] ints = new int[values.length];
        for (int i = 0; i < ints.length; i++) {
            ints[i] = Math.toIntExact(values[i]);
        }
        return ints;
    }

    static float[] encode(T5Encoder encoder, int[][] ids) {
        try (var _ = TensorScope.open()) {
            return encoder.forward(ids).toFloatArray();
        }
    }

    /** A copy of a model with other weights or another configuration, in a folder of its own. */
    static Path changed(Path folder, String model, String config, Consumer<Map<String, Tensor>> weights) throws IOException {
        Files.writeString(folder.resolve("config.json"), config);
        try (var file = Safetensors.open(path(model).resolve(WEIGHTS)); var _ = TensorScope.open()) {
            Map<String, Tensor> tensors = new HashMap<>();
            for (String name : file.names()) {
                tensors.put(name, file.load(name));
            }
            weights.accept(tensors);
            Safetensors.save(folder.resolve(WEIGHTS), tensors, Map.of());
        }
        return folder;
    }

    static Path changed(Path folder, String model, Consumer<Map<String, Tensor>> weights) throws IOException {
        return changed(folder, model, Files.readString(path(model).resolve("config.json")), weights);
    }
}
