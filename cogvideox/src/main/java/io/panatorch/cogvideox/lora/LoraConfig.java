package io.panatorch.cogvideox.lora;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.panatorch.io.FileContent;
import io.panatorch.io.InvalidFileException;
import io.panatorch.json.JsonFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The settings of an adapter, peft's {@code LoraConfig}: which rank and alpha a layer has, where the tensors do not say it. diffusers
 * writes them into the header of the adapter's file, and peft into a file beside it.
 */
final class LoraConfig {

    /** Of the header's text that has them. */
    static final String KEY = "lora_adapter_metadata";

    private static final String PEFT_FILE = "adapter_config.json";
    private static final int LONGEST_FILE = 1 << 20;

    private static final String RANK = "r";
    private static final String ALPHA = "lora_alpha";
    private static final String RANK_PATTERN = "rank_pattern";
    private static final String ALPHA_PATTERN = "alpha_pattern";

    private static final Pattern NAME = Pattern.compile("[\\w.]+");

    /** What peft takes where nothing is said. */
    private static final int DEFAULT = 8;

    private final Path file;
    /** Where in the file they stand, for messages. */
    private final String place;
    private final JsonNode root;
    /** Before each name, or nothing. */
    private final String prefix;

    private LoraConfig(Path file, String place, JsonNode root) throws InvalidFileException {
        this.file = file;
        this.place = place;
        this.root = root;
        this.prefix = root.has(LoraKey.PREFIX + RANK) || root.has(LoraKey.PREFIX + ALPHA) ? LoraKey.PREFIX : "";
        if (get("use_dora").asBoolean()) {
            throw invalid("use_dora", "false, since DoRA is not supported");
        }
    }

    /**
     * Reads the settings.
     *
     * @param file the file in messages
     * @param metadata of its header
     * @return empty where the header has none
     * @throws InvalidFileException where they are no JSON object, or say what is not supported
     */
    static Optional<LoraConfig> of(Path file, Map<String, String> metadata) throws InvalidFileException {
        String text = metadata.get(KEY);
        if (text == null) {
            return Optional.empty();
        }
        LoraConfig config = new LoraConfig(file, KEY + ": ", parse(file, text));
        return config.get(RANK).isMissingNode() && config.get(ALPHA).isMissingNode() ? Optional.empty() : Optional.of(config);
    }

    private static JsonNode parse(Path file, String text) throws InvalidFileException {
        try {
            JsonNode root = JsonFile.parse(text);
            if (root.isObject()) {
                return root;
            }
            throw new InvalidFileException(file, KEY + ": expected a JSON object, found " + JsonFile.shown(root));
        } catch (JsonProcessingException e) {
            throw new InvalidFileException(file, KEY + ": expected JSON, found " + JsonFile.oneLine(e.getOriginalMessage()), e);
        }
    }

    /**
     * Reads the settings of an adapter that peft has written.
     *
     * @param adapter the file, beside which they are
     * @throws InvalidFileException where they are not there, or as {@link #of}
     */
    static LoraConfig beside(Path adapter) throws IOException {
        Path file = adapter.resolveSibling(PEFT_FILE);
        if (!Files.exists(file)) {
            throw new InvalidFileException(adapter, "has names of tensors that peft gives; expected beside it " + PEFT_FILE
                    + ", which says the ranks and alphas, found no such file");
        }
        JsonNode root = JsonFile.parse(file, FileContent.read(file, LONGEST_FILE, "a configuration"));
        JsonNode type = root.path("peft_type");
        if (!type.isMissingNode() && !type.asText().equals("LORA")) {
            throw new InvalidFileException(file, "peft_type: expected LORA, found " + JsonFile.shown(type));
        }
        return new LoraConfig(file, "", root);
    }

    private JsonNode get(String name) {
        return root.path(prefix + name);
    }

    private InvalidFileException invalid(String name, String expected) {
        return new InvalidFileException(file, place + prefix + name + ": expected " + expected + ", found "
                + JsonFile.shown(get(name)));
    }

    /** Checks the rank that the tensors of a layer have. */
    void requireRank(String layer, long rank) throws InvalidFileException {
        JsonNode expected = number(RANK, RANK_PATTERN, layer);
        if (expected.doubleValue() != rank) {
            throw new InvalidFileException(file, place + prefix + RANK + " of " + JsonFile.oneLine(layer) + ": expected " + rank
                    + ", the rank of its tensors, found " + JsonFile.shown(expected));
        }
    }

