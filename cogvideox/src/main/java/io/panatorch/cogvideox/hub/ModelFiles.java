package io.panatorch.cogvideox.hub;

import com.fasterxml.jackson.databind.JsonNode;
import io.panatorch.cogvideox.config.ConfigFile;
import io.panatorch.io.FileContent;
import io.panatorch.io.InvalidFileException;
import io.panatorch.json.JsonFile;
import io.panatorch.safetensors.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Which of a model's files the pipeline reads: {@code model_index.json}, and of each folder that it names, if the pipeline has such a
 * part, the configurations, and weights in safetensors files, of the variant where there are such and else the plain ones.
 *
 * <p>It is asked twice: for a download, of the files that the hub has, when the index is there; and of the files in the cache, whether
 * that is all.
 */
final class ModelFiles {

    static final String INDEX = "model_index.json";

    private static final int LONGEST_CONFIG = 1 << 20;
    private static final int LONGEST_WEIGHTS_INDEX = 64 << 20;
    private static final String WEIGHTS = ".safetensors";

    /** A part of the pipeline, and what its folder has. */
    private enum Part {
        SCHEDULER("scheduler", "", "scheduler_config.json"),
        TOKENIZER("tokenizer", "", "spiece.model", "tokenizer.json", "tokenizer_config.json", "added_tokens.json",
                "special_tokens_map.json"),
        TEXT_ENCODER("text_encoder", "model", "config.json"),
        TRANSFORMER("transformer", "diffusion_pytorch_model", "config.json"),
        VAE("vae", "diffusion_pytorch_model", "config.json");

        private final String folder;
        /** Of the weights; empty where there are none. */
        private final String baseName;
        private final List<String> configs;

        Part(String folder, String baseName, String... configs) {
            this.folder = folder;
            this.baseName = baseName;
            this.configs = Stream.of(configs).map(config -> folder + "/" + config).toList();
        }

        boolean hasWeights() {
            return !baseName.isEmpty();
        }

        String path() {
            return folder + "/" + baseName;
        }

        /** Of which it needs one only: the tokenizer is read from either. */
        boolean hasConfigs(Collection<String> available) {
            return available.contains(configs.getFirst()) || this == TOKENIZER && available.contains(configs.get(1));
        }

    }

    private final Path snapshot;
    private final Set<String> available;
    private final String variant;
    private final List<Part> parts;

    /**
     * @param snapshot a folder that has the index
     * @param available the names of all files that there are
     * @param variant such as {@code fp16}; empty for none
     * @throws InvalidFileException where the index is of another kind of model
     */
    ModelFiles(Path snapshot, Set<String> available, String variant) throws IOException {
        this.snapshot = snapshot;
        this.available = available;
        this.variant = variant;
        Path file = snapshot.resolve(INDEX);
        ConfigFile.read(file).requirePart("transformer", "CogVideoXTransformer3DModel");
        JsonNode index = JsonFile.parse(file, FileContent.read(file, LONGEST_CONFIG, "a configuration"));
        this.parts = Stream.of(Part.values()).filter(part -> index.path(part.folder).path(1).isTextual()).toList();
    }

    /** {@return the small files that come before the weights: configurations, and the indexes of weights in many files} */
    List<String> small() {
        List<String> files = new ArrayList<>();
        for (Part part : parts) {
            part.configs.stream().filter(available::contains).forEach(files::add);
            head(part).filter(head -> head.endsWith(".json")).ifPresent(files::add);
        }
        return files;
    }

    /** {@return the files of the weights; their indexes are in the snapshot} */
    List<String> weights() throws IOException {
        Set<String> files = new TreeSet<>();
        for (Part part : parts) {
            Optional<String> head = head(part);
            if (head.isPresent()) {
                files.addAll(head.get().endsWith(".json") ? shards(part, head.get()) : List.of(head.get()));
            }
        }
        return List.copyOf(files);
    }

    /** {@return what the pipeline cannot do without, of what there is not} */
    List<String> missing() throws IOException {
        List<String> missing = new ArrayList<>();
        for (Part part : parts) {
            if (!part.hasConfigs(available)) {
                missing.add(part.configs.getFirst());
            }
            if (part.hasWeights() && head(part).isEmpty()) {
                missing.add(part.path() + WEIGHTS);
            }
        }
        for (String file : weights()) {
            if (!available.contains(file)) {
                missing.add(file);
            }
        }
        return missing;
    }

    /** {@return the files by which parts would be loaded that have nothing of the variant} */
    List<String> notOfVariant() {
        return parts.stream().filter(Part::hasWeights).map(part -> Safetensors.heads(part.path(), variant))
                .filter(heads -> heads.stream().noneMatch(available::contains)).flatMap(List::stream).toList();
    }

    /** {@return the variants of weights that there are} */
    Set<String> variants() {
        Set<String> variants = new TreeSet<>();
        for (Part part : parts) {
            available.stream().filter(_ -> part.hasWeights()).flatMap(file -> Safetensors.variantOf(part.path(), file).stream()).forEach(variants::add);
        }
        return variants;
    }

    /** The file by which a part's weights are loaded: the weights themselves, or the index of many files. */
    private Optional<String> head(Part part) {
        return !part.hasWeights() ? Optional.empty()
                : Stream.of(variant, "").flatMap(each -> Safetensors.heads(part.path(), each).stream()).filter(available::contains).findFirst();
    }

    /** What an index is not there to say is missing itself. */
    private List<String> shards(Part part, String head) throws IOException {
        Path file = snapshot.resolve(head);
        if (!Files.exists(file)) {
            return List.of();
        }
        Set<String> shards = new TreeSet<>();
        for (JsonNode name : JsonFile.parse(file, FileContent.read(file, LONGEST_WEIGHTS_INDEX, "an index")).path("weight_map")) {
            String shard = name.asText();
            if (!shard.endsWith(WEIGHTS) || shard.contains("/") || !RemoteFile.isSafeName(shard)) {
                throw new InvalidFileException(file, "weight_map: expected names of safetensors files beside it, found \""
                        + JsonFile.oneLine(shard) + '"');
            }
            shards.add(part.folder + "/" + shard);
        }
        return List.copyOf(shards);
    }
}
