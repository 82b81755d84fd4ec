package io.panatorch.safetensors;

import static io.panatorch.safetensors.StrictJson.quote;

import io.panatorch.io.FileContent;
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

    private static final String PART = "index";
    private static final String WEIGHT_MAP = "weight_map";

    /** Reads an index and finds its files. */
    static SafetensorsIndex read(Path file) throws IOException {
        Map<String, String> shardNames = new LinkedHashMap<>();
        byte[] content = FileContent.read(file, SafetensorsHeader.LONGEST, "an index");
        try (StrictJson json = new StrictJson(file, PART, content)) {
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

    /**
     * The file of a name, which comes from whoever made the index and may therefore not lead out of its folder. A link may: only
     * the owner of the folder can have laid it, to a copy of the weights that several folders share, or to the blobs of a hub's
     * cache.
     */
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
        WeightFiles.requireWhole(shard);
        if (!Files.isRegularFile(shard)) {
            throw new InvalidFileException(
                    index,
                    PART + ": names the file " + quote(name) + ", which is not there; fetch it or the folder again");
        }
        return shard;
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
