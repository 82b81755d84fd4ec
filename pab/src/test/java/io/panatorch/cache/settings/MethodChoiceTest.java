package io.panatorch.cache.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.panatorch.cache.CacheMethod;
import io.panatorch.testing.Logged;
import io.panatorch.testing.Program;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Methods of others are classes of a class path, as those of a user are: in no module, and known to nobody here. */
@Tag("pure")
class MethodChoiceTest {

    private static final String CLASSES = """
            package theirs;

            import io.panatorch.cache.*;
            import io.panatorch.cache.settings.*;
            import java.util.Set;

            public class Mine implements CacheMethod {
                private final double strength;
                private Mine(double strength) { this.strength = strength; }
                public Mine() { this(1); }
                public String name() { return "mine"; }
                public Set<SiteKind> kinds() { return Set.of(SiteKind.FEED_FORWARD); }
                public CachePolicy policy(CacheRun run) { return SiteCall::compute; }
                public String toString() { return "Mine[" + strength + "]"; }

                public static class Factory implements CacheMethodFactory {
                    public String name() { return "mine"; }
                    public CacheMethod make(MethodSettings settings) {
                        double[] strength = {2};
                        settings.number("strength", "2", value -> strength[0] = value);
                        return new Mine(strength[0]);
                    }
                }

                public static class Careless implements CacheMethodFactory {
                    public String name() { return "careless"; }
                    public CacheMethod make(MethodSettings settings) {
                        String[] needed = new String[1];
                        settings.text("needed", "TEXT", "none", text -> needed[0] = text);
                        return new Mine(needed[0].length());
                    }
                }

                public static class NeedsMore extends Mine {
                    public NeedsMore(int number) {}
                }

                public static class Fails extends Mine {
                    public Fails() { throw new IllegalStateException("no luck"); }
                }

                public static class FailsAtOnce extends Mine {
                    static { fail(); }
                    static void fail() { throw new IllegalStateException("no luck at all"); }
                }

                static class Hidden extends Mine {
                    public Hidden() {}
                }

                public abstract static class Half extends Mine {
                    public Half() {}
                }

                public static class Other {}
            }
            """;

    @TempDir
    static Path folder;

    private static URLClassLoader loader;

    private final ClassLoader before = Thread.currentThread().getContextClassLoader();

    @BeforeAll
    static void compile() throws Exception {
        Program.compile(folder, "Mine", CLASSES);
        loader = new URLClassLoader(new URL[] {folder.toUri().toURL()}, ClassLoader.getSystemClassLoader());
    }

    @AfterAll
    static void close() throws Exception {
        loader.close();
    }

    @BeforeEach
    void load() throws Exception {
        services("theirs.Mine$Factory\n");
        Thread.currentThread().setContextClassLoader(loader);
    }

    private static void services(String names) throws Exception {
        Path services = Files.createDirectories(folder.resolve("META-INF/services"));
        Files.writeString(services.resolve(CacheMethodFactory.class.getName()), names);
    }

    @AfterEach
    void restore() {
        Thread.currentThread().setContextClassLoader(before);
    }

    private static CacheMethod made(String name, Map<String, ?> settings) {
        return MethodChoice.of(name).make(settings, key -> "--" + key);
    }

    @ParameterizedTest
    @CsvSource({"class:theirs.Mine, Mine[1.0]", "mine, Mine[2.0]", "class:theirs.Mine$Factory, Mine[2.0]",
        "first-block+class:theirs.Mine, FirstBlockCache[threshold 0.05] + Mine[1.0]",
        "mine+first-block, Mine[2.0] + FirstBlockCache[threshold 0.05]"})
    void amongThemAreMethodsOfOthers(String name, String method) {
        assertThat(made(name, Map.of())).hasToString(method);
        assertThat(MethodChoice.of(name)).hasToString(name);
        assertThat(new CacheConfig(name, Map.of()).method()).hasToString(method);
    }

