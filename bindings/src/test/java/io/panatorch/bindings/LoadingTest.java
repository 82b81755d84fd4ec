package io.panatorch.bindings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How loading goes, and how it fails, each in a process of its own. */
@Tag("cpu")
class LoadingTest {

    private static final String DENY = "--illegal-native-access=deny";

    @TempDir
    private Path temp;

    /** Compiles a library that takes libtorch's name. */
    private void compileLibtorch(String source) throws Exception {
        Compiler.library(temp.resolve("libtorch_cpu.so"), "#include <stdint.h>\n" + source + "\n");
    }

    private String refusal() {
        ChildJvm.Result result = ChildJvm.run(ChildJvm.options("-Dpanatorch.libtorch=" + temp), LoadMain.class);
        assertThat(result.err()).isEmpty();
        assertThat(result.exit()).isEqualTo(3);
        return result.out().strip();
    }

    @Test
    void tooOldALibtorchIsNamedWithItsVersion() throws Exception {
        compileLibtorch("uint64_t aoti_torch_abi_version(void) { return 2ull << 56 | 9ull << 48 | 1ull << 40; }");
        assertThat(refusal()).isEqualTo(temp + "/libtorch_cpu.so is libtorch 2.9.1: libtorch 2.10 or later is needed"
                + " (libtorch from -Dpanatorch.libtorch)");
    }

    @Test
    void aLibraryThatIsNoLibtorch() throws Exception {
        compileLibtorch("int nothing;");
        assertThat(refusal()).isEqualTo(temp + "/libtorch_cpu.so is not a libtorch from 2.9 on (aoti_torch_abi_version is"
                + " missing): libtorch 2.10 or later is needed (libtorch from -Dpanatorch.libtorch)");
    }

    @Test
    void missingFunctionsAreNamed() throws Exception {
        compileLibtorch("uint64_t aoti_torch_abi_version(void) { return 2ull << 56 | 20ull << 48; }");
        assertThat(refusal())
                .matches("\\Q" + temp + "/libtorch_cpu.so lacks \\E\\d\\d functions of libtorch's stable C ABI that"
                        + " Panatorch needs: torch_call_dispatcher, torch_new_list_reserve_size, .*aoti_torch_dtype_bool"
                        + " \\(libtorch from -Dpanatorch.libtorch\\)")
                .doesNotContain("aoti_torch_abi_version");
    }

    @Test
    void aFileThatIsNoLibrary() throws IOException {
        Files.writeString(temp.resolve("libtorch_cpu.so"), "version https://git-lfs.github.com/spec/v1");
        assertThat(refusal())
                .startsWith("cannot load " + temp + "/libtorch_cpu.so: ")
                .contains(temp.toString())
                .hasLineCount(1);
    }

    @Test
    void theEnvironmentIsReadToo() {
        ChildJvm.Result result = ChildJvm.start(
                        ChildJvm.command(ChildJvm.options(), LoadMain.class), Map.of("LIBTORCH", temp.toString()))
                .await();
        assertThat(result.out()).startsWith("no libtorch where environment variable LIBTORCH points: ");
    }

    @Test
    void noClassOfTheNativesJarsIsLoadedAndNoJniLibrary() throws IOException {
        Path log = temp.resolve("classes.log");
        ChildJvm.Result result =
                ChildJvm.run(ChildJvm.options("-Xlog:class+load=info:file=" + log), LoadMain.class);

        assertThat(result.err()).isEmpty();
        assertThat(result.out()).contains("mapped libtorch_cpu.so", "mapped libpanatorch.so", "mapped libopenblas.so.0");
        assertThat(result.out().lines().filter(line -> line.startsWith("mapped libjni"))).isEmpty();
        assertThat(Files.readString(log)).contains("io.panatorch.bindings.Libtorch ").doesNotContain("bytedeco");
    }

    @Test
    void withoutNativeAccessTheFlagIsNamed() {
        assumeTrue(Runtime.version().feature() >= 24, "releases before 24 only warn");
        ChildJvm.Result result = ChildJvm.run(List.of(DENY), LoadMain.class);

        assertThat(result.exit()).isEqualTo(3);
        assertThat(result.err()).isEmpty();
        assertThat(result.out())
                .isEqualTo("native access is not allowed: start java with --enable-native-access=ALL-UNNAMED\n");
    }

    @Test
    void withoutNativeAccessTheModuleIsNamed() {
        assumeTrue(Runtime.version().feature() >= 24, "releases before 24 only warn");
        String classes = System.getProperty("java.class.path");
        String tests = classes.substring(0, classes.indexOf(File.pathSeparator));
        List<String> command = List.of(ChildJvm.java(), DENY, "-cp", classes, "-p", System.getProperty("jdk.module.path"),
                "--patch-module", "io.panatorch.bindings=" + tests, "-m", "io.panatorch.bindings/" + LoadMain.class.getName());

        ChildJvm.Result result = ChildJvm.start(command, Map.of()).await();

        assertThat(result.out() + result.err())
                .isEqualTo("native access is not allowed: start java with --enable-native-access=io.panatorch.bindings\n");
    }

    /** The same shim on the oldest libtorch: from a folder, with other ways of passing optional arguments. */
    @Test
    void theOldestLibtorch() throws IOException {
        Path natives = Path.of(System.getProperty("panatorch.natives"));
        assumeTrue(Files.isDirectory(natives.resolve("oldest")), "unpacked by the build of the native module");
        ChildJvm.Result result;
        try (var libtorch = LibraryLinks.libtorch(temp, natives, "oldest")) {
            result = ChildJvm.run(ChildJvm.options("-Dpanatorch.libtorch=" + libtorch.folder()), OldestMain.class);
        }

        assertThat(result.exit()).as(result.err()).isZero();
        List<String> lines = new ArrayList<>(result.out().lines().toList());
        String grown = lines.removeLast();
        assertThat(lines).containsExactly("version 2.10.0", "has error text false", "gelu 0.8412", "norm 1.0000",
                "matmul 1.0000", "refused: aten::matmul: libtorch refused it and printed the reason to stderr (only 2.13 and"
                        + " later hand it over)");
        assertThat(result.err()).contains("mat1 and mat2 shapes cannot be multiplied");
        // A thousand megabytes went through; one leaked reference in each round would keep them.
        assertThat(Long.parseLong(grown.replace("grown ", ""))).isLessThan(50_000);
    }
}
