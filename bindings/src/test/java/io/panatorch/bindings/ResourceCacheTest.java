package io.panatorch.bindings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * Small jars stand in for libtorch's, whose unpacking takes seconds. {@code -Dpanatorch.kills=N} kills more processes than the
 * build takes time for, and some that unpack libtorch itself, see {@link LoadingTest}. With 520, and 26 of libtorch (12 minutes
 * on two busy processors), each next start found or made whole files, and nothing was left.
 */
@Tag("pure")
class ResourceCacheTest {

    private static final int MEGABYTE = 1 << 20;

    @TempDir
    private Path temp;

    private Path cache;
    private String before;

    @BeforeEach
    void setProperty() {
        cache = temp.resolve("cache");
        before = System.setProperty(ResourceCache.PROPERTY, cache.toString());
    }

    @AfterEach
    void restoreProperty() {
        if (before == null) {
            System.clearProperty(ResourceCache.PROPERTY);
        } else {
            System.setProperty(ResourceCache.PROPERTY, before);
        }
    }

    /** A jar with entries of zeros, but for the first byte, which is {@code seed}. */
    private Path jar(int seed, int megabytes, String... names) throws IOException {
        Path jar = Files.createTempFile(temp, "natives", ".jar");
        try (OutputStream file = Files.newOutputStream(jar);
                ZipOutputStream zip = new ZipOutputStream(file)) {
            zip.setLevel(Deflater.BEST_SPEED);
            for (String name : names) {
                zip.putNextEntry(new ZipEntry(name));
                byte[] block = new byte[MEGABYTE];
                block[0] = (byte) seed;
                for (int i = 0; i < megabytes; i++) {
                    zip.write(block);
                }
                zip.closeEntry();
            }
        }
        return jar;
    }

    private static Path unpack(Path jar, String... resources) throws IOException {
        try (URLClassLoader loader = new URLClassLoader(new URL[] {jar.toUri().toURL()}, null)) {
            return ResourceCache.unpack("demo", List.of(resources), loader);
        }
    }

