package io.panatorch.bindings;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.JarURLConnection;
import java.net.URL;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.jar.JarEntry;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;

/**
 * Files out of jars, unpacked once for all JVMs of a user.
 *
 * <p>The folder is named after the bundle and a fingerprint of its content (the jars' own checksums), so versions never
 * meet. It appears by one atomic rename when it is whole: a JVM that is killed half-way leaves a temporary folder that
 * the next one removes, and of two that start at once one unpacks while the other waits at the lock. Sizes are compared
 * at every use, so a file that a crash of the machine cut short is unpacked again.
 *
 * <p>Where: the system property {@value #PROPERTY}, else {@code $XDG_CACHE_HOME/panatorch}, else
 * {@code ~/.cache/panatorch}.
 */
public final class ResourceCache {

    /** The system property that names the folder. */
    public static final String PROPERTY = "panatorch.cache";

    private record Source(URL url, String path, long size, long fingerprint) {}

    private ResourceCache() {}

    /** The folder of all bundles. */
    public static Path root() {
        String named = System.getProperty(PROPERTY);
        if (named != null) {
            return Path.of(named);
        }
        String xdg = System.getenv("XDG_CACHE_HOME");
        Path caches = xdg != null && !xdg.isEmpty() ? Path.of(xdg) : Path.of(System.getProperty("user.home"), ".cache");
        return caches.resolve("panatorch");
    }

    /**
     * The folder that holds the resources, side by side under their last names.
     *
     * @param bundle what they are together, for the folder's name
     * @param resources full names of resources of {@code loader}
     * @throws IOException where a resource is missing or the folder cannot be written; the message names both
     */
    public static Path unpack(String bundle, List<String> resources, ClassLoader loader) throws IOException {
        Map<String, URL> files = new LinkedHashMap<>();
        for (String resource : resources) {
            String fileName = resource.substring(resource.lastIndexOf('/') + 1);
            URL url = loader.getResource(resource);
            if (url == null) {
                throw new IOException("resource " + resource + " is on neither the class path nor the module path");
            }
            if (files.put(fileName, url) != null) {
                throw new IOException("two resources are named " + fileName);
            }
        }
        return unpack(bundle, files);
    }

    /**
     * The folder that holds the files.
     *
     * @param bundle what they are together, for the folder's name
     * @param files where each is read from, by its path in the folder with {@code /} between names
     * @throws IOException where a file cannot be read or the folder cannot be written; the message names both
     */
    public static Path unpack(String bundle, Map<String, URL> files) throws IOException {
        List<Source> sources = new ArrayList<>();
        long fingerprint = 0;
        for (Map.Entry<String, URL> file : files.entrySet()) {
            Source source = source(file.getKey(), file.getValue());
            sources.add(source);
            fingerprint = 31 * fingerprint + source.fingerprint;
        }
        Path target = root().resolve(bundle + "-" + Long.toHexString(fingerprint));
        if (isWhole(target, sources)) {
            return target;
        }
        try {
            synchronized (ResourceCache.class) { // a file lock holds between processes, not between threads
                unpackLocked(target, sources);
            }
        } catch (IOException e) {
            throw new IOException("cannot unpack " + bundle + " to " + target + ": " + reason(e)
                    + "; free space there, or name another folder with -D" + PROPERTY, e);
        }
        return target;
    }

    private static String reason(IOException e) {
        return e.getClass() == IOException.class ? e.getMessage() : e.getClass().getSimpleName() + " " + e.getMessage();
    }

    private static Source source(String path, URL url) throws IOException {
        if (url.openConnection() instanceof JarURLConnection jar) {
            JarEntry entry = jar.getJarEntry();
            return new Source(url, path, entry.getSize(), entry.getCrc());
        }
        // A folder of classes, as in a build: the same checksum as in the jar, so that both share what is unpacked.
        CRC32 checksum = new CRC32();
        try (CheckedInputStream in = new CheckedInputStream(url.openStream(), checksum)) {
            long size = in.transferTo(OutputStream.nullOutputStream());
            return new Source(url, path, size, checksum.getValue());
        }
    }

    private static boolean isWhole(Path folder, List<Source> sources) throws IOException {
        for (Source source : sources) {
            Path file = folder.resolve(source.path);
            if (!Files.isRegularFile(file) || Files.size(file) != source.size) {
                return false;
            }
        }
        return true;
    }

    private static void unpackLocked(Path target, List<Source> sources) throws IOException {
        Path parent = target.getParent();
        Files.createDirectories(parent);
        Path lock = parent.resolve(target.getFileName() + ".lock");
        try (FileChannel channel = FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                var held = channel.lock()) {
            if (!held.isValid() || isWhole(target, sources)) { // another process was faster
                return;
            }
            Path temporary = parent.resolve(target.getFileName() + ".part");
            deleteTree(temporary); // of a process that was killed: nobody else can be writing it, the lock is ours
            deleteTree(target);
            try {
                Files.createDirectory(temporary);
                for (Source source : sources) {
                    copy(source, temporary.resolve(source.path));
                }
                Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                deleteTree(temporary);
            }
        }
    }

    private static void copy(Source source, Path file) throws IOException {
        Files.createDirectories(file.getParent());
        try (InputStream in = source.url.openStream()) {
            Files.copy(in, file);
        }
        if (Files.size(file) != source.size) {
            throw new IOException(source.path + " has " + Files.size(file) + " bytes, expected " + source.size);
        }
    }

    private static void deleteTree(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> paths = Files.walk(folder)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }
}
