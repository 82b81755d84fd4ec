package io.panatorch.bindings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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

        assertThat(lines).hasSize(5);
        assertThat(lines.get(0)).startsWith("1.0 by 2.").contains(" from org.bytedeco:pytorch on the class path in ");
        assertThat(lines.get(2)).isEqualTo(lines.get(0));
        assertThat(lines.get(3)).isEqualTo("collected 2");
        String later = lines.get(0).replace("org.bytedeco:pytorch on the class path", "loaded before in this process");
        assertThat(List.of(lines.get(1), lines.get(4))).containsOnly(later);
    }

    /** Two builds of the shim keep apart; libtorch cannot, so the second takes the first one's. */
    @Test
    void anotherBuildOfTheShimTakesTheLibtorchThatIsThere() throws IOException {
        Path natives = Path.of(System.getProperty("panatorch.natives"));
        assumeTrue(Files.isDirectory(natives.resolve("oldest")), "unpacked by the build of the native module");
        Path first = Files.createDirectory(temp.resolve("oldest"));
        Path second = Files.createDirectory(temp.resolve("shipped"));
        ChildJvm.Result result;
        try (var oldest = LibraryLinks.libtorch(first, natives, "oldest");
                var shipped = LibraryLinks.libtorch(second, natives, "shipped")) {
            result = ChildJvm.run(ChildJvm.options(), OtherShimMain.class, oldest.folder().toString(),
                    shipped.folder().toString(), temp.toString());
        }

        assertThat(result.exit()).as(result.err()).isZero();
        assertThat(result.out().lines()).containsExactly(
                "1.0 by 2.10.0 from -Dpanatorch.libtorch in " + first,
                "1.0 by 2.10.0 from loaded before in this process in " + first,
                "shims [cache0, cache1]");
    }
}
