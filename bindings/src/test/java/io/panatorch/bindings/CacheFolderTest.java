package io.panatorch.bindings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where the cache goes, and what is said where it cannot go there. */
@Tag("pure")
class CacheFolderTest {

    private static final String REMEDY = "name another folder with -Dpanatorch.cache or XDG_CACHE_HOME\n";
    private static final int MEGABYTE = 1 << 20;

    @TempDir
    private Path temp;

    private Path jar;

    @BeforeEach
    void makeJar() throws IOException {
        jar = temp.resolve("natives.jar");
        try (var zip = new ZipOutputStream(Files.newOutputStream(jar))) {
            zip.putNextEntry(new ZipEntry("one.bin"));
            zip.write(new byte[4 * MEGABYTE]);
            zip.closeEntry();
        }
    }

    private static List<Path> candidates(String property, String xdg, String home) {
        return CacheFolder.candidates(property, xdg, home, "/tmp").stream().map(CacheFolder::path).toList();
    }

    private List<String> command(String... options) {
        List<String> command = new ArrayList<>(ChildJvm.command(List.of(options), UnpackMain.class, "one.bin"));
        int classPath = command.indexOf("-cp") + 1;
        command.set(classPath, command.get(classPath) + File.pathSeparator + jar);
        return command;
    }

    private static ChildJvm.Result run(List<String> command) {
        return ChildJvm.start(command, Map.of("XDG_CACHE_HOME", "")).await();
    }

    private static String refusal(List<String> command) {
        ChildJvm.Result result = run(command);
        assertThat(result.exit()).as(result.out() + result.err()).isEqualTo(3);
        assertThat(result.err()).isEmpty();
        return result.out();
    }

