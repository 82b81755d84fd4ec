package io.panatorch.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("pure")
class AtomicFileTest {

    @TempDir
    private Path folder;

    @Test
    void fileAppearsWhenItIsWhole() throws IOException {
        Path target = folder.resolve("video.mp4");
        AtomicFile.write(target, temporary -> {
            assertThat(temporary).hasParent(folder).isEmptyFile();
            assertThat(temporary.getFileName().toString()).startsWith(".").endsWith(".mp4");
            Files.writeString(temporary, "whole");
            assertThat(target).doesNotExist();
        });
        assertThat(target).hasContent("whole");
        assertThat(content()).containsExactly(target);
    }

    @Test
    void fileIsReplaced() throws IOException {
        Path target = Files.writeString(folder.resolve("noextension"), "old");
        AtomicFile.write(target, temporary -> Files.writeString(temporary, "new"));
        assertThat(target).hasContent("new");
    }

    /** The name of the temporary file must not be longer than the target's may be. */
    @Test
    void longestNameIsPossible() throws IOException {
        Path target = folder.resolve("n".repeat(255));
        AtomicFile.write(target, temporary -> Files.writeString(temporary, "x"));
        assertThat(target).hasContent("x");
    }

    @Test
    void failureInTheMiddleLeavesWhatWasThere() throws IOException {
        Path target = Files.writeString(folder.resolve("a.png"), "old");
        assertThatThrownBy(() -> AtomicFile.write(target, temporary -> {
                    Files.writeString(temporary, "ha");
                    throw new IOException("No space left on device");
                }))
                .isInstanceOf(IOException.class)
                .hasMessage(target + ": could not be written: No space left on device");
        assertThat(target).hasContent("old");
        assertThat(content()).containsExactly(target);
    }

    @Test
    void uncheckedFailureLeavesNothing() throws IOException {
        assertThatThrownBy(() -> AtomicFile.write(folder.resolve("a"), _ -> {
                    throw new StackOverflowError();
                }))
                .isInstanceOf(StackOverflowError.class);
        assertThatThrownBy(() -> AtomicFile.writeDirectory(folder.resolve("b"), temporary -> {
                    Files.createDirectories(temporary.resolve("deep/er"));
                    throw new IllegalStateException("no");
                }))
                .isInstanceOf(IllegalStateException.class)
                .hasNoSuppressedExceptions();
        assertThat(content()).isEmpty();
    }

