package io.panatorch.cogvideox.cli;

import static io.panatorch.cogvideox.cli.Run.tiny;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.panatorch.cache.settings.CacheConfig;
import io.panatorch.cogvideox.Golden;
import io.panatorch.cogvideox.config.Fingerprint;
import io.panatorch.testing.Program;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Commands work with a method that somebody else wrote, on the class path. */
@Tag("cpu")
class OwnMethodTest {

    private static final String CLASSES = """
            package theirs;

            import io.panatorch.cache.*;
            import io.panatorch.cache.settings.*;
            import io.panatorch.tensor.Tensor;
            import java.util.List;
            import java.util.Set;

            /** Computes MLPs at every n-th step. */
            public class EveryNth implements CacheMethod {
                private final int n;
                private EveryNth(int n) { this.n = n; }
                public EveryNth() { this(2); }
                public String name() { return "every-nth"; }
                public Set<SiteKind> kinds() { return Set.of(SiteKind.FEED_FORWARD); }
                public CachePolicy policy(CacheRun run) {
                    return call -> {
                        List<Tensor> outputs = call.step().index() % n == 0 || !call.mayReuse() || call.held().isEmpty()
                                ? call.compute() : call.held();
                        if (call.step().index() == call.step().count() - 1) {
                            call.drop();
                        } else {
                            call.hold(outputs);
                        }
                        return outputs;
                    };
                }

                public static class Factory implements CacheMethodFactory {
                    public String name() { return "every-nth"; }
                    public CacheMethod make(MethodSettings settings) {
                        int[] n = {2};
                        settings.whole("n", "2", value -> n[0] = value);
                        return new EveryNth(n[0]);
                    }
                }
            }
            """;

    @TempDir
    static Path classes;

    private static URLClassLoader loader;
    private static ClassLoader before;

    @TempDir
    Path folder;

    @BeforeAll
    static void load() throws Exception {
        Program.compile(classes, "EveryNth", CLASSES);
        Path services = Files.createDirectories(classes.resolve("META-INF/services"));
        Files.writeString(services.resolve("io.panatorch.cache.settings.CacheMethodFactory"), "theirs.EveryNth$Factory\n");
        loader = new URLClassLoader(new URL[] {classes.toUri().toURL()}, ClassLoader.getSystemClassLoader());
        before = Thread.currentThread().getContextClassLoader();
        Thread.currentThread().setContextClassLoader(loader);
    }

    @AfterAll
    static void unload() throws IOException {
        Thread.currentThread().setContextClassLoader(before);
        loader.close();
    }

    private JsonNode generated(String... options) throws IOException {
        String[] all = tiny("--prompt", "a", "--frames", "1", "--steps", "6", "--output-latents", at("l"), "--stats", at("s.json"));
        String[] arguments = new String[all.length + options.length];
        System.arraycopy(all, 0, arguments, 0, all.length);
        System.arraycopy(options, 0, arguments, all.length, options.length);
        Run run = Run.of(arguments);
        assertThat(run.err()).isEmpty();
        assertThat(run.status()).isZero();
        return new JsonMapper().readTree(folder.resolve("s.json").toFile());
    }

    private static String decisions(JsonNode stats) {
        return stats.get("sites").valueStream().filter(site -> site.get("name").asText().endsWith("0.ff")).findFirst().orElseThrow()
                .get("decisions").asText();
    }

    @Test
    void generateTakesAClass() throws IOException {
        JsonNode stats = generated("--cache", "class:theirs.EveryNth");
        assertThat(stats.get("method").asText()).isEqualTo("every-nth");
        assertThat(decisions(stats)).isEqualTo("CRCRCR");
        JsonNode cache = stats.get("recipe").get("cache");
        assertThat(cache.get("options")).hasToString("[\"--cache=class:theirs.EveryNth\"]");
        assertThat(cache.get("classes").get(classes.toString()).asText()).isEqualTo(Fingerprint.ofInput(classes));
    }

    @Test
    void generateTakesAServiceWithItsSettings() throws IOException {
        assertThat(decisions(generated("--cache", "every-nth", "--cache-option", "n=3"))).isEqualTo("CRRCRR");
        assertThat(decisions(generated("--cache", "class:theirs.EveryNth$Factory", "--cache-option", "n=3"))).isEqualTo("CRRCRR");
        assertThat(decisions(generated("--cache", "pab+every-nth", "--pab-spatial-skip", "2", "--cache-option", "n=4")))
                .isEqualTo("CRRRCR");
    }

    @Test
    void generateTakesItInAFile() throws IOException {
        new CacheConfig("every-nth", Map.of("n", 3)).write(folder.resolve("cache.json"));
        JsonNode stats = generated("--cache-config", at("cache.json"));
        assertThat(decisions(stats)).isEqualTo("CRRCRR");
        assertThat(stats.get("recipe").get("cache").get("classes").has(classes.toString())).isTrue();
    }

    @Test
    void compareTakesItToo() {
        Run run = Run.of("compare", "--model", Golden.folder("t2v-2b").resolve("pipeline").toString(), "--prompt", "a", "--frames", "1",
                "--steps", "4", "--setting", "theirs: --cache class:theirs.EveryNth", "--setting", "--cache every-nth --cache-option n=4");
        assertThat(run.err()).isEmpty();
        assertThat(run.out()).containsPattern("(?m)^theirs .* 8 +8 ").containsPattern("(?m)^every-nth --cache-option n=4 .* 4 +12 ");
        assertThat(CacheOptions.methods()).endsWith("--cache teacache", "--cache every-nth");
    }

    @Test
    void calibrateTriesValuesOfItsSettings() throws IOException {
        Run run = Run.of("calibrate", "--model", Golden.folder("t2v-2b").resolve("pipeline").toString(), "--prompt", "a", "--prompt", "b",
                "--frames", "1", "--steps", "6", "--method", "every-nth", "--vary", "n=2,3,4", "--target-psnr", "1",
                "--output", at("cache.json"));
        assertThat(run.err()).isEmpty();
        CacheConfig config = CacheConfig.read(folder.resolve("cache.json"));
        assertThat(config.name()).isEqualTo("every-nth");
        assertThat(config.settings()).containsOnlyKeys("n");
        assertThat(config.settings().get("n")).isIn(2, 3, 4);
        assertThat(decisions(generated("--cache-config", at("cache.json")))).startsWith("CR");
    }

    @Test
    void helpListsItsSettings() {
        assertThat(Run.of("generate", "--help").out()).contains("  --cache every-nth\n      n=N (default: 2)\n");
    }

    private String at(String name) {
        return folder.resolve(name).toString();
    }
}
