package io.panatorch.cache.settings;

import io.panatorch.cache.CacheMethod;
import java.lang.reflect.InvocationTargetException;
import java.net.URI;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.function.UnaryOperator;

/**
 * A caching method by its name, which is that of a method of this module, such as {@code teacache}; that of a {@link CacheMethodFactory}
 * which {@link ServiceLoader} finds; or {@code class:} and the name of a public class with a public constructor without parameters that
 * is a {@link CacheMethod} or a {@link CacheMethodFactory}. Several with {@code +} between them, such as {@code pab+first-block}, are
 * {@linkplain CacheMethod#both one method}. Classes come from the class loader of the thread.
 */
public final class MethodChoice {

    private static final System.Logger LOGGER = System.getLogger(MethodChoice.class.getName());

    private static final String CLASS = "class:";
    private static final String NONE = "none";

    /** A method of a class that makes it without settings. */
    private record Made(String name, CacheMethod method) implements CacheMethodFactory {

        @Override
        public CacheMethod make(MethodSettings settings) {
            return method;
        }
    }

    private final List<String> names;
    private final List<CacheMethodFactory> factories;

    private MethodChoice(List<String> names, List<CacheMethodFactory> factories) {
        this.names = names;
        this.factories = factories;
    }

    /**
     * Finds what a name says.
     *
     * @throws IllegalArgumentException where it is the name of nothing, or of a class that is no method
     */
    public static MethodChoice of(String name) {
        List<String> names = Arrays.asList(name.split("\\+", -1));
        if (names.size() > 1 && names.contains(NONE)) {
            throw new IllegalArgumentException("expected none alone, found '" + name + "'");
        }
        List<CacheMethodFactory> all = factories();
        return new MethodChoice(names, names.stream().map(each -> one(each, all)).toList());
    }

    /** {@return the names of all methods that are found, those of this module first} */
    public static List<String> known() {
        return factories().stream().map(CacheMethodFactory::name).distinct().toList();
    }

    private static CacheMethodFactory one(String name, List<CacheMethodFactory> all) {
        if (name.startsWith(CLASS)) {
            return ofClass(name);
        }
        return all.stream().filter(factory -> factory.name().equals(name)).findFirst()
                .orElseThrow(() -> new IllegalArgumentException("expected "
                        + String.join(", ", all.stream().map(CacheMethodFactory::name).distinct().toList()) + " or " + CLASS
                        + "NAME, found '" + name + "'"));
    }

    /** Who has one that cannot be loaded on the class path is told so, and gets the others. */
    private static List<CacheMethodFactory> factories() {
        List<CacheMethodFactory> factories = new ArrayList<>(BuiltInMethod.ALL);
        try {
            Iterator<CacheMethodFactory> found = ServiceLoader.load(CacheMethodFactory.class, loader()).iterator();
            while (found.hasNext()) {
                factories.add(found.next());
            }
        } catch (ServiceConfigurationError e) {
            LOGGER.log(System.Logger.Level.WARNING, "a caching method, and what comes after it, is left out: {0}",
                    e.getCause() == null ? e.getMessage() : e.getMessage() + ": " + e.getCause());
        }
        return factories;
    }

    private static ClassLoader loader() {
        ClassLoader loader = Thread.currentThread().getContextClassLoader();
        return loader == null ? ClassLoader.getSystemClassLoader() : loader;
    }

    private static CacheMethodFactory ofClass(String name) {
        String className = name.substring(CLASS.length());
        Object made;
        try {
            Class<?> found = Class.forName(className, true, loader());
            if (!CacheMethod.class.isAssignableFrom(found) && !CacheMethodFactory.class.isAssignableFrom(found)) {
                throw new IllegalArgumentException(name + ": expected a CacheMethod or a CacheMethodFactory, found another class");
            }
            made = found.getConstructor().newInstance();
        } catch (ClassNotFoundException e) {
            throw new IllegalArgumentException(name + ": expected a class on the class path, found none of that name", e);
        } catch (NoSuchMethodException | InstantiationException | IllegalAccessException e) {
            throw new IllegalArgumentException(
                    name + ": expected a public class with a public constructor without parameters, found none", e);
        } catch (InvocationTargetException e) {
            throw new IllegalArgumentException(name + ": its constructor failed: " + e.getCause(), e);
        } catch (LinkageError e) {
            throw new IllegalArgumentException(name + ": cannot be loaded: " + (e.getCause() == null ? e : e.getCause()), e);
        }
        return made instanceof CacheMethodFactory factory ? factory : new Made(name, (CacheMethod) made);
    }

    /** {@return whether a method is this one, or one of those in it} */
    public boolean has(String name) {
        return names.contains(name);
    }

    /** {@return the jars and folders that those methods in it come from which are not of this module} */
    public List<Path> code() {
        return factories.stream().map(factory -> factory instanceof Made made ? made.method.getClass() : factory.getClass())
                .filter(found -> found != BuiltInMethod.class).map(MethodChoice::code).flatMap(Optional::stream).distinct().toList();
    }

    private static Optional<Path> code(Class<?> found) {
        CodeSource source = found.getProtectionDomain().getCodeSource();
        return source == null || source.getLocation() == null || !source.getLocation().getProtocol().equals("file") ? Optional.empty()
                : Optional.of(Path.of(URI.create(source.getLocation().toString())));
    }

    /** {@return the keys of its settings, those of each method in it after those of the one before} */
    public List<MethodSettings.Key> keys() {
        return factories.stream().flatMap(factory -> keys(factory).stream()).toList();
    }

    private static List<MethodSettings.Key> keys(CacheMethodFactory factory) {
        MethodSettings nothing = new MethodSettings(Map.of(), key -> key);
        try {
            factory.make(nothing);
        } catch (RuntimeException e) {
            // One that cannot be without settings has asked for all of them before it says so.
        }
        return nothing.known();
    }

    /**
     * Makes the method. Each in it gets the settings that it knows.
     *
     * @param settings values of JSON and {@link SettingText}, by key
     * @param names of settings in messages, by their keys
     * @throws IllegalArgumentException where a key is of no method, a value is none of the setting, or the methods do not go together
     */
    public CacheMethod make(Map<String, ?> settings, UnaryOperator<String> names) {
        new MethodSettings(settings, names).checkKeys(toString(), keys().stream().map(MethodSettings.Key::name).toList());
        return factories.stream().map(factory -> factory.make(new MethodSettings(own(factory, settings), names)))
                .reduce(CacheMethod::both).orElseThrow();
    }

    private static Map<String, ?> own(CacheMethodFactory factory, Map<String, ?> settings) {
        Map<String, Object> own = new LinkedHashMap<>(settings);
        own.keySet().retainAll(keys(factory).stream().map(MethodSettings.Key::name).toList());
        return own;
    }

    @Override
    public String toString() {
        return String.join("+", names);
    }
}
