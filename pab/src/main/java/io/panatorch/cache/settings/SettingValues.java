package io.panatorch.cache.settings;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.panatorch.json.JsonFile;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Values of settings: texts of a command line, and those of JSON as objects of Java, which are booleans, numbers, strings, lists and
 * maps. Readers of a kind take either, and throw an {@link IllegalArgumentException} without a message for another kind.
 */
final class SettingValues {

    private static final JsonMapper MAPPER = new JsonMapper();

    private SettingValues() {}

    static Integer whole(Object value) {
        return switch (value) {
            case SettingText text -> Integer.valueOf(text.text());
            case Integer number -> number;
            default -> throw new IllegalArgumentException();
        };
    }

    static Double number(Object value) {
        double number = switch (value) {
            case SettingText text -> Double.parseDouble(text.text());
            case Number any -> any.doubleValue();
            default -> throw new IllegalArgumentException();
        };
        if (!Double.isFinite(number)) {
            throw new IllegalArgumentException();
        }
        return number;
    }

    static Boolean flag(Object value) {
        return switch (value) {
            case Boolean flag -> flag;
            case SettingText text when text.text().equals("true") -> true;
            case SettingText text when text.text().equals("false") -> false;
            default -> throw new IllegalArgumentException();
        };
    }

    static String text(Object value) {
        return switch (value) {
            case SettingText text -> text.text();
            case String text -> text;
            default -> throw new IllegalArgumentException();
        };
    }

    /** In a text, commas divide. */
    static List<?> list(Object value) {
        return switch (value) {
            case SettingText text -> Stream.of(text.text().split(",", -1)).map(SettingText::new).toList();
            case List<?> list -> list;
            default -> throw new IllegalArgumentException();
        };
    }

    static List<Integer> range(Object value) {
        List<Integer> ends = list(value).stream().map(SettingValues::whole).toList();
        if (ends.size() != 2) {
            throw new IllegalArgumentException();
        }
        return ends;
    }

    static Map<String, ?> object(Object value) {
        if (!(value instanceof Map<?, ?> map)) {
            throw new IllegalArgumentException();
        }
        Map<String, Object> object = new LinkedHashMap<>();
        map.forEach((key, each) -> object.put((String) key, each));
        return object;
    }

    /** A text is JSON here: nothing simpler says as much. */
    static List<Map<String, ?>> objects(Object value) {
        List<Map<String, ?>> objects = new ArrayList<>();
        for (Object each : list(value instanceof SettingText text ? parsed(text) : value)) {
            objects.add(object(each));
        }
        if (objects.isEmpty()) {
            throw new IllegalArgumentException();
        }
        return objects;
    }

    private static Object parsed(SettingText text) {
        try {
            return of("", JsonFile.parse(text.text()));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(e);
        }
    }

    /**
     * {@return the value of JSON as Java has it}
     *
     * @param where its name in messages
     */
    static Object of(String where, JsonNode node) {
        return switch (node.getNodeType()) {
            case BOOLEAN -> node.booleanValue();
            case STRING -> node.textValue();
            case NUMBER -> number(where, node);
            case ARRAY -> {
                List<Object> list = new ArrayList<>();
                node.forEach(each -> list.add(of(where + "[" + list.size() + "]", each)));
                yield list;
            }
            case OBJECT -> {
                Map<String, Object> map = new LinkedHashMap<>();
                node.properties().forEach(each -> map.put(each.getKey(), of(under(where, each.getKey()), each.getValue())));
                yield map;
            }
            default -> throw new SettingException(where + ": expected a value, found " + JsonFile.shown(node));
        };
    }

    private static Object number(String where, JsonNode node) {
        if (node.isIntegralNumber() && node.canConvertToInt()) {
            return node.intValue();
        }
        if (!Double.isFinite(node.doubleValue())) {
            throw new SettingException(where + ": expected a finite number, found " + node.asText());
        }
        return node.doubleValue();
    }

    /** {@return the name in messages of what a key stands for in an object} */
    static String under(String where, String key) {
        return (where.isEmpty() ? "" : where + ".") + JsonFile.oneLine(key);
    }

    /**
     * {@return an immutable copy, in the same order}
     *
     * @throws IllegalArgumentException where it is no value of JSON
     */
    static Object copy(String where, Object value) {
        return switch (value) {
            case Boolean _, Integer _, String _ -> value;
            case Double number when Double.isFinite(number) -> number;
            case List<?> list -> {
                List<Object> copy = new ArrayList<>();
                list.forEach(each -> copy.add(copy(where + "[" + copy.size() + "]", each)));
                yield Collections.unmodifiableList(copy);
            }
            case Map<?, ?> map -> copy(where, map);
            case null, default -> throw new SettingException(where + ": expected a boolean, a string, an Integer, a finite Double, or a"
                    + " list or map of these, found " + value);
        };
    }

    static Map<String, Object> copy(String where, Map<?, ?> map) {
        Map<String, Object> copy = new LinkedHashMap<>();
        map.forEach((key, value) -> {
            if (!(key instanceof String text)) {
                throw new SettingException(where + ": expected strings as keys, found " + key);
            }
            copy.put(text, copy(under(where, text), value));
        });
        return Collections.unmodifiableMap(copy);
    }

    static String shown(Object value) {
        return value instanceof SettingText ? value.toString() : JsonFile.shown(MAPPER.valueToTree(value));
    }
}
