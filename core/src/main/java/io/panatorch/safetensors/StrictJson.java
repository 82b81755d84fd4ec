package io.panatorch.safetensors;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import io.panatorch.io.FileContent;
import io.panatorch.io.InvalidFileException;
import java.io.ByteArrayInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;

/**
 * Reads JSON from a file that is not trusted: nothing but UTF-8, no key twice, no deep nesting, no endless name or
 * number, and whole numbers that fit. Every complaint is an {@link InvalidFileException} of one line.
 */
final class StrictJson implements Closeable {

    private static final int DEEPEST = 16;
    private static final int LONGEST_NAME = 1 << 16;
    private static final int LONGEST_STRING = 20_000_000;
    private static final int LONGEST_NUMBER = 100;
    private static final int LONGEST_QUOTE = 120;

    /** Names are not shared between parsers, so that names made to collide cost nothing. */
    private static final JsonFactory FACTORY = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(DEEPEST)
                    .maxNameLength(LONGEST_NAME)
                    .maxStringLength(LONGEST_STRING)
                    .maxNumberLength(LONGEST_NUMBER)
                    .build())
            .build();

    /** Takes the value of one key; the parser stands at its first token. */
    @FunctionalInterface
    interface FieldReader {
        void read(String key) throws IOException;
    }

    private final Path file;
    private final String part;
    private final JsonParser parser;

    /**
     * @param file the file in error messages
     * @param part what the JSON is in that file, in error messages
     */
    StrictJson(Path file, String part, byte[] json) throws IOException {
        this.file = file;
        this.part = part;
        // A reader, because the parser would otherwise guess the encoding; with a decoder, because that is strict.
        this.parser = FACTORY.createParser(
                new InputStreamReader(new ByteArrayInputStream(json), StandardCharsets.UTF_8.newDecoder()));
    }

    /** Reads the object that is all of the JSON. */
    void document(FieldReader fields) throws IOException {
        try {
            parser.nextToken();
            object("it", fields);
            if (parser.nextToken() != null) {
                throw invalid("goes on after its closing brace");
            }
        } catch (CharacterCodingException e) {
            throw new InvalidFileException(file, part + " is not UTF-8", e);
        } catch (JsonProcessingException e) {
            JsonLocation where = Objects.requireNonNullElse(e.getLocation(), parser.currentLocation());
            String problem = oneLine(e.getOriginalMessage()) + " (character " + where.getCharOffset() + ")";
            throw new InvalidFileException(file, part + " is not valid: " + problem, e);
        }
    }

    /** Reads the object that the parser stands at, key by key. */
    void object(String what, FieldReader fields) throws IOException {
        expect(JsonToken.START_OBJECT, what, "an object");
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String key = parser.currentName();
            parser.nextToken();
            fields.read(key);
        }
    }

    /** Reads the string that the parser stands at. */
    String string(String what) throws IOException {
        expect(JsonToken.VALUE_STRING, what, "a string");
        return parser.getText();
    }

    /** Reads the array of whole numbers from 0 to 2^63 - 1 that the parser stands at. */
    long[] sizes(String what) throws IOException {
        expect(JsonToken.START_ARRAY, what, "an array");
        long[] sizes = new long[4];
        int count = 0;
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            if (count == sizes.length) {
                sizes = Arrays.copyOf(sizes, 2 * count);
            }
            sizes[count++] = size(what);
        }
        return Arrays.copyOf(sizes, count);
    }

    private long size(String what) throws IOException {
        boolean fits = parser.currentToken() == JsonToken.VALUE_NUMBER_INT
                && parser.getNumberType() != JsonParser.NumberType.BIG_INTEGER;
        if (!fits || parser.getLongValue() < 0) {
            throw invalid(what + " must hold whole numbers from 0 to 2^63 - 1, found " + found());
        }
        return parser.getLongValue();
    }

    /** Passes over the value that the parser stands at. */
    void skip() throws IOException {
        parser.skipChildren();
    }

    boolean isNull() {
        return parser.currentToken() == JsonToken.VALUE_NULL;
    }

    /** {@return the exception for a problem with this JSON} */
    InvalidFileException invalid(String problem) {
        return new InvalidFileException(file, part + ": " + problem);
    }

    private void expect(JsonToken token, String what, String name) throws IOException {
        if (parser.currentToken() != token) {
            throw invalid(what + " must be " + name + ", found " + found());
        }
    }

    private String found() throws IOException {
        return switch (parser.currentToken()) {
            case null -> "nothing";
            case START_OBJECT -> "an object";
            case START_ARRAY -> "an array";
            case VALUE_STRING -> "the string " + quote(parser.getText());
            default -> oneLine(parser.getText());
        };
    }

    /** {@return text of a file in quotes, on one line and not too long for a message} */
    static String quote(String text) {
        return '"' + oneLine(text) + '"';
    }

    private static String oneLine(String text) {
        return FileContent.oneLine(text.length() <= LONGEST_QUOTE ? text : text.substring(0, LONGEST_QUOTE) + "...");
    }

    @Override
    public void close() throws IOException {
        parser.close();
    }
}
