package io.panatorch.bindings;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URL;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.FileLockInterruptionException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * Files out of jars, unpacked once for all JVMs of a user.
 *
 * <p>The folder is named after the bundle and a fingerprint of its content (the jars' own checksums), so versions never
 * meet. It appears by one atomic rename when it is whole and on the disk: a JVM that is killed half-way leaves a temporary
 * folder that the next one removes, and of two that start at once one unpacks while the other waits at the lock, or
 * both do where the file system has no locks. What is damaged afterwards is noticed and unpacked again, see
 * {@link Bundle#isIntact}.
 *
 * <p>Where: the folder that the system property {@value #PROPERTY} names, else {@code $XDG_CACHE_HOME/panatorch}, else
 * {@code ~/.cache/panatorch}. Where there is no home or it cannot be written, {@code panatorch-UID} in the JVM's
 * temporary folder, which only its owner can enter. What is loaded runs as this user, so a folder that another one than
 * root may write to is refused where it was named, and passed over where it is the home's, see {@link Trust}.
 */
public final class ResourceCache {

    /** The system property that names the folder. */
    public static final String PROPERTY = "panatorch.cache";

    /** A file lock holds between processes, not between threads; a literal is one object for all class loaders. */
    static final Object IN_PROCESS = "io.panatorch.bindings.ResourceCache";

    private static final Duration LONGEST_UNPACKING = Duration.ofHours(1);

    private ResourceCache() {}

    /**
     * The folder of all bundles, whether or not it exists yet.
     *
     * @throws IOException where the folder that somebody named cannot be the name of a file
     */
    public static Path root() throws IOException {
        return CacheFolder.chosen(CacheFolder.candidates()).path();
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
        Bundle whole = Bundle.of(bundle, files);
        List<CacheFolder> candidates = CacheFolder.candidates();
        for (CacheFolder candidate : candidates) {
            if (candidate.distrust().isEmpty() && whole.isIntact(candidate.path())) {
                return candidate.path().resolve(whole.name());
            }
        }
        CacheFolder chosen = CacheFolder.chosen(candidates);
        Path target = chosen.path().resolve(whole.name());
        try {
            chosen.create();
            synchronized (IN_PROCESS) {
                unpack(whole, chosen.path());
            }
            return target;
        } catch (IOException e) {
            throw new IOException(
                    "cannot unpack " + bundle + " to " + target + ": " + chosen.explain(e, whole.size()), e);
        }
    }

    private static void unpack(Bundle bundle, Path root) throws IOException {
        Path lock = root.resolve(bundle.name() + ".lock");
        try (FileChannel channel = FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            FileLock held = lock(channel);
            if (bundle.isIntact(root)) { // another process was faster
                return;
            }
            Path part = root.resolve(bundle.name() + ".part-" + UUID.randomUUID());
            deleteLeftovers(root, bundle.name() + ".part-", held == null ? LONGEST_UNPACKING : Duration.ZERO);
            try {
                Files.createDirectory(part, CacheFolder.OWNER_WRITES);
                bundle.unpack(part);
                publish(bundle, part, root);
            } finally {
                deleteTree(part);
            }
        } // which releases the lock
    }

    /** The lock, or null where the file system has none, as NFS without its lock service. */
    private static FileLock lock(FileChannel channel) throws IOException {
        try {
            return channel.lock();
        } catch (ClosedByInterruptException | FileLockInterruptionException e) {
            throw e;
        } catch (IOException e) {
            return null;
        }
    }

    /** What killed processes left: all of it with a lock, without one what is so old that nobody is writing it. */
    private static void deleteLeftovers(Path root, String prefix, Duration age) throws IOException {
        Instant latest = Instant.now().minus(age);
        try (Stream<Path> all = Files.list(root)) {
            for (Path path : all.filter(path -> path.getFileName().toString().startsWith(prefix)).toList()) {
                try {
                    if (!Files.getLastModifiedTime(path).toInstant().isAfter(latest)) {
                        deleteTree(path);
                    }
                } catch (NoSuchFileException e) {
                    // Its process was not killed and has just finished.
                }
            }
        }
    }

    private static void publish(Bundle bundle, Path part, Path root) throws IOException {
        Path target = root.resolve(bundle.name());
        if (bundle.isIntact(root)) { // another process was faster, without a lock
            return;
        }
        putAside(target, root.resolve(part.getFileName() + "-old"));
        try {
            Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
            Disk.force(root);
        } catch (IOException e) {
            if (!bundle.isIntact(root)) {
                throw e;
            }
        }
        bundle.stamp(root);
    }

    /**
     * Takes away what is damaged: at once, so that never a part of it is under its name, and before its successor is there,
     * since who finds that one whole does not look for what is left.
     */
    private static void putAside(Path damaged, Path aside) throws IOException {
        try {
            Files.move(damaged, aside, StandardCopyOption.ATOMIC_MOVE);
        } catch (NoSuchFileException e) {
            return; // the usual case
        }
        deleteTree(aside);
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
