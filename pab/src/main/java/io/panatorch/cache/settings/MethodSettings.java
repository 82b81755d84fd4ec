package io.panatorch.cache.settings;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.DoubleConsumer;
import java.util.function.Function;
import java.util.function.IntConsumer;
import java.util.function.UnaryOperator;

/**
 * What was set of a method. The method asks for each of its settings by its key, and says of what kind it is, what it is unless set, and
 * what becomes of it; keys in help and in messages, what a command line takes and what a file may say all come from there. Every such
 * method returns whether the setting is there.
 *
 * <p>A value is a text from a command line or a value of JSON. One of another kind, one that its consumer refuses by an {@link
 * IllegalArgumentException}, and a key that nobody asks for are refused with a message that names the key, what was expected, and what was
 * found.
 *
 * <table>
 * <caption>Kinds of settings</caption>
 * <tr><th>kind</th><th>on a command line</th><th>in JSON</th></tr>
 * <tr><td>{@link #whole}</td><td>{@code 3}</td><td>{@code 3}</td></tr>
 * <tr><td>{@link #number}</td><td>{@code 0.25}</td><td>{@code 0.25}</td></tr>
 * <tr><td>{@link #flag}</td><td>{@code true}</td><td>{@code true}</td></tr>
 * <tr><td>{@link #text}</td><td>{@code blocks\.[01]}</td><td>{@code "blocks\\.[01]"}</td></tr>
 * <tr><td>{@link #choice}</td><td>{@code float32}</td><td>{@code "float32"}</td></tr>
 * <tr><td>{@link #wholes}</td><td>{@code 1,2,3}</td><td>{@code [1, 2, 3]}</td></tr>
 * <tr><td>{@link #numbers}</td><td>{@code 1,0.9}</td><td>{@code [1, 0.9]}</td></tr>
 * <tr><td>{@link #range}</td><td>{@code 100,850}</td><td>{@code [100, 850]}</td></tr>
 * <tr><td>{@link #objects}</td><td>the same JSON</td><td>{@code [{"layers": [1, 2]}]}</td></tr>
 * </table>
 */
public final class MethodSettings {

    /**
     * A setting of a method, for help.
     *
     * @param name what it is called
     * @param placeholder what stands for its value
     * @param standard what it is unless set: a value, or words where no value says so
     */
    public record Key(String name, String placeholder, String standard) {

        @Override
        public String toString() {
            return name + "=" + placeholder + " (default: " + standard + ")";
        }
    }

    /**
     * What a value may be.
     *
     * @param placeholder in a help
     * @param words in an error
     * @param reader throws an {@link IllegalArgumentException} where it is another
     */
    private record Kind<T>(String placeholder, String words, Function<Object, T> reader) {

        static final Kind<Integer> WHOLE = new Kind<>("N", "a whole number", SettingValues::whole);
        static final Kind<Double> NUMBER = new Kind<>("X", "a finite number", SettingValues::number);
        static final Kind<Boolean> FLAG = new Kind<>("true|false", "true or false", SettingValues::flag);
        static final Kind<List<Integer>> WHOLES =
                new Kind<>("N,...", "whole numbers", value -> elements(value, SettingValues::whole));
        static final Kind<List<Double>> NUMBERS =
                new Kind<>("X,...", "finite numbers", value -> elements(value, SettingValues::number));
        static final Kind<List<Integer>> RANGE = new Kind<>("LO,HI", "two whole numbers LO,HI", SettingValues::range);
        static final Kind<List<Map<String, ?>>> OBJECTS =
                new Kind<>("[{...},...]", "an array of one object or more", SettingValues::objects);
        static final Kind<Map<String, ?>> OBJECT = new Kind<>("{...}", "an object", SettingValues::object);

        private static <T> List<T> elements(Object value, Function<Object, T> reader) {
            return SettingValues.list(value).stream().map(element -> reader.apply(element)).toList();
        }
    }

    /** Choices that fit into a line of help. */
    private static final int MOST_SHOWN = 4;

    private final Map<String, ?> values;
    private final UnaryOperator<String> names;
    private final List<Key> known = new ArrayList<>();

    /** @param names of settings in messages, by their keys */
    MethodSettings(Map<String, ?> values, UnaryOperator<String> names) {
        this.values = values;
        this.names = names;
    }

    /** {@return those that were asked for} */
    List<Key> known() {
        return known;
    }

    /** Asks for a whole number of 32 bits. */
    public boolean whole(String key, String standard, IntConsumer setting) {
        return set(key, Kind.WHOLE, standard, setting::accept);
    }

    /** Asks for a finite number. */
    public boolean number(String key, String standard, DoubleConsumer setting) {
        return set(key, Kind.NUMBER, standard, setting::accept);
    }

    /** Asks for true or false. */
    public boolean flag(String key, String standard, Consumer<Boolean> setting) {
        return set(key, Kind.FLAG, standard, setting);
    }

