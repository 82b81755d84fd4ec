package io.panatorch.bindings;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.JarURLConnection;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.stream.Stream;

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

    private record Source(URL url, String fileName, long size, long fingerprint) {}

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
        List<Source> sources = new ArrayList<>();
        long fingerprint = 0;
        for (String resource : resources) {
            Source source = find(resource, loader);
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

    private static Source find(String resource, ClassLoader loader) throws IOException {
        URL url = loader.getResource(resource);
        if (url == null) {
            throw new IOException("resource " + resource + " is on neither the class path nor the module path");
        }
        String fileName = resource.substring(resource.lastIndexOf('/') + 1);
        var connection = url.openConnection();
        if (connection instanceof JarURLConnection jar) {
            JarEntry entry = jar.getJarEntry();
            return new Source(url, fileName, entry.getSize(), entry.getCrc());
        }
        try {
            Path file = Path.of(url.toURI());
            return new Source(url, fileName, Files.size(file), Files.getLastModifiedTime(file).toMillis());
        } catch (URISyntaxException e) {
            throw new IOException("resource " + resource + " has the unusable address " + url, e);
        }
    }

    private static boolean isWhole(Path folder, List<Source> sources) throws IOException {
        for (Source source : sources) {
            Path file = folder.resolve(source.fileName);
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
                    copy(source, temporary.resolve(source.fileName));
                }
                Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                deleteTree(temporary);
            }
        }
    }

    private static void copy(Source source, Path file) throws IOException {
        try (InputStream in = source.url.openStream()) {
            Files.copy(in, file);
        } catch (FileAlreadyExistsException e) {
            throw new IOException("two resources are named " + source.fileName, e);
        }
        if (Files.size(file) != source.size) {
            throw new IOException(source.fileName + " has " + Files.size(file) + " bytes, expected " + source.size);
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
