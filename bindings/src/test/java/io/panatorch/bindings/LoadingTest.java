package io.panatorch.bindings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;
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

    /** What each of six callers is told, on four threads, before and after: the same, by an exception of its own. */
    private static String reason(List<String> command, Map<String, String> environment) {
        ChildJvm.Result result = ChildJvm.start(command, environment).await();
        assertThat(result.err()).isEmpty();
        List<String> lines = result.out().lines().toList();
        assertThat(lines).hasSize(2).startsWith("6 exceptions");
        assertThat(lines.get(1)).startsWith(LibtorchLoadException.class.getName() + ": ");
        return lines.get(1).substring(lines.get(1).indexOf(' ') + 1);
    }

    private static List<String> reasonCommand(String... options) {
        return new ArrayList<>(ChildJvm.command(ChildJvm.options(options), ReasonMain.class));
    }

    /** Without a look at the file, the system's loader ends the process by SIGBUS. */
    @Test
    void aLibraryThatIsCutOff() throws Exception {
        compileLibtorch("int nothing;");
        byte[] whole = Files.readAllBytes(temp.resolve("libtorch_cpu.so"));
        Files.write(temp.resolve("libtorch_cpu.so"), Arrays.copyOf(whole, whole.length / 2));
        assertThat(reason(reasonCommand("-Dpanatorch.libtorch=" + temp), Map.of()))
                .isEqualTo("cannot load " + temp + "/libtorch_cpu.so: it is cut off: it has " + whole.length / 2
                        + " bytes, expected " + whole.length
                        + " by its own header; copy it anew (libtorch from -Dpanatorch.libtorch)");
    }

    @Test
    void aLibraryBesideItThatIsCutOff() throws Exception {
        Path natives = Path.of(System.getProperty("panatorch.natives"));
        assumeTrue(Files.isDirectory(natives.resolve("shipped")), "unpacked by the build of the native module");
        try (var libtorch = LibraryLinks.libtorch(temp, natives, "shipped")) {
            Path blas = libtorch.folder().resolve("libopenblas.so.0");
            long size = Files.size(blas);
            Path part = Files.createTempFile(temp, "part", ".so");
            try (var in = Files.newInputStream(blas)) {
                Files.write(part, in.readNBytes(1 << 20));
            }
            Files.move(part, blas, StandardCopyOption.REPLACE_EXISTING);
            assertThat(refusal()).isEqualTo("cannot load " + blas + ": it is cut off: it has " + (1 << 20)
                    + " bytes, expected " + size + " by its own header; copy it anew (libtorch from -Dpanatorch.libtorch)");
        }
    }

    @Test
    void aLibraryOfZeros() throws IOException {
        Files.write(temp.resolve("libtorch_cpu.so"), new byte[1 << 20]);
        assertThat(refusal()).isEqualTo("cannot load " + temp + "/libtorch_cpu.so: " + temp
                + "/libtorch_cpu.so: invalid ELF header (libtorch from -Dpanatorch.libtorch)");
    }

    /** Such as an older one, whose jar comes first. */
    @Test
    void aShimOfAnotherVersion() throws Exception {
        Path jar = Files.createDirectory(temp.resolve("older"));
        Path folder = Files.createDirectories(jar.resolve("panatorch").resolve(Platform.current()));
        Path shim = Compiler.library(folder.resolve("libpanatorch.so"), "const char *pt_version(void) { return \"0.0.1\"; }");
        List<String> command = reasonCommand("-Dpanatorch.cache=" + temp.resolve("cache"));
        int classPath = command.indexOf("-cp") + 1;
        command.set(classPath, jar + File.pathSeparator + command.get(classPath));

        assertThat(reason(command, Map.of())).matches("cannot load the native part: \\Q" + shim.toUri().toURL() + "\\E lacks"
                + " \\d\\d of its functions, such as pt_add: panatorch-native must be of the same version as"
                + " panatorch-bindings, and first on the class path");
    }

    @Test
    void withoutOpenblasTheDependencyIsNamed() {
        List<String> command = reasonCommand();
        int classPath = command.indexOf("-cp") + 1;
        command.set(classPath, Stream.of(command.get(classPath).split(File.pathSeparator))
                .filter(path -> !path.contains("openblas"))
                .collect(Collectors.joining(File.pathSeparator)));
        String platform = Platform.current();
        assertThat(reason(command, Map.of())).matches("libtorch on the class path needs org/bytedeco/openblas/" + platform
                + "/lib\\S+, which is not there: add org.bytedeco:openblas with the classifier " + platform + " as a dependency");
    }

    /** Where the system's tools can make one: a locale in which names have other bytes than in UTF-8. */
    @Test
    void aFolderWithANameOfAnotherEncoding() throws Exception {
        Path locale = temp.resolve("de_DE.ISO-8859-1");
        ChildJvm.Result made = ChildJvm.start(
                List.of("sh", "-c", "localedef -i de_DE -f ISO-8859-1 \"$0\"", locale.toString()), Map.of()).await();
        assumeTrue(made.exit() == 0, "no locale can be made here: " + made.err());
        Path natives = Path.of(System.getProperty("panatorch.natives"));
        assumeTrue(Files.isDirectory(natives.resolve("shipped")), "unpacked by the build of the native module");
        ChildJvm.Result result;
        try (var _ = LibraryLinks.libtorch(Files.createDirectory(temp.resolve("named")), natives, "shipped")) {
            List<String> command =
                    ChildJvm.withStrangeName("-Dpanatorch.libtorch=", temp, ChildJvm.command(ChildJvm.options(), LoadMain.class));
            command.set(2, "ln -s named " + temp + "/" + ChildJvm.STRANGE_NAME + "; " + command.get(2));
            result = ChildJvm.start(command, Map.of("LOCPATH", temp.toString(), "LC_ALL", "de_DE.ISO-8859-1")).await();
        }
        assertThat(result.exit()).as(result.out() + result.err()).isZero();
        assertThat(result.out()).contains("version 2.").containsPattern("folder " + temp + "/\\P{ASCII}+\n");
    }

    @Test
    void aNameThatTheLocaleHasNot() {
        List<String> command = ChildJvm.withStrangeName("-Dpanatorch.libtorch=", temp, reasonCommand());
        assertThat(reason(command, Map.of("LC_ALL", "C"))).matches("no libtorch: -Dpanatorch.libtorch names " + temp
                + "/\\?+, which cannot be the name of a file in the encoding US-ASCII of this locale: set LC_ALL=C.UTF-8, say,"
                + " for java");
    }

    /** As {@link ResourceCacheTest} does it with small files in each build. */
    @Test
    void libtorchItselfIsWholeThoughProcessesThatUnpackItAreKilled() throws Exception {
        assumeTrue(System.getProperty("panatorch.kills") != null, "takes minutes: it is for -Dpanatorch.kills=N");
        Path cache = temp.resolve("cache");
        List<String> command = ChildJvm.command(ChildJvm.options("-Dpanatorch.cache=" + cache), LoadMain.class);
        long whole = ChildJvm.killUnpacking(command, cache, Long.MAX_VALUE);
        Random random = new Random(ChildJvm.KILLS);
        for (int i = 0; i < Math.ceilDiv(ChildJvm.KILLS, 20); i++) {
            try (Stream<Path> unpacked = Files.walk(cache)) {
                for (Path file : unpacked.filter(file -> file.endsWith("libtorch_cpu.so")).toList()) {
                    Files.write(file, new byte[1]);
                }
            }
            ChildJvm.killUnpacking(command, cache, random.nextLong(whole));

            ChildJvm.Result next = ChildJvm.start(command, Map.of()).await();
            assertThat(next.exit()).as(next.out() + next.err()).isZero();
            assertThat(cache).isDirectoryNotContaining("glob:**.part-*");
        }
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
