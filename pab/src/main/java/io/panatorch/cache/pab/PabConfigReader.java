package io.panatorch.cache.pab;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import io.panatorch.cache.SiteKind;
import io.panatorch.io.FileContent;
import io.panatorch.io.InvalidFileException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Reads a {@link PabConfig} and nothing else: what it does not know may be what the file is about. */
final class PabConfigReader {

    private static final int MAX_BYTES = 1 << 20;
    private static final int MAX_SHOWN = 60;
    private static final String KINDS = BroadcastRule.KINDS.stream().map(PabConfigReader::key)
            .collect(Collectors.joining(", "));

    private static final JsonFactory FACTORY = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

    /** Takes the value of one key, at whose first token the parser stands. */
    @FunctionalInterface
    private interface Field {
        void read(String key) throws IOException;
    }

    private final Path file;
    private final JsonParser parser;
    private final List<BroadcastRule> rules = new ArrayList<>();
    private final Map<String, String> facts = new LinkedHashMap<>();
    private final Map<String, Double> expected = new LinkedHashMap<>();
    private String format;
    private Integer version;

    private PabConfigReader(Path file, JsonParser parser) {
        this.file = file;
        this.parser = parser;
    }

    static PabConfig read(Path file) throws IOException {
        byte[] content = FileContent.read(file, MAX_BYTES, "a PAB configuration");
        String text = FileContent.utf8(file, content, FileContent.SAVE_AS_UTF8);
        try (JsonParser parser = FACTORY.createParser(text)) {
            return new PabConfigReader(file, parser).config();
        } catch (JsonProcessingException e) {
            JsonLocation at = e.getLocation();
            String where = at == null ? "content" : "line " + at.getLineNr() + ", column " + at.getColumnNr();
            throw new InvalidFileException(file, where + ": expected JSON, found " + oneLine(e.getOriginalMessage()), e);
        }
    }

    private PabConfig config() throws IOException {
        parser.nextToken();
        object("root", key -> {
            switch (key) {
                case "format" -> format = format();
                case "version" -> version = version();
                case "rules" -> rules();
                case "calibrated_for" -> object(key, fact -> facts.put(fact, text(key + "." + fact)));
                case "expected" -> object(key, figure -> expected.put(figure, number(key + "." + figure)));
                default -> throw invalid(key, "one of format, version, rules, calibrated_for, expected", "this key");
            }
        });
        if (parser.nextToken() != null) {
            throw invalid("content", "one JSON object", "more after it");
        }
        require("format", format);
        require("version", version);
        if (rules.isEmpty()) {
            throw invalid("rules", "an array with at least one rule", "none");
        }
        return new PabConfig(rules, facts, expected);
    }

    private String format() throws IOException {
        String found = text("format");
        if (!found.equals(PabConfig.FORMAT)) {
            throw invalid("format", '"' + PabConfig.FORMAT + '"', found());
        }
        return found;
    }

    private int version() throws IOException {
        int found = integer("version");
        if (found != PabConfig.VERSION) {
            throw invalid("version", PabConfig.VERSION + ", which this program reads", found());
        }
        return found;
    }

    private void rules() throws IOException {
        expect(JsonToken.START_ARRAY, "rules", "an array");
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            rules.add(rule("rules[" + rules.size() + "]"));
        }
    }

    private BroadcastRule rule(String where) throws IOException {
        Map<String, Object> values = new LinkedHashMap<>();
        object(where, key -> values.put(key, switch (key) {
            case "kind" -> kind(where + ".kind");
            case "layers" -> integers(where + ".layers");
            case "skip_range" -> integer(where + ".skip_range");
            case "timesteps" -> window(where + ".timesteps");
            default -> throw invalid(where + "." + key, "one of kind, layers, skip_range, timesteps", "this key");
        }));
        SiteKind kind = (SiteKind) require(where + ".kind", values.get("kind"));
        int skipRange = (Integer) require(where + ".skip_range", values.get("skip_range"));
        List<?> window = (List<?>) require(where + ".timesteps", values.get("timesteps"));
        List<Integer> layers = ((List<?>) values.getOrDefault("layers", List.of())).stream().map(Integer.class::cast).toList();
        if (values.containsKey("layers") && layers.isEmpty()) {
            throw invalid(where + ".layers", "at least one, or no such key for all", "none");
        }
        try {
            return new BroadcastRule(kind, layers, skipRange, (Integer) window.get(0), (Integer) window.get(1));
        } catch (IllegalArgumentException e) {
            throw new InvalidFileException(file, where + ": " + e.getMessage(), e);
        }
    }

    private SiteKind kind(String where) throws IOException {
        String found = text(where);
        return BroadcastRule.KINDS.stream().filter(kind -> key(kind).equals(found)).findFirst()
                .orElseThrow(() -> invalid(where, "one of " + KINDS, '"' + oneLine(found) + '"'));
    }

    private static String key(SiteKind kind) {
        return kind.name().toLowerCase(Locale.ROOT);
    }

    private List<Integer> window(String where) throws IOException {
        List<Integer> window = integers(where);
        if (window.size() != 2) {
            throw invalid(where, "two whole numbers", "an array of " + window.size());
        }
        return window;
    }

    private void object(String where, Field field) throws IOException {
        expect(JsonToken.START_OBJECT, where, "an object");
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String key = parser.currentName();
            parser.nextToken();
            field.read(oneLine(key));
        }
    }

    private List<Integer> integers(String where) throws IOException {
        expect(JsonToken.START_ARRAY, where, "an array");
        List<Integer> numbers = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            numbers.add(integer(where + "[" + numbers.size() + "]"));
        }
        return numbers;
    }

    private int integer(String where) throws IOException {
        boolean fits = parser.currentToken() == JsonToken.VALUE_NUMBER_INT
                && parser.getNumberType() == JsonParser.NumberType.INT;
        if (!fits) {
            throw invalid(where, "a whole number", found());
        }
        return parser.getIntValue();
    }

    private double number(String where) throws IOException {
        boolean isNumber = parser.currentToken() != null && parser.currentToken().isNumeric();
        if (!isNumber || !Double.isFinite(parser.getDoubleValue())) {
            throw invalid(where, "a finite number", found());
        }
        return parser.getDoubleValue();
    }

    private String text(String where) throws IOException {
        expect(JsonToken.VALUE_STRING, where, "a string");
        return parser.getText();
    }

    private void expect(JsonToken token, String where, String what) throws IOException {
        if (parser.currentToken() != token) {
            throw invalid(where, what, found());
        }
    }

    private Object require(String where, Object value) throws InvalidFileException {
        if (value == null) {
            throw invalid(where, "a value", "nothing");
        }
        return value;
    }

    private InvalidFileException invalid(String where, String what, String found) {
        return new InvalidFileException(file, where + ": expected " + what + ", found " + found);
    }

    private String found() throws IOException {
        return switch (parser.currentToken()) {
            case null -> "nothing";
            case START_OBJECT -> "an object";
            case START_ARRAY -> "an array";
            case VALUE_STRING -> '"' + oneLine(parser.getText()) + '"';
            default -> oneLine(parser.getText());
        };
    }

    /** Text of a file, safe to show: printable ASCII on one line, cut to a readable length. */
    private static String oneLine(String text) {
        String line = text.replaceAll("[^ -~]", "?");
        return line.length() <= MAX_SHOWN ? line : line.substring(0, MAX_SHOWN) + "...";
    }
}
