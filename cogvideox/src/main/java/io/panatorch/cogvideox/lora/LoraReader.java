package io.panatorch.cogvideox.lora;

import io.panatorch.cogvideox.lora.LoraAdapter.Change;
import io.panatorch.cogvideox.lora.LoraKey.Part;
import io.panatorch.io.InvalidFileException;
import io.panatorch.safetensors.Safetensors;
import io.panatorch.tensor.Shape;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorOwner;
import io.panatorch.tensor.TensorScope;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Reads an adapter's file, and checks all of it that can be checked without a model. */
final class LoraReader {

    private final Safetensors tensors;
    private final Path file;
    private final Optional<LoraConfig> config;
    private final TensorOwner owner = new TensorOwner();

    private LoraReader(Safetensors tensors) throws IOException {
        this.tensors = tensors;
        this.file = tensors.path();
        boolean isOfPeft = !tensors.names().isEmpty() && tensors.names().stream().allMatch(name -> name.startsWith(LoraKey.PEFT_PREFIX));
        this.config = isOfPeft ? Optional.of(LoraConfig.beside(file)) : LoraConfig.of(file, tensors.metadata());
    }

    /** As {@link LoraAdapter#read}. */
    static LoraAdapter read(Safetensors tensors) throws IOException {
        LoraReader reader = new LoraReader(tensors);
        try (var _ = TensorScope.open()) {
            return new LoraAdapter(reader.file, reader.owner, reader.changes());
        } catch (IOException | RuntimeException | Error e) {
            reader.owner.close();
            throw e;
        }
    }

    private Map<String, Change> changes() throws InvalidFileException {
        Map<String, Map<Part, String>> layers = new LinkedHashMap<>();
        for (String name : tensors.names()) {
            LoraKey key = LoraKey.parse(file, name);
            String other = layers.computeIfAbsent(key.layer(), _ -> new EnumMap<>(Part.class)).put(key.part(), name);
            if (other != null) {
                throw new InvalidFileException(file, LoraKey.shown(name) + " is there twice, also as " + LoraKey.shown(other));
            }
        }
        if (layers.isEmpty()) {
            throw new InvalidFileException(file, "has no tensors, expected those of a LoRA adapter");
        }
        Map<String, Change> changes = new LinkedHashMap<>();
        for (Map.Entry<String, Map<Part, String>> layer : layers.entrySet()) {
            changes.put(layer.getKey(), change(layer.getKey(), layer.getValue()));
        }
        return changes;
    }

    private Change change(String layer, Map<Part, String> names) throws InvalidFileException {
        String downName = names.get(Part.DOWN);
        String upName = names.get(Part.UP);
        if (downName == null || upName == null) {
            throw new InvalidFileException(file, LoraKey.shown(names.values().iterator().next()) + " is alone, expected also the "
                    + (downName == null ? "lora_A" : "lora_B") + " of its layer; the file is not whole");
        }
        Tensor down = matrix(downName);
        Tensor up = matrix(upName);
        if (up.size(1) != down.size(0)) {
            throw new InvalidFileException(file, LoraKey.shown(upName) + " has shape " + up.shape() + ", expected "
                    + Shape.of(up.size(0), down.size(0)) + " by the rank of " + LoraKey.shown(downName));
        }
        return new Change(down, up, downName, upName, alpha(layer, down.size(0), names.get(Part.ALPHA)));
    }

    /** {@return the alpha of a layer of a rank; {@code name} is that of its tensor, or null} */
    private double alpha(String layer, long rank, String name) throws InvalidFileException {
        if (name != null) {
            return alpha(name);
        }
        if (config.isEmpty()) {
            return rank;
        }
        config.get().requireRank(layer, rank);
        return config.get().alpha(layer, rank);
    }

    private double alpha(String name) throws InvalidFileException {
        if (config.isPresent()) {
            throw new InvalidFileException(file, LoraKey.shown(name) + ": expected alphas either in tensors or in the file's "
                    + LoraConfig.KEY + ", found both");
        }
        Tensor alpha = tensor(name);
        if (alpha.shape().numel() != 1) {
            throw new InvalidFileException(file, LoraKey.shown(name) + " has shape " + alpha.shape() + ", expected one number");
        }
        return alpha.toDoubleArray()[0];
    }

    private Tensor matrix(String name) throws InvalidFileException {
        if (!tensors.dtype(name).isFloatingPoint()) {
            throw new InvalidFileException(file, LoraKey.shown(name) + " has dtype " + tensors.dtype(name).torchName()
                    + ", expected a floating-point type");
        }
        long[] shape = tensors.info(name).shape();
        if (shape.length != 2) {
            throw new InvalidFileException(file, LoraKey.shown(name) + " has shape " + Shape.of(shape) + ", expected two dimensions:"
                    + " adapters of other layers than linear ones are not supported");
        }
        if (shape[0] == 0 || shape[1] == 0) {
            throw new InvalidFileException(file, LoraKey.shown(name) + " has shape " + Shape.of(shape) + ", expected no dimension of 0");
        }
        return owner.adopt(tensor(name).copy());
    }

    /** {@return a tensor of finite numbers, in the file's memory} */
    private Tensor tensor(String name) throws InvalidFileException {
        Tensor tensor = tensors.load(name);
        try (var _ = TensorScope.open()) {
            if (tensor.isfinite().all().item() == 0) {
                throw new InvalidFileException(file, LoraKey.shown(name) + " has NaN or infinity, expected finite numbers; the file is"
                        + " damaged, or its training has failed");
            }
        }
        return tensor;
    }
}
