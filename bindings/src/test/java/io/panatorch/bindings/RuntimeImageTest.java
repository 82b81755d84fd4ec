package io.panatorch.bindings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An image that jlink makes of this module, with the native parts in it. */
@Tag("cpu")
class RuntimeImageTest {

    @TempDir
    private static Path temp;

    private static Path image;
    private static Path natives;

    @BeforeAll
    static void link() throws Exception {
        Path jdk = Path.of(System.getProperty("java.home"));
        Path jlink = jdk.resolve("bin").resolve("jlink");
        assumeTrue(Files.isExecutable(jlink), "this JDK has no jlink");
        boolean linkable = Files.isDirectory(jdk.resolve("jmods")) || Runtime.version().feature() >= 24;
        assumeTrue(linkable, "this JDK has no modules to link");
        image = temp.resolve("image");
        Path log = temp.resolve("jlink.log");
        Process process = new ProcessBuilder(jlink.toString(), "--add-modules", "io.panatorch.bindings", "--module-path",
                        System.getProperty("jdk.module.path"), "--output", image.toString())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        assertThat(process.waitFor()).as(Files.readString(log)).isZero();
        natives = Files.createDirectory(image.resolve("lib").resolve("panatorch"));
    }

    private ChildJvm.Result run(Map<String, String> environment) {
        String classes = System.getProperty("java.class.path");
        String tests = classes.substring(0, classes.indexOf(File.pathSeparator));
        List<String> command = List.of(image.resolve("bin/java").toString(), "-Dpanatorch.cache=" + temp.resolve("cache"),
                "--enable-native-access=io.panatorch.bindings", "--patch-module", "io.panatorch.bindings=" + tests,
                "-m", "io.panatorch.bindings/" + LoadMain.class.getName());
        return ChildJvm.start(command, environment).await();
    }

    @Test
    void itsNativePartsAreLoadedFromWhereTheyLie() throws Exception {
        Libtorch unpacked = Libtorch.load();
        ChildJvm.Result result;
        ChildJvm.Result named;
        try (var _ = LibraryLinks.in(natives, unpacked.folder(), unpacked.shim().getParent())) {
            result = run(Map.of());
            named = run(Map.of("LIBTORCH", temp.toString()));
        }

        assertThat(result.exit()).as(result.out() + result.err()).isZero();
        assertThat(result.out()).contains("source the run-time image", "folder " + natives, "shim " + natives);
        assertThat(temp.resolve("cache")).as("nothing is unpacked").doesNotExist();
        assertThat(named.out()).startsWith("no libtorch where environment variable LIBTORCH points: ");
    }

    @Test
    void withoutThemTheMessageNamesTheFolder() {
        assertThat(run(Map.of()).out())
                .isEqualTo("no native part for this platform: there is neither libpanatorch.so in " + natives
                        + " nor panatorch/linux-x86_64/libpanatorch.so on the class path; panatorch-native must be there,"
                        + " built for linux-x86_64\n");
    }
}
