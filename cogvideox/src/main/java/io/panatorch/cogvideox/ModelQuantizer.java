package io.panatorch.cogvideox;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.panatorch.cogvideox.config.Interrupts;
import io.panatorch.io.AtomicFile;
import io.panatorch.io.InvalidFileException;
import io.panatorch.nn.Int8Matrix;
import io.panatorch.nn.Offload;
import io.panatorch.nn.Quantization;
import io.panatorch.safetensors.Safetensors;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Writes a model whose linear layers are stored in 8 bits ({@link Quantization#INT8}), to be loaded like any other.
 *
 * <p>A matrix {@code x.weight} of text encoder and transformer becomes {@code x.weight}, int8, and {@code x.weight_scale},
 * {@code [out, 1]}; all else stays as it is. Never more than one of the model's files is in memory.
 */
public final class ModelQuantizer {

    private static final JsonMapper JSON = new JsonMapper();

    private final Path folder;
    private final String variant;

    /**
     * One matrix that was rounded.
     *
     * @param component whose it is
     * @param name of the tensor in the file
     * @param error the L2 norm of what rounding changed, over that of the matrix
     */
    public record Rounded(ModelComponent component, String name, double error) {}

    /**
     * @param folder a diffusers directory
     * @param variant which weights of it, such as {@code fp16}; an empty string means the plain ones
     */
    public ModelQuantizer(Path folder, String variant) {
        this.folder = Objects.requireNonNull(folder, "folder");
        this.variant = Objects.requireNonNull(variant, "variant");
    }

    /**
     * Writes the model.
     *
     * @param target a folder that does not exist or is empty; it appears when it is whole
     * @param listener is told of each matrix, in the order of the files
     * @return all of them
     * @throws InvalidFileException where the model has 8 bits already, or does not fit together
     * @throws IOException where a file cannot be read or written
     * @throws CancellationException where the thread was interrupted
     */
    public List<Rounded> write(Path target, Consumer<Rounded> listener) throws IOException {
        Map<ModelComponent, Set<String>> matrices = matrices();
        List<Rounded> all = new ArrayList<>();
        AtomicFile.writeDirectory(target, temporary -> {
            copyAllButWeights(temporary);
            for (ModelComponent component : ModelComponent.values()) {
                Set<String> ofPart = matrices.getOrDefault(component, Set.of());
                writeWeights(component, ofPart, temporary.resolve(component.folder()), rounded -> {
                    all.add(rounded);
                    listener.accept(rounded);
                });
            }
        });
        return all;
    }

    /** Which those are, the model says. */
    private Map<ModelComponent, Set<String>> matrices() throws IOException {
        try (ModelParts parts = new PipelineLoader(folder).variant(variant).device(Device.META).parts(Offload.NONE)) {
            return Map.of(ModelComponent.TEXT_ENCODER, Set.copyOf(parts.textEncoder.matrices()),
                    ModelComponent.TRANSFORMER, Set.copyOf(parts.transformer.matrices()));
        }
    }

    private void copyAllButWeights(Path target) throws IOException {
        Files.copy(folder.resolve(ModelFolder.INDEX), target.resolve(ModelFolder.INDEX));
        for (String part : List.of("scheduler", "tokenizer", "text_encoder", "transformer", "vae")) {
            Files.createDirectory(target.resolve(part));
            try (Stream<Path> files = Files.list(folder.resolve(part))) {
                for (Path file : files.filter(Files::isRegularFile).filter(file -> !isOfWeights(file.getFileName().toString())).toList()) {
                    Files.copy(file, target.resolve(part).resolve(file.getFileName()));
                }
            }
        }
    }

    private static boolean isOfWeights(String name) {
        return name.contains(".safetensors") || Stream.of(".bin", ".bin.index.json", ".msgpack", ".h5", ".ckpt").anyMatch(name::endsWith);
    }

    private void writeWeights(ModelComponent component, Set<String> matrices, Path target, Consumer<Rounded> listener) throws IOException {
        String baseName = ModelFolder.baseName(component);
        try (Safetensors stored = Safetensors.open(folder.resolve(component.folder()), baseName, variant)) {
            Map<Path, List<String>> files = new TreeMap<>();
            stored.names().forEach(name -> files.computeIfAbsent(stored.file(name), _ -> new ArrayList<>()).add(name));
            ObjectNode index = JSON.createObjectNode();
            int number = 0;
            for (List<String> names : files.values()) {
                number++;
                String file = files.size() == 1 ? baseName + ".safetensors"
                        : "%s-%05d-of-%05d.safetensors".formatted(baseName, number, files.size());
                for (String name : writeFile(component, stored, names, matrices, target.resolve(file), listener)) {
                    index.withObject("/weight_map").put(name, file);
                }
            }
            if (files.size() > 1) {
                Files.write(target.resolve(baseName + ".safetensors.index.json"), JSON.writeValueAsBytes(index));
            }
        }
    }

    private Set<String> writeFile(ModelComponent component, Safetensors stored, List<String> names, Set<String> matrices, Path file,
            Consumer<Rounded> listener) throws IOException {
        try (TensorScope _ = TensorScope.open()) {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            for (String name : names) {
                Interrupts.check("between two matrices");
                Tensor tensor = stored.load(name);
                if (!matrices.contains(name)) {
                    tensors.put(name, tensor);
                    continue;
                }
                if (!tensor.dtype().isFloatingPoint()) {
                    throw new InvalidFileException(stored.file(name), "tensor '" + name + "' has dtype " + tensor.dtype().torchName()
                            + ", expected a floating-point type: the model is quantised already");
                }
                Int8Matrix rounded = Int8Matrix.of(tensor);
                tensors.put(name, rounded.values());
                tensors.put(name + Int8Matrix.SCALES, rounded.scales());
                listener.accept(new Rounded(component, name, error(tensor, rounded)));
                tensor.close();
                stored.unload(name);
            }
            Safetensors.save(file, tensors, stored.metadata());
            return tensors.keySet();
        }
    }

    private static double error(Tensor tensor, Int8Matrix rounded) {
        try (TensorScope _ = TensorScope.open()) {
            Tensor exact = tensor.to(DType.FLOAT32);
            double norm = exact.square().sum().item();
            double changed = rounded.dense(DType.FLOAT32).sub(exact).square().sum().item();
            return norm == 0 ? 0 : Math.sqrt(changed / norm);
        }
    }
}
