package io.panatorch.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The page of promises names tests that there are, at least one for each. */
@Tag("pure")
class PromisesTest {

    private static final Path CORE = Path.of(System.getProperty("basedir", "core"));
    private static final Pattern NAME = Pattern.compile("`(\\w+Test|smoke\\.c)`");

    private static List<String> namesOfTests() throws IOException {
        try (Stream<Path> files = Stream.concat(Files.walk(CORE.resolve("../bindings/src/test")),
                Stream.concat(Files.walk(CORE.resolve("src/test")), Files.walk(CORE.resolve("../native/test"))))) {
            return files.map(file -> file.getFileName().toString().replace(".java", "")).toList();
        }
    }

    @Test
    void everyPromiseHasItsTests() throws IOException {
        List<String> tests = namesOfTests();
        List<String> promises = Files.readAllLines(CORE.resolve("PROMISES.md")).stream()
                .filter(line -> line.startsWith("| ") && !line.startsWith("| promise"))
                .toList();
        assertThat(promises).hasSizeGreaterThan(10).allSatisfy(promise -> {
            String held = promise.substring(promise.lastIndexOf(" | "));
            assertThat(NAME.matcher(held).results().map(found -> found.group(1))).isNotEmpty().isSubsetOf(tests);
        });
    }
}