    /**
     * {@return the alpha of a layer, so that its change is multiplied by alpha divided by the rank}
     *
     * @param rank that it has
     */
    double alpha(String layer, long rank) throws InvalidFileException {
        JsonNode found = number(ALPHA, ALPHA_PATTERN, layer);
        double alpha = found.doubleValue() * (get("use_rslora").asBoolean() ? Math.sqrt(rank) : 1);
        if (!Double.isFinite(alpha)) {
            throw notFinite(ALPHA, layer, found);
        }
        return alpha;
    }

    private JsonNode number(String name, String patterns, String layer) throws InvalidFileException {
        JsonNode exceptions = get(patterns);
        if (!exceptions.isMissingNode() && !exceptions.isNull() && !exceptions.isObject()) {
            throw invalid(patterns, "an object");
        }
        JsonNode all = get(name);
        JsonNode found = all.isMissingNode() ? IntNode.valueOf(DEFAULT) : all;
        for (Map.Entry<String, JsonNode> exception : exceptions.properties()) {
            if (matches(patterns, exception.getKey(), layer)) {
                found = exception.getValue();
                break; // as in peft, the first one
            }
        }
        if (!found.isNumber() || !Double.isFinite(found.doubleValue())) {
            throw notFinite(name, layer, found);
        }
        return found;
    }

    private InvalidFileException notFinite(String name, String layer, JsonNode found) {
        return new InvalidFileException(file, place + prefix + name + " of " + JsonFile.oneLine(layer)
                + ": expected a finite number, found " + JsonFile.shown(found));
    }

    /**
     * A pattern is a regular expression of the end of a name, or with ^ of all of it. What is written by programs is a name, in
     * which a point stands for itself; anything else is refused, since expressions of strangers may take forever.
     */
    private boolean matches(String patterns, String pattern, String layer) throws InvalidFileException {
        boolean isWhole = pattern.startsWith("^");
        String name = pattern.substring(isWhole ? 1 : 0).replace("\\.", ".");
        if (!NAME.matcher(name).matches()) {
            throw new InvalidFileException(file, place + prefix + patterns + ": expected names of layers, found the regular"
                    + " expression '" + JsonFile.oneLine(pattern) + "', which is not supported");
        }
        return layer.equals(name) || !isWhole && layer.endsWith("." + name);
    }

    /** {@return the header's texts for layers of some ranks and alphas; diffusers needs them only where alpha is not the rank} */
    static Map<String, String> metadata(Map<String, LoraAdapter.Change> layers) {
        Map<String, String> metadata = new HashMap<>(Map.of("format", "pt"));
        if (layers.values().stream().allMatch(layer -> layer.alpha() == layer.rank())) {
            return metadata;
        }
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        Map<String, Double> ranks = new HashMap<>();
        Map<String, Double> alphas = new HashMap<>();
        layers.forEach((name, layer) -> {
            ranks.put(name, (double) layer.rank());
            alphas.put(name, layer.alpha());
            json.withArray("/" + LoraKey.PREFIX + "target_modules").add(name);
        });
        put(json, RANK, RANK_PATTERN, ranks);
        put(json, ALPHA, ALPHA_PATTERN, alphas);
        metadata.put(KEY, json.toString());
        return metadata;
    }

    /** The number that most layers have, and those of the others. */
    private static void put(ObjectNode json, String name, String patterns, Map<String, Double> numbers) {
        Map<Double, Integer> counts = new HashMap<>();
        numbers.values().forEach(number -> counts.merge(number, 1, Integer::sum));
        double usual = counts.entrySet().stream().max(Comparator.comparing(Map.Entry<Double, Integer>::getValue)
                .thenComparing(Map.Entry::getKey)).orElseThrow().getKey();
        put(json, LoraKey.PREFIX + name, usual);
        ObjectNode exceptions = json.putObject(LoraKey.PREFIX + patterns);
        numbers.forEach((layer, number) -> {
            if (number != usual) {
                put(exceptions, layer, number);
            }
        });
    }

    /** Whole numbers as such, which ranks have to be. */
    private static void put(ObjectNode json, String name, double number) {
        if (number == Math.rint(number) && Math.abs(number) < Long.MAX_VALUE) {
            json.put(name, (long) number);
        } else {
            json.put(name, number);
        }
    }
}
