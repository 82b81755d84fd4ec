package io.panatorch.bindings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;
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

    private static List<Path> candidates(String property, String xdg, String home) throws IOException {
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
    void thePropertyThenTheEnvironmentThenTheHome() throws IOException {
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

    private static void set(Path path, String attribute, int value) {
        try {
            Files.setAttribute(path, "unix:" + attribute, value);
        } catch (IOException e) {
            abort("only root gives files away: " + e);
        }
    }

    private Path named(int mode) throws IOException {
        Path folder = Files.createDirectory(temp.resolve("named"));
        set(folder, "mode", mode);
        return folder;
    }

    private void assertRefused(Path folder, String others) {
        assertThat(refusal(command("-Dpanatorch.cache=" + folder)))
                .matches("cannot unpack demo to " + folder + "/demo-[0-9a-f]+: " + folder + " can be written by " + others
                        + ", and what is loaded from there runs as this user; take that right away, or " + REMEDY);
        assertThat(folder).isEmptyDirectory();
    }

    /** They could put their own libraries in the place of ours. */
    @Test
    void aNamedFolderThatEveryUserMayWriteIsRefused() throws IOException {
        assertRefused(named(0757), "every user");
    }

    @Test
    void aNamedFolderThatAGroupMayWriteIsRefused() throws IOException {
        Path folder = named(0775);
        set(folder, "gid", 4321);
        assertRefused(folder, "group 4321");
    }

    @Test
    void aNamedFolderOfAnotherUserIsRefused() throws IOException {
        Path folder = named(0755);
        set(folder, "uid", 4321);
        assertRefused(folder, "user 4321, whose it is");
    }

    /** Such as the folder for temporary files. */
    @Test
    void aStickyFolderLeavesToEachWhatIsHis() throws IOException {
        List<String> command = command("-Dpanatorch.cache=" + named(01777));
        Path unpacked = Path.of(run(command).out().strip());
        assertThat(unpacked.resolve("one.bin")).hasSize(4 * MEGABYTE);

        set(unpacked, "uid", 4321);
        assertThat(run(command).out()).isEqualTo(unpacked + "\n");
        assertThat(unpacked).as("unpacked anew").isDirectory();
        assertThat(Files.getAttribute(unpacked, "unix:uid")).isEqualTo(0);
    }

    @Test
    void aHomesFolderThatEveryUserMayWriteIsPassedOver() throws IOException {
        Path home = Files.createDirectory(temp.resolve("home"));
        set(Files.createDirectories(home.resolve(".cache/panatorch")), "mode", 0777);
        assertThat(run(command("-Duser.home=" + home, "-Djava.io.tmpdir=" + temp)).out()).startsWith(temp + "/panatorch-");
    }

    @Test
    void whatIsUnpackedIsForItsOwnerToWriteWhateverTheUmask() throws IOException {
        Path cache = temp.resolve("cache");
        List<String> permissive = new ArrayList<>(List.of("sh", "-c", "umask 0; exec \"$@\"", "sh"));
        permissive.addAll(command("-Dpanatorch.cache=" + cache));
        Path unpacked = Path.of(run(permissive).out().strip());
        for (Path folder : List.of(cache, unpacked)) {
            assertThat(Files.getPosixFilePermissions(folder)).isEqualTo(PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        Path file = unpacked.resolve("one.bin");
        assertThat(Files.getPosixFilePermissions(file)).isEqualTo(PosixFilePermissions.fromString("rw-r--r--"));

        set(file, "mode", 0666);
        run(permissive);
        assertThat(Files.getPosixFilePermissions(file)).as("unpacked anew")
                .isEqualTo(PosixFilePermissions.fromString("rw-r--r--"));
    }

    @Test
    void aNameThatTheLocaleHasNot() {
        List<String> command = ChildJvm.withStrangeName("-Dpanatorch.cache=", temp, command());
        ChildJvm.Result result = ChildJvm.start(command, Map.of("LC_ALL", "C")).await();
        assertThat(result.out()).matches("-Dpanatorch.cache names " + temp + "/\\?+, which cannot be the name of a file in the"
                + " encoding US-ASCII of this locale: set LC_ALL=C.UTF-8, say, for java\n");
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