    @Test
    void interruptLeavesNothing() throws IOException {
        Path target = folder.resolve("a");
        assertThatThrownBy(() -> AtomicFile.write(target, temporary -> {
                    Thread.currentThread().interrupt();
                    try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
                        channel.write(ByteBuffer.allocate(1));
                    }
                }))
                .isInstanceOf(IOException.class)
                .hasMessage(target + ": could not be written: interrupted");
        assertThat(Thread.interrupted()).isTrue();
        assertThat(content()).isEmpty();
    }

    @Test
    void reasonsOfTheSystemNameTheTarget() {
        Path target = folder.resolve("a");
        assertThatThrownBy(() -> AtomicFile.write(target, temporary -> {
                    throw new AccessDeniedException(temporary.toString());
                }))
                .hasMessage(target + ": could not be written in " + folder
                        + ": permission denied; choose a folder that you may write to");
        assertThatThrownBy(() -> AtomicFile.write(target, Files::delete))
                .hasMessage(target + ": could not be written in " + folder
                        + ": the folder, or the temporary file in it, was deleted meanwhile");
        Path tooLong = folder.resolve("n".repeat(256));
        assertThatThrownBy(() -> AtomicFile.write(tooLong, AtomicFileTest::unreachable))
                .hasMessage(tooLong + ": File name too long; choose another path");
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void fullDiskIsReported() {
        Path target = folder.resolve("a");
        assertThatThrownBy(() -> AtomicFile.write(target, _ -> {
                    try (var full = new FileOutputStream("/dev/full")) {
                        full.write(1);
                    }
                }))
                .hasMessage(target + ": could not be written: No space left on device");
    }

    @Test
    void errorsAboutOtherFilesPassUnchanged() {
        Path source = folder.resolve("source");
        assertThatThrownBy(() -> AtomicFile.write(folder.resolve("a"), _ -> {
                    throw new InvalidFileException(source, "is damaged");
                }))
                .isInstanceOf(InvalidFileException.class)
                .hasMessage(source + ": is damaged");
        assertThatThrownBy(() -> AtomicFile.write(folder.resolve("a"), _ -> Files.readString(source)))
                .hasMessage(source.toString());
    }

    @Test
    void impossibleTargetsAreRefusedBeforeAnythingIsWritten() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "x");
        Path missing = folder.resolve("missing");
        assertRefused(
                missing.resolve("a"), ": the folder " + missing + " does not exist; create it or choose another path");
        assertRefused(file.resolve("a"), ": " + file + " is not a folder; choose another path");
        assertRefused(Path.of("/"), ": is the root folder; choose another path");
        assertThatThrownBy(() -> AtomicFile.write(folder, AtomicFileTest::unreachable))
                .hasMessage(folder + ": is not a regular file; choose another path");
        assertThatThrownBy(() -> AtomicFile.writeDirectory(file, AtomicFileTest::unreachable))
                .hasMessage(file + ": exists and is not a folder; choose another path");
        assertThatThrownBy(() -> AtomicFile.writeDirectory(folder, AtomicFileTest::unreachable))
                .hasMessage(folder + ": exists and is not empty; empty it or choose another path");
    }

    private static void assertRefused(Path target, String problem) {
        assertThatThrownBy(() -> AtomicFile.write(target, AtomicFileTest::unreachable)).hasMessage(target + problem);
        assertThatThrownBy(() -> AtomicFile.writeDirectory(target, AtomicFileTest::unreachable))
                .hasMessage(target + problem);
    }

    private static void unreachable(Path temporary) {
        throw new AssertionError("the writer was called with " + temporary);
    }

    @Test
    void directoryAppearsWhenItIsWhole() throws IOException {
        Path target = folder.resolve("frames");
        AtomicFile.writeDirectory(target, temporary -> {
            assertThat(temporary).hasParent(folder);
            Files.writeString(temporary.resolve("0.png"), "0");
            Files.writeString(temporary.resolve("1.png"), "1");
            assertThat(target).doesNotExist();
        });
        assertThat(target.resolve("0.png")).hasContent("0");
        assertThat(target.resolve("1.png")).hasContent("1");
        assertThat(content()).containsExactly(target);
    }

    @Test
    void emptyDirectoryIsReplacedAndOneThatWasFilledMeanwhileIsNot() throws IOException {
        Path empty = Files.createDirectory(folder.resolve("empty"));
        AtomicFile.writeDirectory(empty, temporary -> Files.writeString(temporary.resolve("0.png"), "0"));
        assertThat(empty.resolve("0.png")).hasContent("0");

        Path filled = folder.resolve("filled");
        assertThatThrownBy(() -> AtomicFile.writeDirectory(filled, temporary -> {
                    Files.writeString(temporary.resolve("0.png"), "0");
                    Files.writeString(Files.createDirectory(filled).resolve("other"), "kept");
                }))
                .hasMessageStartingWith(filled + ": could not be written in " + folder + ": ");
        assertThat(filled.resolve("other")).hasContent("kept");
        assertThat(content()).containsExactlyInAnyOrder(empty, filled);
    }

    @Test
    void filesInAFolderAreReplacedTogether() throws IOException {
        for (String name : List.of("0.png", "1.png", "2.png", "0.txt")) {
            Files.writeString(folder.resolve(name), "old");
        }
        AtomicFile.writeInto(folder, name -> name.endsWith(".png"), temporary -> {
            assertThat(temporary).hasParent(folder);
            Files.writeString(temporary.resolve("0.png"), "new");
            Files.writeString(temporary.resolve("3.png"), "new");
            assertThat(folder.resolve("0.png")).hasContent("old");
        });
        assertThat(content()).extracting(file -> file.getFileName() + " " + Files.readString(file))
                .containsExactlyInAnyOrder("0.png new", "3.png new", "0.txt old");

        assertThatThrownBy(() -> AtomicFile.writeInto(folder, _ -> true, temporary -> {
                    Files.writeString(temporary.resolve("0.png"), "newer");
                    throw new IOException("No space left on device");
                }))
                .hasMessage(folder + ": could not be written: No space left on device");
        assertThat(content()).hasSize(3);
        assertThat(folder.resolve("0.png")).hasContent("new");
        Path missing = folder.resolve("missing");
        assertThatThrownBy(() -> AtomicFile.writeInto(missing, _ -> true, AtomicFileTest::unreachable))
                .hasMessage(missing + ": expected a folder, found none; choose another path");
    }

    @Test
    void aFolderInTheWayOfANewFileIsToldBeforeAnyIsReplaced() throws IOException {
        for (String name : List.of("0.png", "2.png", "9.png")) {
            Files.writeString(folder.resolve(name), "old");
        }
        Path inTheWay = Files.createDirectory(folder.resolve("1.png"));
        AtomicFile.Writer writer = temporary -> {
            for (String name : List.of("0.png", "1.png", "2.png")) {
                Files.writeString(temporary.resolve(name), "new");
            }
        };
        assertThatThrownBy(() -> AtomicFile.writeInto(folder, name -> name.endsWith(".png"), writer))
                .isInstanceOf(FileSystemException.class)
                .hasMessage(inTheWay + ": is a folder, in the way of a new file; move it or choose another path");
        assertThat(content()).hasSize(4);
        for (String name : List.of("0.png", "2.png", "9.png")) {
            assertThat(folder.resolve(name)).hasContent("old");
        }

        Path notInTheWay = Files.move(inTheWay, folder.resolve("3.png"));
        AtomicFile.writeInto(folder, name -> name.endsWith(".png"), writer);
        assertThat(content()).hasSize(4).contains(notInTheWay).doesNotContain(folder.resolve("9.png"));
        assertThat(folder.resolve("1.png")).hasContent("new");
    }

    @Test
    void linksAreFollowed() throws IOException {
        Path elsewhere = Files.createDirectory(folder.resolve("elsewhere"));
        Path file = Files.writeString(elsewhere.resolve("file"), "old");
        Path toFile = Files.createSymbolicLink(folder.resolve("to.mp4"), Path.of("elsewhere/file"));
        Path toLink = Files.createSymbolicLink(folder.resolve("to-link"), toFile.getFileName());
        AtomicFile.write(toLink, temporary -> {
            assertThat(temporary).hasParent(elsewhere);
            Files.writeString(temporary, "new");
        });
        assertThat(file).hasContent("new");

        Path dangling = Files.createSymbolicLink(folder.resolve("dangling"), Path.of("elsewhere/to-come"));
        AtomicFile.check(dangling);
        AtomicFile.write(dangling, temporary -> Files.writeString(temporary, "made"));
        assertThat(elsewhere.resolve("to-come")).hasContent("made");

        Path toFolder = Files.createSymbolicLink(folder.resolve("to-folder"), Path.of("elsewhere/frames"));
        AtomicFile.writeDirectory(toFolder, temporary -> Files.writeString(temporary.resolve("0.png"), "0"));
        assertThat(elsewhere.resolve("frames/0.png")).hasContent("0");
        assertThat(Stream.of(toFile, toLink, dangling, toFolder)).allMatch(Files::isSymbolicLink);
        assertThatThrownBy(() -> AtomicFile.write(toFolder, AtomicFileTest::unreachable))
                .hasMessage(toFolder + ": is not a regular file; choose another path");
    }

    @Test
    void linksThatLeadNowhereAreRefused() throws IOException {
        Path circle = Files.createSymbolicLink(folder.resolve("circle"), Path.of("circle"));
        assertThatThrownBy(() -> AtomicFile.check(circle)).hasMessageStartingWith(circle + ": Too many levels of symbolic links");
        Path nowhere = Files.createSymbolicLink(folder.resolve("nowhere"), Path.of("missing/file"));
        assertRefused(nowhere, ": the folder " + folder.resolve("missing")
                + " does not exist; create it or choose another path");
    }

    @Test
    void targetsWithOneDestinationAreOneFile() throws IOException {
        Path link = Files.createSymbolicLink(folder.resolve("link"), Path.of("a"));
        Files.createSymbolicLink(folder.resolve("folder"), folder);
        Path destination = folder.toRealPath().resolve("a");
        assertThat(AtomicFile.destination(link)).isEqualTo(destination);
        assertThat(AtomicFile.destination(folder.resolve("folder/../" + folder.getFileName() + "/a"))).isEqualTo(destination);
        Files.createFile(destination);
        assertThat(AtomicFile.destination(link)).isEqualTo(destination);
    }

    @Test
    void aCheckLeavesNothing() throws IOException {
        AtomicFile.check(folder.resolve("a.png"));
        assertThat(content()).isEmpty();
    }

    /** To root, this folder says that it is writable. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void aFolderThatTakesNoFilesIsToldBefore() {
        Path target = Path.of("/proc/a.mp4");
        Pattern reason = Pattern.compile(target + ": (no files can be made in the folder /proc; choose another path"
                + "|could not be written in /proc: permission denied; choose a folder that you may write to)");
        assertThatThrownBy(() -> AtomicFile.check(target)).message().matches(reason);
        assertThatThrownBy(() -> AtomicFile.write(target, AtomicFileTest::unreachable)).message().matches(reason);
    }

    @Test
    void concurrentWritersGiveOneWholeFile() throws Exception {
        Path target = folder.resolve("a");
        int writers = 4;
        CyclicBarrier together = new CyclicBarrier(writers);
        List<Future<?>> results = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(writers)) {
            for (int i = 0; i < writers; i++) {
                String text = String.valueOf((char) ('a' + i)).repeat(100_000);
                results.add(threads.submit(() -> {
                    together.await();
                    AtomicFile.write(target, temporary -> Files.writeString(temporary, text));
                    return null;
                }));
            }
        }
        for (Future<?> result : results) {
            result.get();
        }
        assertThat(Files.readString(target)).hasSize(100_000).matches("a+|b+|c+|d+");
        assertThat(content()).containsExactly(target);
    }

    /** Writes a file or folder, says so, and waits to be ended. */
    static final class Victim {

        private Victim() {}

        public static void main(String[] args) throws IOException {
            Path target = Path.of(args[0], "a.png");
            if (args[1].equals("file")) {
                AtomicFile.write(target, temporary -> await(Files.writeString(temporary, "half")));
            } else {
                AtomicFile.writeDirectory(
                        target, temporary -> await(Files.writeString(temporary.resolve("0"), "half")));
            }
        }

        private static void await(Path written) {
            System.out.println(written);
            LockSupport.park();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"file", "folder"})
    void endOfTheProgramLeavesNothing(String kind) throws Exception {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        String classes = location(AtomicFile.class) + File.pathSeparator + location(Victim.class);
        String victimName = Victim.class.getName();
        Process victim = new ProcessBuilder(java, "-cp", classes, victimName, folder.toString(), kind)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader output = victim.inputReader()) {
            assertThat(output.readLine()).contains(".panatorch-");
            assertThat(content()).hasSize(1);
            victim.destroy();
            assertThat(victim.waitFor(30, TimeUnit.SECONDS)).isTrue();
            assertThat(content()).isEmpty();
        } finally {
            victim.destroyForcibly();
        }
    }

    /** A program that writes a file, or fails to. */
    static final class Deployed {

        private Deployed() {}

        public static void run(Path folder) throws IOException {
            AtomicFile.write(folder.resolve("a.png"), temporary -> Files.writeString(temporary, "whole"));
            try {
                AtomicFile.write(folder.resolve("b.png"), _ -> {
                    throw new IOException("No space left on device");
                });
            } catch (IOException e) {
                AtomicFile.check(folder.resolve("b.png"));
            }
        }
    }

    @Test
    void aProgramThatIsDeployedAgainIsCollected() throws Exception {
        WeakReference<ClassLoader> gone = deploy();
        for (int i = 0; i < 200 && gone.get() != null; i++) {
            System.gc();
            Thread.sleep(10);
        }
        assertThat(gone.get()).as("the class loader of what has ended").isNull();
        assertThat(content()).containsExactly(folder.resolve("a.png"));
    }

    private WeakReference<ClassLoader> deploy() throws Exception {
        URL[] classes = {Path.of(location(AtomicFile.class)).toUri().toURL(), Path.of(location(Deployed.class)).toUri().toURL()};
        try (URLClassLoader loader = new URLClassLoader(classes, ClassLoader.getPlatformClassLoader())) {
            Method run = loader.loadClass(Deployed.class.getName()).getMethod("run", Path.class);
            run.setAccessible(true);
            run.invoke(null, folder);
            return new WeakReference<>(loader);
        }
    }

    /**
     * The class path of a class by its file, because test classes of a module say they are where its main classes are.
     */
    private static String location(Class<?> type) throws Exception {
        String name = type.getName();
        Path file = Path.of(type.getResource(name.substring(name.lastIndexOf('.') + 1) + ".class").toURI());
        return file.resolve("../".repeat(name.split("[.]").length)).normalize().toString();
    }

    private List<Path> content() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        }
    }
}