    @Test
    void thePropertyThenTheEnvironmentThenTheHome() {
        assertThat(candidates("/named", "/xdg", "/")).containsExactly(Path.of("/named"));
        assertThat(candidates("named", "/xdg", "/")).containsExactly(Path.of("named").toAbsolutePath());
        assertThat(candidates("", "/xdg", "/")).containsExactly(Path.of("/xdg/panatorch"));
        assertThat(candidates(null, "relative", "/")).first().isEqualTo(Path.of("/.cache/panatorch"));
        assertThat(candidates(null, "", "/")).hasSize(2).first().isEqualTo(Path.of("/.cache/panatorch"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"?", "", "/nonexistent"})
    void withoutAHomeTheTemporaryFolder(String home) throws IOException {
        Path temporary = Files.createDirectory(temp.resolve("temporary"));

        ChildJvm.Result result = run(command("-Duser.home=" + home, "-Djava.io.tmpdir=" + temporary));

        Path folder = temporary.resolve("panatorch-" + Files.getAttribute(jar, "unix:uid"));
        assertThat(result.exit()).as(result.out() + result.err()).isZero();
        assertThat(Path.of(result.out().strip()).getParent()).isEqualTo(folder);
        assertThat(Files.getPosixFilePermissions(folder)).isEqualTo(PosixFilePermissions.fromString("rwx------"));
        assertThat(run(command("-Duser.home=" + home, "-Djava.io.tmpdir=" + temporary)).out()).isEqualTo(result.out());
    }

    /** Whoever made it may have put libraries into it. */
    @Test
    void aTemporaryFolderThatOthersMayWriteIsNotUsed() throws IOException {
        Path folder = temp.resolve("panatorch-" + Files.getAttribute(jar, "unix:uid"));
        List<String> command = command("-Duser.home=?", "-Djava.io.tmpdir=" + temp);
        String refused = "cannot unpack demo to \\Q" + folder + "\\E/demo-[0-9a-f]+: \\Q" + folder + " is not a folder of this"
                + " user's alone, so others may have put into it what would be loaded; " + REMEDY + "\\E";

        assertThat(run(command).exit()).isZero();
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThat(refusal(command)).matches(refused);
        Path real = Files.move(folder, temp.resolve("elsewhere"));
        Files.setPosixFilePermissions(real, PosixFilePermissions.fromString("rwx------"));
        Files.createSymbolicLink(folder, real);
        assertThat(refusal(command)).matches(refused);
    }

    @Test
    void aFileInTheWay() throws IOException {
        Path file = Files.writeString(temp.resolve("cache"), "a file");
        assertThat(refusal(command("-Dpanatorch.cache=" + file.resolve("below"))))
                .matches("cannot unpack demo to " + file + "/below/demo-[0-9a-f]+: " + file + " is a file, not a folder; "
                        + REMEDY);
    }

    @Test
    void aFolderThatMayNotBeWritten() throws IOException {
        Path folder = Files.createDirectory(temp.resolve("mine"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("r-xr-xr-x")));
        assumeFalse(Files.isWritable(folder), "root may write everywhere");
        assertThat(refusal(command("-Dpanatorch.cache=" + folder.resolve("below"))))
                .matches("cannot unpack demo to .*: no permission to write in " + folder + "; " + REMEDY);
    }

    @Test
    void aPlaceThatTakesNoFolders() {
        assertThat(refusal(command("-Dpanatorch.cache=/proc/self/below")))
                .matches("cannot unpack demo to .*: (no permission to write in|cannot write) /proc/self[^;]*; " + REMEDY);
    }

    @Test
    void whatIsThereIsUsedThoughNothingCanBeWritten() throws IOException {
        Path home = Files.createDirectory(temp.resolve("home"));
        List<String> command = command("-Duser.home=" + home, "-Djava.io.tmpdir=" + temp);
        Path unpacked = Path.of(run(command).out().strip());
        assertThat(unpacked).startsWith(home);

        Files.delete(home.resolve(".cache/panatorch/" + unpacked.getFileName() + ".checked"));
        Files.setPosixFilePermissions(unpacked.getParent(), PosixFilePermissions.fromString("r-xr-xr-x"));
        String again = run(command).out();
        Files.setPosixFilePermissions(unpacked.getParent(), PosixFilePermissions.fromString("rwxr-xr-x"));

        assertThat(again).isEqualTo(unpacked + "\n");
    }

    @Test
    void aReadOnlyHome() throws IOException {
        Path folder = Files.createDirectory(temp.resolve("full"));
        Path temporary = Files.createDirectory(temp.resolve("temporary"));
        List<String> command = command("-Duser.home=" + folder, "-Djava.io.tmpdir=" + temporary);
        List<String> readOnly = ChildJvm.onMount("ro", folder, command);
        ChildJvm.Result result = run(readOnly);
        assertThat(result.exit()).as(result.out() + result.err()).isZero();
        assertThat(result.out()).startsWith(temporary.resolve("panatorch-0").toString());
    }

    @Test
    void aReadOnlyFileSystem() throws IOException {
        Path folder = Files.createDirectory(temp.resolve("mounted"));
        assertThat(refusal(ChildJvm.onMount("ro", folder, command("-Dpanatorch.cache=" + folder.resolve("cache")))))
                .matches("cannot unpack demo to .*: " + folder + " is on a read-only file system; " + REMEDY);
    }

    @Test
    void aFullDisk() throws IOException {
        Path folder = Files.createDirectory(temp.resolve("mounted"));
        assertThat(refusal(ChildJvm.onMount("size=2m", folder, command("-Dpanatorch.cache=" + folder))))
                .matches("cannot unpack demo to .*: .* \\(5 MiB are needed\\); free space there, or " + REMEDY);
    }

    /** The same system call fails, but no space is missing. */
    @Test
    void aLimitOnTheSizeOfFiles() {
        List<String> limited = new ArrayList<>(List.of("sh", "-c", "ulimit -f 2048; exec \"$@\"", "sh"));
        limited.addAll(command("-Dpanatorch.cache=" + temp.resolve("cache")));
        assertThat(refusal(limited)).matches("cannot unpack demo to .*: [^;]*; " + REMEDY);
        assertThat(temp.resolve("cache")).as("half a file is not left behind").isDirectoryNotContaining("glob:**part*");
    }

    @Test
    void nothingCanBeLoadedFromAFolderThatIsMountedNoexec() throws IOException {
        Path folder = Files.createDirectory(temp.resolve("mounted"));
        List<String> command =
                ChildJvm.command(ChildJvm.options("-Dpanatorch.cache=" + folder.resolve("cache")), LoadMain.class);
        assertThat(refusal(ChildJvm.onMount("noexec", folder, command)))
                .startsWith("cannot load the native part: " + folder + "/cache/shim-")
                .matches(".*; " + folder + "/cache/shim-[0-9a-f]+ is on a file system that is mounted noexec, no library"
                        + " can be loaded from there: " + REMEDY);
    }
}
