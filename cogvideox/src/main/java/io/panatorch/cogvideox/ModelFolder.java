package io.panatorch.cogvideox;

import io.panatorch.cogvideox.hub.Hub;
import io.panatorch.io.FileContent;
import io.panatorch.io.InvalidFileException;
import io.panatorch.safetensors.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A diffusers directory, and what people name in the place of one. */
final class ModelFolder {

    private static final System.Logger LOGGER = System.getLogger(CogVideoXPipeline.class.getName());
    static final String INDEX = "model_index.json";
    private static final String TRANSFORMERS_NAME = "model";
    private static final String DIFFUSERS_NAME = "diffusion_pytorch_model";

    private ModelFolder() {}

    /** {@return the file that says what the parts are} */
    static Path index(Path folder) throws IOException {
        if (!FileContent.exists(folder)) {
            throw new InvalidFileException(folder, "the folder does not exist" + (Hub.isOfHub(folder.toString())
                    ? "; a model of the hub is named by a text, not by a path" : ""));
        }
        if (!Files.isDirectory(folder)) {
            throw new InvalidFileException(folder, "is a file, expected a diffusers directory with " + INDEX
                    + "; checkpoints of one file are not read");
        }
        Path index = folder.resolve(INDEX);
        if (!Files.exists(index)) {
            throw new InvalidFileException(folder, "has no " + INDEX + ", expected a diffusers directory" + hint(folder));
        }
        return index;
    }

    private static String hint(Path folder) throws IOException {
        if (folder.getParent() != null && Files.exists(folder.resolveSibling(INDEX))) {
            return "; name the folder above it, " + folder.getParent();
        }
        Path snapshots = folder.resolve("snapshots");
        if (!Files.isDirectory(snapshots)) {
            return "";
        }
        try (Stream<Path> revisions = Files.list(snapshots)) {
            return revisions.filter(revision -> Files.exists(revision.resolve(INDEX))).sorted().findFirst()
                    .map(revision -> "; name the revision in it, " + revision).orElse("");
        }
    }

    /** {@return what the names of a part's files of weights begin with} */
    static String baseName(ModelComponent part) {
        return part == ModelComponent.TEXT_ENCODER ? TRANSFORMERS_NAME : DIFFUSERS_NAME;
    }

    /** Refuses a variant that no part has, and warns of parts that have none of it. */
    static void requireVariant(Path folder, String variant) throws IOException {
        if (variant.isEmpty()) {
            return;
        }
        List<String> without = new ArrayList<>();
        for (ModelComponent part : ModelComponent.values()) {
            if (!Safetensors.hasVariant(folder.resolve(part.folder()), baseName(part), variant)) {
                without.add(part.folder());
            }
        }
        if (without.size() == ModelComponent.values().length) {
            throw new InvalidFileException(folder, "has no weights of the variant " + variant + "; ask for none, or fetch them");
        }
        if (!without.isEmpty()) {
            LOGGER.log(System.Logger.Level.WARNING, "no weights of the variant {0} in {1}: the plain ones are taken there",
                    variant, String.join(", ", without));
        }
    }
}
