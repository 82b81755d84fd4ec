package io.panatorch.safetensors;

import static io.panatorch.safetensors.StrictJson.quote;

import io.panatorch.io.InvalidFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The index of weights in many files, {@code *.safetensors.index.json}: which tensor is in which file beside it. Its
 * other parts, such as {@code metadata.total_size}, say nothing that the files do not say better, and are not read.
 *
 * @param file the index
 * @param shardNames the file name of each tensor
 * @param shards the path of each file name; all exist and may be read
 */
record SafetensorsIndex(Path file, Map<String, String> shardNames, SortedMap<String, Path> shards) {

    static final String SUFFIX = ".safetensors.index.json";

    private static final String PART = "index";
    private static final String WEIGHT_MAP = "weight_map";

    /** Reads an index and finds its files. */
    static SafetensorsIndex read(Path file) throws IOException {
        if (Files.size(file) > SafetensorsHeader.LONGEST) {
            throw new InvalidFileException(
                    file, "is " + Files.size(file) + " bytes long, expected at most " + SafetensorsHeader.LONGEST);
        }
        Map<String, String> shardNames = new LinkedHashMap<>();
        try (StrictJson json = new StrictJson(file, PART, Files.readAllBytes(file))) {
            json.document(key -> {
                if (key.equals(WEIGHT_MAP)) {
                    json.object(WEIGHT_MAP, tensor ->
                            shardNames.put(tensor, json.string(WEIGHT_MAP + " " + quote(tensor))));
                } else {
                    json.skip();
                }
            });
        }
        if (shardNames.isEmpty()) {
            throw new InvalidFileException(file, PART + ": " + WEIGHT_MAP + " is missing or names no tensor");
        }
        SortedMap<String, Path> shards = new TreeMap<>();
        for (String name : shardNames.values()) {
            if (!shards.containsKey(name)) {
                shards.put(name, shard(file, name));
            }
        }
        return new SafetensorsIndex(file, shardNames, shards);
    }

    private static Path shard(Path index, String name) throws IOException {
        boolean plain = !name.isEmpty()
                && name.chars().noneMatch(c -> c == '/' || c == '\\' || c == ':' || Character.isISOControl(c))
                && !name.equals(".")
                && !name.equals("..");
        if (!plain) {
            throw new InvalidFileException(
                    index,
                    PART + ": the file name " + quote(name) + " is refused, expected a plain name of a file beside it");
        }
        Path shard = index.resolveSibling(name);
        if (!Files.isRegularFile(shard)) {
            throw new InvalidFileException(
                    index,
                    PART + ": names the file " + quote(name) + ", which is not there; fetch it or the folder again");
        }
        Path folder = index.toAbsolutePath().getParent().toRealPath();
        Path real = shard.toRealPath();
        if (!real.startsWith(folder) && !isHubBlob(real, folder)) {
            throw new InvalidFileException(
                    index, PART + ": the file " + quote(name) + " is a link out of the folder, to " + real);
        }
        return shard;
    }

    /**
     * The cache of the Hugging Face hub is full of links out of their folder, from {@code X/snapshots/REVISION/...} to
     * {@code X/blobs/HASH}; these are fine.
     */
    private static boolean isHubBlob(Path real, Path folder) {
        Path blobs = real.getParent();
        return blobs.endsWith("blobs")
                && blobs.getParent() != null
                && folder.startsWith(blobs.resolveSibling("snapshots"));
    }

    /** Checks that a file has the tensors that this says it has, and no other. */
    void check(String shardName, SafetensorsFile shard) throws InvalidFileException {
        Map<String, TensorInfo> present = shard.header().tensors();
        for (Map.Entry<String, String> expected : shardNames.entrySet()) {
            if (expected.getValue().equals(shardName) && !present.containsKey(expected.getKey())) {
                throw new InvalidFileException(
                        shard.path(), "has no tensor " + quote(expected.getKey()) + ", which " + file + " says it has");
            }
        }
        for (String name : present.keySet()) {
            if (!shardName.equals(shardNames.get(name))) {
                throw new InvalidFileException(
                        shard.path(), "has the tensor " + quote(name) + ", which " + file + " does not say it has");
            }
        }
    }
}