    /**
     * Asks for a text.
     *
     * @param placeholder what stands for it in a help, such as {@code REGEX}
     */
    public boolean text(String key, String placeholder, String standard, Consumer<String> setting) {
        return set(key, new Kind<>(placeholder, "a string", SettingValues::text), standard, setting);
    }

    /** Asks for one of some texts. */
    public boolean choice(String key, List<String> choices, String standard, Consumer<String> setting) {
        Kind<String> kind = new Kind<>(choices.size() > MOST_SHOWN ? "NAME" : String.join("|", choices),
                (choices.size() == 1 ? "" : "one of ") + String.join(", ", choices), value -> {
            String text = SettingValues.text(value);
            if (!choices.contains(text)) {
                throw new IllegalArgumentException();
            }
            return text;
        });
        return set(key, kind, standard, setting);
    }

    /** Asks for whole numbers. */
    public boolean wholes(String key, String standard, Consumer<List<Integer>> setting) {
        return set(key, Kind.WHOLES, standard, setting);
    }

    /** Asks for finite numbers. */
    public boolean numbers(String key, String standard, Consumer<List<Double>> setting) {
        return set(key, Kind.NUMBERS, standard, setting);
    }

    /** Asks for two whole numbers, of which its consumer says what they bound. */
    public boolean range(String key, String standard, BiConsumer<Integer, Integer> setting) {
        return set(key, Kind.RANGE, standard, range -> setting.accept(range.get(0), range.get(1)));
    }

    /**
     * Asks for one object or more.
     *
     * @param setting takes each, and asks for its keys likewise
     */
    public boolean objects(String key, String standard, Consumer<MethodSettings> setting) {
        return set(key, Kind.OBJECTS, standard, objects -> {
            for (int i = 0; i < objects.size(); i++) {
                nested(name(key) + "[" + i + "]", objects.get(i), setting);
            }
        });
    }

    /** Asks for one object. */
    boolean object(String key, String standard, Consumer<MethodSettings> setting) {
        return set(key, Kind.OBJECT, standard, object -> nested(name(key), object, setting));
    }

    private static void nested(String name, Map<String, ?> values, Consumer<MethodSettings> setting) {
        MethodSettings nested = new MethodSettings(values, key -> SettingValues.under(name, key));
        try {
            setting.accept(nested);
        } catch (SettingException e) {
            throw e;
        } catch (IllegalArgumentException e) {
            throw new SettingException(name + ": " + e.getMessage(), e);
        }
        nested.checkKeys();
    }

    /** {@return the keys that are there} */
    Iterable<String> keys() {
        return values.keySet();
    }

    /** Takes all as one value, whatever is in it. */
    Map<String, ?> all() {
        values.keySet().forEach(key -> known.add(new Key(key, "", "")));
        return values;
    }

    /** {@return what a setting is called in messages: for who wrote it on a command line, its option} */
    public String name(String key) {
        return names.apply(key);
    }

    /**
     * {@return the exception for a setting without which there is no method, to be thrown once all others were asked for}
     *
     * @param expected completes "expected …"
     */
    public IllegalArgumentException missing(String key, String expected) {
        checkKeys();
        return new SettingException(name(key) + ": expected " + expected + ", found none");
    }

    /** Refuses what nobody has asked for. */
    void checkKeys() {
        checkKeys("", known.stream().map(Key::name).toList());
    }

    /** @param what has these keys, or an empty text where that is clear */
    void checkKeys(String what, List<String> names) {
        for (String key : values.keySet()) {
            if (!names.contains(key)) {
                throw new SettingException(name(key) + ": expected "
                        + (names.isEmpty() ? "no setting" : "one of " + String.join(", ", names))
                        + (what.isEmpty() ? "" : " of " + what) + ", found this key");
            }
        }
    }

    private <T> boolean set(String key, Kind<T> kind, String standard, Consumer<T> setting) {
        known.add(new Key(key, kind.placeholder, standard));
        Object value = values.get(key);
        if (value == null) {
            return false;
        }
        T read;
        try {
            read = kind.reader.apply(value);
        } catch (IllegalArgumentException e) {
            throw new SettingException(name(key) + ": expected " + kind.words + ", found " + SettingValues.shown(value), e);
        }
        try {
            setting.accept(read);
        } catch (SettingException e) {
            throw e;
        } catch (IllegalArgumentException e) {
            throw refused(key, e);
        }
        return true;
    }

    /** What a method calls the setting gives way to what it was called where it was set. */
    private SettingException refused(String key, IllegalArgumentException e) {
        String message = String.valueOf(e.getMessage());
        int expected = message.indexOf(": expected ");
        return new SettingException(name(key) + (expected < 0 ? ": " + message : message.substring(expected)), e);
    }
}