    private static List<String> command(Path jar, Path cache, String... resources) {
        List<String> command = new ArrayList<>(
                ChildJvm.command(List.of("-D" + ResourceCache.PROPERTY + "=" + cache), UnpackMain.class, resources));
        int classPath = command.indexOf("-cp") + 1;
        command.set(classPath, command.get(classPath) + File.pathSeparator + jar);
        return command;
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void filesLieSideBySideInAFolderOfTheirContent() throws IOException {
        Path folder = unpack(jar(1, 1, "a/one.bin", "b/two.bin"), "a/one.bin", "b/two.bin");

        assertThat(folder.getParent()).isEqualTo(cache);
        assertThat(folder.getFileName().toString()).matches("demo-[0-9a-f]+");
        assertThat(names(folder)).containsExactly("one.bin", "two.bin");
        assertThat(names(cache)).containsExactly(
                folder.getFileName().toString(), folder.getFileName() + ".checked", folder.getFileName() + ".lock");
        assertThat(unpack(jar(1, 1, "a/one.bin", "b/two.bin"), "a/one.bin", "b/two.bin")).isEqualTo(folder);
        assertThat(unpack(jar(2, 1, "a/one.bin", "b/two.bin"), "a/one.bin", "b/two.bin")).isNotEqualTo(folder);
    }

    @Test
    void aWholeFolderIsLeftAlone() throws IOException {
        Path jar = jar(1, 1, "one.bin");
        Path file = unpack(jar, "one.bin").resolve("one.bin");
        Object identity = identity(file);

        unpack(jar, "one.bin");

        assertThat(identity(file)).isEqualTo(identity);
    }

    @Test
    void aTruncatedFileIsRepaired() throws IOException {
        Path jar = jar(7, 1, "one.bin", "two.bin");
        Path folder = unpack(jar, "one.bin", "two.bin");
        try (FileChannel channel = FileChannel.open(folder.resolve("two.bin"), StandardOpenOption.WRITE)) {
            channel.truncate(100);
        }

        assertThat(unpack(jar, "one.bin", "two.bin")).isEqualTo(folder);

        assertThat(folder.resolve("two.bin")).hasSize(MEGABYTE);
        Files.delete(folder.resolve("one.bin"));
        unpack(jar, "one.bin", "two.bin");
        assertThat(names(folder)).containsExactly("one.bin", "two.bin");
    }

    private static Object identity(Path file) throws IOException {
        return Files.getAttribute(file, "unix:ino");
    }

    /** What a power cut leaves where the content had not reached the disk. */
    @Test
    void aFileOfZerosIsRepaired() throws IOException {
        Path jar = jar(7, 1, "one.bin", "two.bin");
        Path file = unpack(jar, "one.bin", "two.bin").resolve("two.bin");
        Files.write(file, new byte[MEGABYTE]);

        unpack(jar, "one.bin", "two.bin");

        assertThat(Files.readAllBytes(file)[0]).isEqualTo((byte) 7);
    }

    /** A crash of the machine changes no times, so everything is compared once after it has started again. */
    @Test
    void aFileThatIsDamagedWithoutBeingWrittenIsRepairedAfterTheNextStart() throws IOException {
        Path jar = jar(7, 1, "one.bin");
        Path folder = unpack(jar, "one.bin");
        Path file = folder.resolve("one.bin");
        Path stamp = cache.resolve(folder.getFileName() + ".checked");
        String changed = Files.getAttribute(file, "unix:ctime").toString();
        Files.write(file, new byte[MEGABYTE]);
        String state = Files.readString(stamp).replace(changed, Files.getAttribute(file, "unix:ctime").toString());

        Files.writeString(stamp, state);
        unpack(jar, "one.bin");
        assertThat(Files.readAllBytes(file)[0]).as("not looked at").isZero();

        Files.writeString(stamp, "an earlier start" + state.substring(state.indexOf('\n')));
        unpack(jar, "one.bin");
        assertThat(Files.readAllBytes(file)[0]).isEqualTo((byte) 7);
    }

    @Test
    void whatOnlyLooksChangedStays() throws IOException {
        Path jar = jar(7, 1, "one.bin");
        Path folder = unpack(jar, "one.bin");
        Path file = folder.resolve("one.bin");
        Object identity = identity(file);
        Path stamp = cache.resolve(folder.getFileName() + ".checked");
        String before = Files.readString(stamp);
        Files.setLastModifiedTime(file, FileTime.fromMillis(0));

        unpack(jar, "one.bin");

        assertThat(identity(file)).isEqualTo(identity);
        assertThat(Files.readString(stamp)).isNotEqualTo(before);
    }

    /** What a crash leaves of a stamp, and what somebody may have put in its place. */
    @Test
    void aStampThatIsNoneIsNoStamp() throws IOException {
        Path jar = jar(7, 1, "one.bin");
        Path folder = unpack(jar, "one.bin");
        Path file = folder.resolve("one.bin");
        Path stamp = cache.resolve(folder.getFileName() + ".checked");
        byte[] right = Files.readAllBytes(stamp);
        Object identity = identity(file);

        Files.write(stamp, new byte[] {(byte) 0xff, (byte) 0xfe, (byte) 0xfd});
        assertThat(unpack(jar, "one.bin")).isEqualTo(folder);
        assertThat(stamp).hasBinaryContent(right);

        Files.createDirectory(Files.createDirectory(deleted(stamp)).resolve("full"));
        assertThat(unpack(jar, "one.bin")).isEqualTo(folder);
        assertThat(identity(file)).isEqualTo(identity);
        Files.write(file, new byte[MEGABYTE]);
        unpack(jar, "one.bin");
        assertThat(Files.readAllBytes(file)[0]).isEqualTo((byte) 7);
    }

    private static Path deleted(Path file) throws IOException {
        Files.delete(file);
        return file;
    }

    /** Such as one that another process deletes at that moment, to repair it; this one can be opened but not read. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void aFileThatCannotBeReadIsUnpackedAgain() throws IOException {
        Path jar = jar(7, 0, "empty.bin");
        Path file = unpack(jar, "empty.bin").resolve("empty.bin");
        Files.createSymbolicLink(deleted(file), Path.of("/proc/self/mem"));
        assertThat(file).as("a file, of the right size").isRegularFile().hasSize(0);
        assertThatThrownBy(() -> Files.readAllBytes(file)).isInstanceOf(IOException.class);

        unpack(jar, "empty.bin");

        assertThat(Files.isSymbolicLink(file)).isFalse();
        assertThat(file).isEmptyFile();
    }

    @Test
    void manyClassLoadersAtOnce() throws Exception {
        Path jar = jar(1, 64, "one.bin");
        URL classes = Path.of(System.getProperty("jdk.module.path").split(File.pathSeparator)[0]).toUri().toURL();
        try (var pool = Executors.newFixedThreadPool(2);
                var resources = new URLClassLoader(new URL[] {jar.toUri().toURL()}, null)) {
            Callable<Object> task = () -> {
                try (var loader = new URLClassLoader(new URL[] {classes}, ClassLoader.getPlatformClassLoader())) {
                    return loader.loadClass(ResourceCache.class.getName())
                            .getMethod("unpack", String.class, List.class, ClassLoader.class)
                            .invoke(null, "demo", List.of("one.bin"), resources);
                }
            };
            for (var folder : pool.invokeAll(List.of(task, task))) {
                assertThat((Path) folder.get()).isDirectoryContaining("glob:**/one.bin");
            }
        }
    }

    @Test
    void manyThreadsAtOnce() throws Exception {
        Path jar = jar(1, 4, "one.bin");
        try (var pool = Executors.newFixedThreadPool(8)) {
            Callable<Path> task = () -> unpack(jar, "one.bin");
            for (var folder : pool.invokeAll(java.util.Collections.nCopies(8, task))) {
                assertThat(folder.get().resolve("one.bin")).hasSize(4L * MEGABYTE);
            }
        }
        assertThat(names(cache)).hasSize(3);
    }

    @Test
    void twoProcessesAtOnce() throws IOException {
        Path jar = jar(1, 64, "one.bin");
        ChildJvm.Running first = ChildJvm.start(command(jar, cache, "one.bin"), Map.of());
        ChildJvm.Running second = ChildJvm.start(command(jar, cache, "one.bin"), Map.of());

        for (ChildJvm.Result result : List.of(first.await(), second.await())) {
            assertThat(result.err()).isEmpty();
            assertThat(result.exit()).isZero();
            assertThat(Path.of(result.out().strip()).resolve("one.bin")).hasSize(64L * MEGABYTE);
        }
        assertThat(names(cache)).hasSize(3).noneMatch(name -> name.contains(".part"));
    }

    /** As NFS is without its lock service. */
    @Test
    void aFileSystemWithoutLocks() throws Exception {
        Path library = Compiler.library(temp.resolve("nolock.so"), """
                #include <errno.h>
                int fcntl(int file, int command, ...) { errno = ENOLCK; return -1; }
                int fcntl64(int file, int command, ...) { errno = ENOLCK; return -1; }
                """);
        Path jar = jar(1, 64, "one.bin");
        Path unpacked = unpack(jar, "one.bin");
        for (Path each : List.of(unpacked.resolve("one.bin"), unpacked)) {
            Files.delete(each);
        }
        Path old = Files.createDirectory(cache.resolve(unpacked.getFileName() + ".part-old"));
        Files.setLastModifiedTime(old, FileTime.fromMillis(0));
        Map<String, String> preload = Map.of("LD_PRELOAD", library.toString());
        ChildJvm.Running first = ChildJvm.start(command(jar, cache, "one.bin"), preload);
        ChildJvm.Running second = ChildJvm.start(command(jar, cache, "one.bin"), preload);

        for (ChildJvm.Result result : List.of(first.await(), second.await())) {
            assertThat(result.exit()).as(result.out() + result.err()).isZero();
            assertThat(Path.of(result.out().strip()).resolve("one.bin")).hasSize(64L * MEGABYTE);
        }
        assertThat(names(cache)).hasSize(3).noneMatch(name -> name.contains(".part"));
    }

    /**
     * At random moments of unpacking, of a first time and in the place of files that are damaged. What has its final name is
     * whole, or what it was before; the next one works as if nothing had been, and what was left goes.
     */
    @Test
    void processesThatAreKilledLeaveNothingThatIsUsed() throws Exception {
        String[] files = {"one.bin", "three.bin", "two.bin"};
        Path jar = jar(1, 2, files);
        List<String> command = command(jar, cache, files);
        Random random = new Random(ChildJvm.KILLS);
        long whole = ChildJvm.killUnpacking(command, cache, Long.MAX_VALUE);
        int interrupted = 0;
        for (int i = 0; i < ChildJvm.KILLS; i++) {
            Path folder = unpack(jar, files);
            Files.write(folder.resolve("two.bin"), new byte[1]);
            boolean isFirst = random.nextBoolean();
            if (isFirst) {
                Files.move(folder, temp.resolve("damaged" + i));
            }
            ChildJvm.killUnpacking(command, cache, random.nextLong(whole));

            interrupted += ChildJvm.hasParts(cache) ? 1 : 0;
            assertThat(folder.toFile().list()).as("kill %d", i).satisfiesAnyOf(
                    names -> assertThat(names).isNull(), names -> assertThat(names).containsExactlyInAnyOrder(files));
            if (Files.exists(folder) && (isFirst || Files.size(folder.resolve("two.bin")) != 1)) {
                for (String file : files) {
                    assertThat(folder.resolve(file)).hasSize(2 * MEGABYTE);
                }
            }
            assertThat(unpack(jar, files).resolve("two.bin")).hasSize(2 * MEGABYTE);
            assertThat(names(cache)).hasSize(3).noneMatch(name -> name.contains(".part"));
        }
        assertThat(interrupted).as("how many were killed before they had finished").isPositive();
    }

    @Test
    void resourcesMustBeThereAndDiffer() throws IOException {
        Path jar = jar(1, 1, "a/one.bin", "b/one.bin");
        assertThatThrownBy(() -> unpack(jar, "a/two.bin"))
                .hasMessage("resource a/two.bin is on neither the class path nor the module path");
        assertThatThrownBy(() -> unpack(jar, "a/one.bin", "b/one.bin"))
                .hasMessage("two resources are named one.bin");
    }
}