    @Test
    void theirSettingsAreAsThoseOfTheModules() {
        assertThat(made("mine", Map.of("strength", new SettingText("7")))).hasToString("Mine[7.0]");
        assertThat(made("class:theirs.Mine$Factory+first-block", Map.of("strength", 7, "threshold", 3)))
                .hasToString("Mine[7.0] + FirstBlockCache[threshold 3.0]");
        assertThat(MethodChoice.of("mine").keys()).hasToString("[strength=X (default: 2)]");
        assertThat(MethodChoice.of("class:theirs.Mine").keys()).isEmpty();
        assertThat(MethodChoice.of("class:theirs.Mine$Careless").keys()).as("fails without settings").hasToString(
                "[needed=TEXT (default: none)]");
        assertThatIllegalArgumentException().isThrownBy(() -> made("class:theirs.Mine", Map.of("strength", 7)))
                .withMessage("--strength: expected no setting of class:theirs.Mine, found this key");
    }

    @Test
    void ofSeveralEachGetsWhatItKnows() {
        assertThat(MethodChoice.of("taylorseer+mine").keys()).extracting(MethodSettings.Key::name).startsWith("cache-interval")
                .endsWith("use-lite-mode", "strength");
        assertThatIllegalArgumentException().isThrownBy(() -> made("first-block+mine", Map.of("threshold", 1, "treshold", 1)))
                .withMessage("--treshold: expected one of threshold, first-blocks, last-blocks, forecast-order, strength of first-block+mine, found this"
                        + " key");
        assertThatIllegalArgumentException().isThrownBy(() -> made("magcache+mine", Map.of("strength", 1)))
                .withMessage("--ratios: expected the numbers that a calibration of MagCache gives, found none");
    }

    @Test
    void saysWhereMethodsOfOthersComeFrom() {
        assertThat(MethodChoice.of("pab+first-block").code()).isEmpty();
        assertThat(MethodChoice.of("class:theirs.Mine+mine+first-block").code()).containsExactly(folder);
    }

    @Test
    void hasTheMethodsThatItNames() {
        MethodChoice choice = MethodChoice.of("pab+first-block");
        assertThat(List.of(choice.has("pab"), choice.has("first-block"), choice.has("teacache"))).containsExactly(true, true, false);
        assertThat(MethodChoice.known())
                .containsExactly("none", "pab", "faster", "first-block", "magcache", "taylorseer", "teacache", "mine");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "best | expected none, pab, faster, first-block, magcache, taylorseer, teacache, mine or class:NAME, found 'best'",
        "pab+ | expected none, pab, faster, first-block, magcache, taylorseer, teacache, mine or class:NAME, found ''",
        "pab+none | expected none alone, found 'pab+none'",
        "class:theirs.Nobody | class:theirs.Nobody: expected a class on the class path, found none of that name",
        "class: | class:: expected a class on the class path, found none of that name",
        "class:theirs.mine | class:theirs.mine: expected a class on the class path, found none of that name",
        "class:theirs.Mine$Other | class:theirs.Mine$Other: expected a CacheMethod or a CacheMethodFactory, found another class",
        "class:theirs.Mine$NeedsMore | class:theirs.Mine$NeedsMore: expected a public class with a public constructor without parameters,"
                + " found none",
        "class:theirs.Mine$Hidden | class:theirs.Mine$Hidden: expected a public class with a public constructor without parameters,"
                + " found none",
        "class:theirs.Mine$Half | class:theirs.Mine$Half: expected a public class with a public constructor without parameters, found none",
        "class:theirs.Mine$Fails | class:theirs.Mine$Fails: its constructor failed: java.lang.IllegalStateException: no luck",
        "class:theirs.Mine$FailsAtOnce | class:theirs.Mine$FailsAtOnce: cannot be loaded: java.lang.IllegalStateException: no luck at all"})
    void whatIsNoMethodIsRefused(String name, String message) {
        assertThatIllegalArgumentException().isThrownBy(() -> MethodChoice.of(name)).withMessage(message);
    }

    /** It would be in the way of every command, also of those that do not want it. */
    @Test
    void aFactoryThatCannotBeLoadedIsLeftOutWithAWarning() throws Exception {
        services("theirs.Mine$Factory\ntheirs.Gone\n");
        try (Logged logged = new Logged(MethodChoice.class)) {
            assertThat(MethodChoice.known()).endsWith("teacache", "mine");
            assertThat(logged.messages()).containsExactly("WARNING: a caching method, and what comes after it, is left out: "
                    + CacheMethodFactory.class.getName() + ": Provider theirs.Gone not found");
        }
    }
}
