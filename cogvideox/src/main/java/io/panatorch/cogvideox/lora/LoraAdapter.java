package io.panatorch.cogvideox.lora;

import io.panatorch.io.InvalidFileException;
import io.panatorch.safetensors.Safetensors;
import io.panatorch.tensor.Shape;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorOwner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A LoRA adapter of a CogVideoX transformer: for some of its linear layers two thin matrices, whose product changes the layer's
 * own. Whether it fits a model is seen when it is put on one.
 *
 * <p>Immutable, and may be used by several threads. Its tensors are in memory, not in the file, which may change.
 */
public final class LoraAdapter implements AutoCloseable {

    private static final String PEFT_FILE = "adapter_model.safetensors";

    private final Path file;
    private final TensorOwner owner;
    private final Map<String, Change> changes;

    /**
     * The change of one layer, {@code alpha / rank · up · down}.
     *
     * @param down {@code [rank, in]}
     * @param up {@code [out, rank]}
     * @param downName of the tensor in the file
     * @param upName likewise
     */
    record Change(Tensor down, Tensor up, String downName, String upName, double alpha) {

        long rank() {
            return down.size(0);
        }
    }

    LoraAdapter(Path file, TensorOwner owner, Map<String, Change> changes) {
        this.file = file;
        this.owner = owner;
        this.changes = Collections.unmodifiableMap(changes);
    }

    /**
     * Reads a file, in the names that peft gives and in the older ones of diffusers. A layer's alpha is that of its tensor
     * {@code alpha}, or of the settings that diffusers writes into the header, or else its rank.
     *
     * @param file a {@code .safetensors} file, or the folder that peft's {@code save_pretrained} makes
     * @return to be closed by the caller
     * @throws InvalidFileException where it is damaged, or no whole LoRA adapter; the message names the tensor
     * @throws IOException where it cannot be read
     */
    public static LoraAdapter read(Path file) throws IOException {
        try (Safetensors tensors = Safetensors.open(fileOf(file))) {
            return LoraReader.read(tensors);
        }
    }

    /** {@return the file that {@link #read} reads} */
    public static Path fileOf(Path given) {
        Path inside = given.resolve(PEFT_FILE);
        return Files.isRegularFile(inside) ? inside : given;
    }

    /**
     * Writes it in the names that peft and diffusers use now, with its alphas in the header where they are not the ranks;
     * diffusers' {@code load_lora_weights} reads it.
     *
     * @param target the file, which appears when it is whole; replaced if it exists
     * @throws IOException where it cannot be written
     */
    public void save(Path target) throws IOException {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        changes.forEach((layer, change) -> {
            tensors.put(LoraKey.PREFIX + layer + ".lora_A.weight", change.down);
            tensors.put(LoraKey.PREFIX + layer + ".lora_B.weight", change.up);
        });
        Safetensors.save(target, tensors, LoraConfig.metadata(changes));
    }

    /** {@return the changes by names of layers, such as {@code transformer_blocks.0.attn1.to_q}} */
    Map<String, Change> changes() {
        return changes;
    }

    /**
     * {@return the change of a layer, or null}
     *
     * @throws InvalidFileException where it is for a layer of another size
     */
    Change change(String layer, long out, long in) throws InvalidFileException {
        Change change = changes.get(layer);
        if (change != null) {
            requireShape(change.downName, change.down, Shape.of(change.rank(), in));
            requireShape(change.upName, change.up, Shape.of(out, change.rank()));
        }
        return change;
    }

    private void requireShape(String name, Tensor tensor, Shape expected) throws InvalidFileException {
        if (!tensor.shape().equals(expected)) {
            throw new InvalidFileException(file, LoraKey.shown(name) + " has shape " + tensor.shape() + ", expected " + expected
                    + " for the model's layer; the adapter is for another model");
        }
    }

    /** {@return the exception for a change of a layer that a model does not have} */
    InvalidFileException unknown(String layer) {
        return new InvalidFileException(file, LoraKey.shown(changes.get(layer).downName)
                + ": the model's transformer has no linear layer of this name; the adapter is for another model");
    }

    /** Frees the tensors. What has taken them on a model keeps them. */
    @Override
    public void close() {
        owner.close();
    }
}
