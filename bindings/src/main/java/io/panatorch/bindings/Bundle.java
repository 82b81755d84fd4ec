package io.panatorch.bindings;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.jar.JarEntry;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;

/**
 * Files that are unpacked together.
 *
 * @param name what they are, and a fingerprint of their content
 */
record Bundle(String name, List<Source> sources) {

    /**
     * @param path in the folder, with {@code /} between names
     * @param checksum a CRC-32, which jars have of each file
     */
    record Source(URL url, String path, long size, long checksum) {}

    private static final Set<StandardOpenOption> NEW = Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    private static final FileAttribute<?> OWNER_WRITES =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-r--r--"));

    private static final int BLOCK = 1 << 20;
    private static final Path BOOT = Path.of("/proc/sys/kernel/random/boot_id");

    static Bundle of(String name, Map<String, URL> files) throws IOException {
        List<Source> sources = new ArrayList<>();
        long fingerprint = 0;
        for (Map.Entry<String, URL> file : files.entrySet()) {
            Source source = source(file.getKey(), file.getValue());
            sources.add(source);
            fingerprint = 31 * fingerprint + source.checksum;
        }
        return new Bundle(name + "-" + Long.toHexString(fingerprint), sources);
    }

    private static Source source(String path, URL url) throws IOException {
        if (url.openConnection() instanceof JarURLConnection jar) {
            JarEntry entry = jar.getJarEntry();
            return new Source(url, path, entry.getSize(), entry.getCrc());
        }
        // A folder of classes, as in a build: the same checksum as in the jar, so that both share what is unpacked.
        try (InputStream in = url.openStream()) {
            CRC32 checksum = new CRC32();
            long size = new CheckedInputStream(in, checksum).transferTo(OutputStream.nullOutputStream());
            return new Source(url, path, size, checksum.getValue());
        }
    }

    long size() {
        return sources.stream().mapToLong(Source::size).sum();
    }

    /**
     * Whether the cache has all files with the content of the jars, and nobody else may change them.
     *
     * <p>Their checksums are compared, which takes a good part of a second for libtorch, once after each start of the
     * machine, when a crash may have cost what had not reached the disk, and whenever a file was changed since. A stamp
     * beside the folder tells: the machine's start and the files' change times. Other uses compare sizes and stamp.
     *
     * <p>What cannot be read is not intact: it is damaged, or another process is about to replace it. Who is told so
     * tries again under the lock.
     */
    boolean isIntact(Path root) {
        try {
            return holds(root);
        } catch (IOException e) {
            return false;
        }
    }

    private boolean holds(Path root) throws IOException {
        Path folder = root.resolve(name);
        for (Source source : sources) {
            Path file = folder.resolve(source.path);
            if (!Files.isRegularFile(file) || Files.size(file) != source.size || isInOtherHands(file)) {
                return false;
            }
        }
        String state = state(folder);
        if (isStamped(root, state) || !Files.isWritable(root)) { // nothing can be mended from here where it is not ours
            return true;
        }
        for (Source source : sources) {
            if (checksum(folder.resolve(source.path)) != source.checksum) {
                return false;
            }
        }
        stamp(root, state);
        return true;
    }

    private static boolean isInOtherHands(Path file) {
        return Trust.others(file).isPresent() || Trust.others(file.getParent()).isPresent();
    }

    /** Says of files that were just unpacked that they are right. */
    void stamp(Path root) {
        try {
            stamp(root, state(root.resolve(name)));
        } catch (IOException e) {
            // Another process is replacing them, and will say it itself.
        }
    }

    private void stamp(Path root, String state) {
        try {
            Files.writeString(stampFile(root), state);
        } catch (IOException e) {
            // On a full disk, say, or a folder has its name. It saves the next one time, and nothing else.
        }
    }

    private Path stampFile(Path root) {
        return root.resolve(name + ".checked");
    }

    private boolean isStamped(Path root, String state) {
        Path stamp = stampFile(root);
        try {
            return Files.isRegularFile(stamp)
                    && Arrays.equals(Files.readAllBytes(stamp), state.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            return false;
        }
    }

    private String state(Path folder) throws IOException {
        StringBuilder state = new StringBuilder(Files.isReadable(BOOT) ? Files.readString(BOOT) : "");
        for (Source source : sources) {
            Path file = folder.resolve(source.path);
            state.append(Files.getAttribute(file, "unix:ctime")).append(' ').append(source.path).append('\n');
        }
        return state.toString();
    }

    private static long checksum(Path file) throws IOException {
        CRC32 checksum = new CRC32();
        ByteBuffer block = ByteBuffer.allocateDirect(BLOCK);
        try (FileChannel in = FileChannel.open(file)) {
            while (in.read(block.clear()) >= 0) {
                checksum.update(block.flip());
            }
        }
        return checksum.getValue();
    }

    /** Writes the files to an empty folder, and to its disk. */
    void unpack(Path folder) throws IOException {
        Set<Path> folders = new HashSet<>(Set.of(folder));
        for (Source source : sources) {
            Path file = folder.resolve(source.path);
            Files.createDirectories(file.getParent(), CacheFolder.OWNER_WRITES);
            Stream.iterate(file.getParent(), each -> !each.equals(folder), Path::getParent).forEach(folders::add);
            try (InputStream in = source.url.openStream();
                    FileChannel out = FileChannel.open(file, NEW, OWNER_WRITES)) {
                long size = in.transferTo(Channels.newOutputStream(out));
                if (size != source.size) {
                    throw new IOException(source.path + " has " + size + " bytes, expected " + source.size);
                }
                out.force(true); // a rename may reach the disk before the content does
            }
        }
        folders.forEach(Disk::force);
    }
}
