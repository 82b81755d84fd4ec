package io.panatorch.io;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The temporary files and folders in use, which one shutdown hook deletes if the JVM ends before their writers do. The hook
 * is there as long as they are: it would keep the class loader of a program that was deployed again.
 */
final class TemporaryFiles {

    /** A writer may still add files to a folder while the JVM ends. */
    private static final int ATTEMPTS = 5;

    private static final Set<Path> LIVE = new HashSet<>();
    private static Thread hook;
    private static boolean ended;

    private TemporaryFiles() {}

    /** Creates a temporary file or folder. */
    interface Creator {
        Path create(Path path, FileAttribute<?>... attributes) throws IOException;
    }

    /** Creates under the lock that the hook takes too, so that the hook misses none. */
    static synchronized void create(Path path, Creator creator) throws IOException {
        if (!ended && hook == null) {
            try {
                Thread added = new Thread(TemporaryFiles::deleteAll, "panatorch-temporary-files");
                Runtime.getRuntime().addShutdownHook(added);
                hook = added;
            } catch (IllegalStateException e) {
                ended = true;
            }
        }
        requireRunning(path);
        LIVE.add(path);
        creator.create(path);
    }

    /** Renames under the lock, so that nothing that the hook has begun to delete takes its target's name. */
    static synchronized void publish(Path path, Path target) throws IOException {
        requireRunning(path);
        Files.move(path, target, StandardCopyOption.ATOMIC_MOVE);
        forget(path);
    }

    /**
     * Moves what is in a folder into another, where it takes the place of files with such names. Old ones go
     * last: what fails before has deleted nothing.
     */
    static synchronized void publishInto(Path path, Path target, Predicate<String> replaced) throws IOException {
        requireRunning(path);
        Set<Path> names = new HashSet<>();
        for (Path file : files(path)) {
            Path place = target.resolve(file.getFileName());
            if (isFolder(place)) {
                throw new FileSystemException(place.toString(), null,
                        "is a folder, in the way of a new file; move it or choose another path");
            }
            names.add(file.getFileName());
        }
        for (Path name : names) {
            Files.move(path.resolve(name), target.resolve(name), StandardCopyOption.ATOMIC_MOVE);
        }
        for (Path old : files(target)) {
            Path name = old.getFileName();
            if (replaced.test(name.toString()) && !names.contains(name) && !isFolder(old)) {
                Files.delete(old);
            }
        }
        delete(path);
        forget(path);
    }

    private static boolean isFolder(Path path) {
        return Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS);
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        }
    }

    private static void requireRunning(Path path) throws IOException {
        if (ended) {
            throw new FileSystemException(path.toString(), null, "the program is ending");
        }
    }

    static synchronized void forget(Path path) {
        LIVE.remove(path);
        if (LIVE.isEmpty() && hook != null) {
            try {
                Runtime.getRuntime().removeShutdownHook(hook);
                hook = null;
            } catch (IllegalStateException e) {
                // The JVM is ending: the hook runs, or has run.
            }
        }
    }

    /** Deletes a file, or a folder with all that is in it, if it is there; links in it are deleted, not followed. */
    static void delete(Path path) throws IOException {
        for (int attempt = 1; ; attempt++) {
            try (Stream<Path> tree = Files.walk(path)) {
                List<Path> innermostFirst = tree.sorted(Comparator.reverseOrder()).toList();
                for (Path each : innermostFirst) {
                    Files.deleteIfExists(each);
                }
                return;
            } catch (NoSuchFileException e) {
                return;
            } catch (DirectoryNotEmptyException e) {
                if (attempt == ATTEMPTS) {
                    throw e;
                }
            } catch (UncheckedIOException e) {
                if (attempt == ATTEMPTS) {
                    throw e.getCause();
                }
            }
        }
    }

    private static void deleteAll() {
        List<Path> left;
        synchronized (TemporaryFiles.class) {
            ended = true;
            left = List.copyOf(LIVE);
        }
        for (Path path : left) {
            try {
                delete(path);
            } catch (IOException e) {
                System.err.println("panatorch: could not delete the temporary " + path + ": " + e.getMessage());
            }
        }
    }
}
