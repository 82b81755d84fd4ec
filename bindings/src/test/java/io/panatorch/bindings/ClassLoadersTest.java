package io.panatorch.bindings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Applications that are deployed again or beside each other: one JVM, several class loaders with these classes. */
@Tag("cpu")
class ClassLoadersTest {

    @TempDir
    private Path temp;

    private static List<String> lines(String... options) {
        ChildJvm.Result result = ChildJvm.run(ChildJvm.options(options), ClassLoadersMain.class);
        assertThat(result.exit()).as(result.err()).isZero();
        return result.out().lines().toList();
    }

    @Test
    void severalComputeAndAnotherAfterTheyAreCollected() {
        List<String> lines = lines();

        assertThat(lines).hasSize(6);
        assertThat(lines.get(0)).startsWith("1.0 by 2.").contains(" from org.bytedeco:pytorch on the class path in ");
        assertThat(lines.get(2)).isEqualTo(lines.get(0));
        assertThat(lines.get(3)).isEqualTo("collected 2");
        String later = lines.get(0).replace("org.bytedeco:pytorch on the class path", "loaded before in this process");
        assertThat(lines.get(4)).as("while another class loader loads").isEqualTo("third BLOCKED");
        assertThat(List.of(lines.get(1), lines.get(5))).containsOnly(later);
    }

    /** Builds of the shim keep apart; libtorch cannot, so the others take the first one's, and say so where another is named. */
    @Test
    void anotherBuildOfTheShimTakesTheLibtorchThatIsThere() throws IOException {
        Path natives = Path.of(System.getProperty("panatorch.natives"));
        assumeTrue(Files.isDirectory(natives.resolve("oldest")), "unpacked by the build of the native module");
        Path first = Files.createDirectory(temp.resolve("oldest"));
        Path second = Files.createDirectory(temp.resolve("shipped"));
        ChildJvm.Result result;
        try (var oldest = LibraryLinks.libtorch(first, natives, "oldest");
                var shipped = LibraryLinks.libtorch(second, natives, "shipped")) {
            result = ChildJvm.run(ChildJvm.options(), OtherShimMain.class, temp.toString(), oldest.folder().toString(),
                    shipped.folder().toString(), oldest.folder().toString(), "");
        }

        assertThat(result.exit()).as(result.err()).isZero();
        String later = "1.0 by 2.10.0 from loaded before in this process in " + first;
        assertThat(result.out().lines()).containsExactly("1.0 by 2.10.0 from -Dpanatorch.libtorch in " + first, later, later,
                later, "shims [cache1, cache2, cache3, cache4]");
        assertThat(result.err())
                .containsOnlyOnce("is not used")
                .contains("-Dpanatorch.libtorch names " + second + ", which is not used: this process has libtorch 2.10.0"
                        + " from " + first + " already, and cannot have two");
        try (Stream<Path> unpacked = Files.list(temp.resolve("cache4"))) {
            assertThat(unpacked).as("that of the class path is not unpacked")
                    .allMatch(path -> path.getFileName().toString().startsWith("shim-"));
        }
    }
}
