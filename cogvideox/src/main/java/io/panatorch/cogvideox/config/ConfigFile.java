package io.panatorch.cogvideox.config;

import com.fasterxml.jackson.databind.JsonNode;
import io.panatorch.io.FileContent;
import io.panatorch.io.InvalidFileException;
import io.panatorch.json.JsonFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * A JSON configuration file, read key by key. Immutable.
 *
 * <p>As in diffusers and transformers, a key that is absent has the default that its reader gives, and a key that nobody
 * asks for is ignored. Every method throws an {@link InvalidFileException} of the form
 * {@code FILE: KEY: expected WHAT, found VALUE} where the value is of another kind.
 */
public final class ConfigFile {

    private static final int MAX_BYTES = 1 << 20;
    private static final int MAX_SIZE = Short.MAX_VALUE;

    private final Path path;
    private final JsonNode root;

    private ConfigFile(Path path, JsonNode root) {
        this.path = path;
        this.root = root;
    }

    /**
     * Reads a file whose content is one JSON object.
     *
     * @throws InvalidFileException where it is not, or is larger than 1 MiB
     * @throws IOException where it cannot be read
     */
    public static ConfigFile read(Path file) throws IOException {
        return new ConfigFile(file, JsonFile.parse(file, FileContent.read(file, MAX_BYTES, "a configuration")));
    }

    /** {@return the file that was read} */
    public Path path() {
        return path;
    }

    /**
     * Checks {@code _class_name}, by which diffusers says what a configuration is for. It may be absent, since diffusers goes by
     * {@code model_index.json} and by the class that was called.
     */
    public void requireClass(String name) throws InvalidFileException {
        requireName("_class_name", root.path("_class_name"), List.of(name));
    }

    /** Checks a part's entry in {@code model_index.json}: a pair of a library and one of the classes. */
    public void requirePart(String key, String... classNames) throws InvalidFileException {
        JsonNode pair = root.path(key);
        if (!pair.isArray() || pair.size() != 2) {
            throw invalid(key, "a pair of a library and " + quoted(List.of(classNames)));
        }
        requireName(key, pair.path(1), List.of(classNames));
    }

    private void requireName(String key, JsonNode found, List<String> names) throws InvalidFileException {
        if (!found.isMissingNode() && !names.contains(found.asText())) {
            throw new InvalidFileException(path, key + ": expected " + quoted(names) + ", found " + JsonFile.shown(found));
        }
    }

    private static String quoted(List<String> names) {
        return names.stream().map(name -> '"' + name + '"').collect(Collectors.joining(" or "));
    }

    /** {@return whether a key is absent or its value is null, Python's {@code None}} */
    public boolean isNull(String key) {
        JsonNode value = root.path(key);
        return value.isMissingNode() || value.isNull();
    }

    /** {@return a whole number of 32 bits, at least {@code minimum}} */
    public int integer(String key, int absent, int minimum) throws InvalidFileException {
        return get(key, absent, node -> isInteger(node, minimum), JsonNode::intValue, integers(minimum));
    }

    /** {@return a number of channels, places or the like: so small that the product of two is an int} */
    public int size(String key, int absent) throws InvalidFileException {
        return get(key, absent, node -> isInteger(node, 1) && node.intValue() <= MAX_SIZE, JsonNode::intValue,
                "a whole number from 1 to " + MAX_SIZE);
    }

    /** {@return a finite number} */
    public double number(String key, double absent) throws InvalidFileException {
        return get(key, absent, ConfigFile::isFinite, JsonNode::doubleValue, "a finite number");
    }

    /** {@return true or false} */
    public boolean bool(String key, boolean absent) throws InvalidFileException {
        return get(key, absent, JsonNode::isBoolean, JsonNode::booleanValue, "true or false");
    }

    /** {@return a text} */
    public String string(String key, String absent) throws InvalidFileException {
        return get(key, absent, JsonNode::isTextual, JsonNode::textValue, "a string");
    }

    /** {@return whole numbers of 32 bits, each at least {@code minimum}; there may be none} */
    public List<Integer> integers(String key, List<Integer> absent, int minimum) throws InvalidFileException {
        return get(key, absent, node -> isArrayOf(node, element -> isInteger(element, minimum)),
                node -> elements(node, JsonNode::intValue), "an array, each " + integers(minimum));
    }

    /** {@return finite numbers; there may be none} */
    public List<Double> numbers(String key, List<Double> absent) throws InvalidFileException {
        return get(key, absent, node -> isArrayOf(node, ConfigFile::isFinite),
                node -> elements(node, JsonNode::doubleValue), "an array of finite numbers");
    }

    /** {@return texts; there may be none} */
    public List<String> strings(String key, List<String> absent) throws InvalidFileException {
        return get(key, absent, node -> isArrayOf(node, JsonNode::isTextual),
                node -> elements(node, JsonNode::textValue), "an array of strings");
    }

    /**
     * {@return the exception for a value that its reader refuses, to be thrown by it}
     *
     * @param expected completes "expected …"
     */
    public InvalidFileException invalid(String key, String expected) {
        return new InvalidFileException(path, key + ": expected " + expected + ", found " + JsonFile.shown(root.path(key)));
    }

    private <T> T get(String key, T absent, Predicate<JsonNode> accepted, Function<JsonNode, T> value, String expected)
            throws InvalidFileException {
        JsonNode node = root.path(key);
        if (node.isMissingNode()) {
            return absent;
        }
        if (!accepted.test(node)) {
            throw invalid(key, expected);
        }
        return value.apply(node);
    }

    private static boolean isInteger(JsonNode node, int minimum) {
        return node.isIntegralNumber() && node.canConvertToInt() && node.intValue() >= minimum;
    }

    private static String integers(int minimum) {
        return "a whole number" + (minimum == Integer.MIN_VALUE ? "" : " of at least " + minimum);
    }

    private static boolean isFinite(JsonNode node) {
        return node.isNumber() && Double.isFinite(node.doubleValue());
    }

    private static boolean isArrayOf(JsonNode node, Predicate<JsonNode> accepted) {
        return node.isArray() && node.valueStream().allMatch(accepted);
    }

    private static <T> List<T> elements(JsonNode array, Function<JsonNode, T> value) {
        List<T> elements = new ArrayList<>();
        array.forEach(element -> elements.add(value.apply(element)));
        return List.copyOf(elements);
    }
}
