package io.panatorch.io;

import io.panatorch.bindings.Disk;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Writes files and folders that appear at their path only when they are whole.
 *
 * <p>The content is written under a hidden temporary name in the same folder, forced to the disk and then renamed in
 * one step, so nobody ever sees a half-written file, also after a power failure. On any failure, an interrupt, or the
 * end of the JVM in the middle (Ctrl-C), the temporary file is deleted and what was at the path before stays; that of a
 * killed process (kill -9) is deleted by the next writer in that folder. Of several writers to one path, each writes its
 * own temporary file; the last to finish wins with a file, the first with a folder. A symbolic link is followed: what it
 * leads to is written and the link stays, also where nothing is there yet.
 *
 * <p>Errors are one line that begins with the target and says why and, where possible, what to do.
 */
public final class AtomicFile {

    private static final int LONGEST_EXTENSION = 16;

    private AtomicFile() {}

    /** Writes the content to the temporary path that it is given. */
    @FunctionalInterface
    public interface Writer {

        /**
         * Writes everything; when this returns, what it wrote is closed and complete.
         *
         * @param temporary an existing empty file or empty folder; it has the extension of the target
         * @throws IOException if the content cannot be written; nothing appears at the target then
         */
        void write(Path temporary) throws IOException;
    }

    /**
     * Tells whether {@link #write} could write a file: by writing an empty temporary one, which it deletes.
     *
     * @param target as for {@link #write}
     * @throws IOException if the folder is missing or takes no new files, or the path is something else than a file
     */
    public static void check(Path target) throws IOException {
        Path temporary = temporary(target, requireFile(target));
        try {
            create(target, temporary, Files::createFile);
        } catch (IOException e) {
            throw explain(e, target, temporary);
        } finally {
            Files.deleteIfExists(temporary);
            TemporaryFiles.forget(temporary);
        }
    }

    /**
     * {@return the one path, without links, of what would be written; two targets with the same are one file or folder}
     *
     * @param target as for {@link #write}
     * @throws IOException if the folder that it would be in is missing or cannot be looked into, or links lead in a circle
     */
    public static Path destination(Path target) throws IOException {
        return destination(target, target.toAbsolutePath());
    }

    private static Path destination(Path target, Path path) throws IOException {
        try {
            return path.toRealPath();
        } catch (NoSuchFileException e) { // nothing is there yet
            if (Files.isSymbolicLink(path)) {
                return destination(target, path.resolveSibling(Files.readSymbolicLink(path)));
            }
            return realParent(target, path).resolve(path.getFileName());
        } catch (FileSystemException e) {
            realParent(target, path);
            throw failure(target, Objects.requireNonNullElse(e.getReason(), "cannot be used") + "; choose another path", e);
        }
    }

    private static Path realParent(Path target, Path path) throws IOException {
        Path parent = path.getParent();
        try {
            Path real = parent.toRealPath();
            if (!Files.isDirectory(real)) {
                throw failure(target, parent + " is not a folder; choose another path", null);
            }
            return real;
        } catch (NoSuchFileException e) {
            throw failure(target, "the folder " + parent + " does not exist; create it or choose another path", e);
        } catch (AccessDeniedException e) {
            throw failure(target, "the folder " + parent + " may not be looked into; choose another path", e);
        }
    }

    /**
     * Writes one file, replacing the file at that path if there is one.
     *
     * @param target the file to write; its folder must exist
     * @param writer writes the content
     * @throws IOException if the folder is missing or takes no new files, the path is something else than a file, or writing
     *     fails; exceptions of the writer about other files pass unchanged
     */
    public static void write(Path target, Writer writer) throws IOException {
        produce(target, requireFile(target), Files::createFile, writer);
    }

    /**
     * Writes a folder of files. If the path exists it must be an empty folder, because replacing a folder that has
     * files cannot be done in one step, and would delete files that may be of value.
     *
     * @param target the folder to make; the folder that it lies in must exist
     * @param writer fills the temporary folder
     * @throws IOException as for {@link #write}, or if the path exists and is not an empty folder
     */
    public static void writeDirectory(Path target, Writer writer) throws IOException {
        produce(target, requireFree(target), Files::createDirectory, writer);
    }

    /**
     * Writes files into a folder that exists, in place of those in it that have such names; other files and folders stay.
     * Each appears as a whole, once all of them are: what fails before leaves the folder as it was. They take their places
     * one by one, and the old ones without a successor go last: a process that is killed in that moment, or a disk that
     * fails, leaves new files beside old ones.
     *
     * @param folder the folder; a symbolic link to it is followed
     * @param replaced tells names of files that are in the way of the new ones
     * @param writer fills a temporary folder inside it, with files alone
     * @throws IOException as for {@link #write}, or if there is no such folder, or a folder in it has the name of a new file
     */
    public static void writeInto(Path folder, Predicate<String> replaced, Writer writer) throws IOException {
        Path destination = destination(folder);
        if (!Files.isDirectory(destination)) {
            throw failure(folder, "expected a folder, found none; choose another path", null);
        }
        produce(folder, destination.resolve(TemporaryNames.next()), Files::createDirectory, writer,
                temporary -> TemporaryFiles.publishInto(temporary, destination, replaced));
    }

    @FunctionalInterface
    private interface Publisher {
        void publish(Path temporary) throws IOException;
    }

    private static void produce(Path target, Path destination, TemporaryFiles.Creator creator, Writer writer)
            throws IOException {
        produce(target, temporary(target, destination), creator, writer,
                temporary -> TemporaryFiles.publish(temporary, destination));
    }

    private static void produce(Path target, Path temporary, TemporaryFiles.Creator creator, Writer writer, Publisher publisher)
            throws IOException {
        try {
            create(target, temporary, creator);
            writer.write(temporary);
            force(temporary);
            publisher.publish(temporary);
            Disk.force(temporary.getParent());
        } catch (IOException e) {
            IOException clear = explain(e, target, temporary);
            discard(temporary, clear);
            throw clear;
        } catch (RuntimeException | Error e) {
            discard(temporary, e);
            throw e;
        } finally {
            TemporaryFiles.forget(temporary);
        }
    }

    /** Where the folder itself refuses, so that nothing can have been deleted meanwhile. */
    private static void create(Path target, Path temporary, TemporaryFiles.Creator creator) throws IOException {
        TemporaryNames.deleteLeft(temporary.getParent());
        try {
            TemporaryFiles.create(temporary, creator);
        } catch (NoSuchFileException e) {
            if (!Files.isDirectory(temporary.getParent())) {
                throw e;
            }
            throw failure(target, "no files can be made in the folder " + temporary.getParent() + "; choose another path", e);
        }
    }

    private static void discard(Path temporary, Throwable reason) {
        try {
            TemporaryFiles.delete(temporary);
        } catch (IOException e) {
            reason.addSuppressed(e);
        }
    }

    private static Path requireFile(Path target) throws IOException {
        Path destination = destination(target);
        if (Files.exists(destination) && !Files.isRegularFile(destination)) {
            throw failure(target, destination.getParent() == null
                    ? "is the root folder; choose another path" : "is not a regular file; choose another path", null);
        }
        return destination;
    }

    private static Path requireFree(Path target) throws IOException {
        Path destination = destination(target);
        if (destination.getParent() == null) {
            throw failure(target, "is the root folder; choose another path", null);
        }
        if (!Files.exists(destination)) {
            return destination;
        }
        if (!Files.isDirectory(destination)) {
            throw failure(target, "exists and is not a folder; choose another path", null);
        }
        try (Stream<Path> content = Files.list(destination)) {
            if (content.findAny().isPresent()) {
                throw failure(target, "exists and is not empty; empty it or choose another path", null);
            }
        }
        return destination;
    }

    /**
     * Keeps the extension, because encoders choose a format by it, but not the name, which may be as long as can be.
     */
    private static Path temporary(Path target, Path destination) {
        String name = target.getFileName().toString();
        int dot = name.lastIndexOf('.');
        String extension = dot > 0 && name.length() - dot <= LONGEST_EXTENSION ? name.substring(dot) : "";
        return destination.resolveSibling(TemporaryNames.next() + extension);
    }

    /** Sends the content to the disk, because a rename may otherwise reach it first. */
    private static void force(Path written) throws IOException {
        List<Path> all;
        try (Stream<Path> tree = Files.walk(written)) {
            all = tree.toList();
        }
        for (Path each : all) {
            if (Files.isRegularFile(each)) {
                try (FileChannel channel = FileChannel.open(each, StandardOpenOption.WRITE)) {
                    channel.force(true);
                }
            } else if (Files.isDirectory(each)) {
                Disk.force(each);
            }
        }
    }

    /** Says what failed in the user's terms: the target and the reason, never the temporary name. */
    private static IOException explain(IOException e, Path target, Path temporary) {
        if (e instanceof InvalidFileException) {
            return e;
        }
        if (!(e instanceof FileSystemException f)) {
            boolean interrupted = e instanceof ClosedByInterruptException || e instanceof InterruptedIOException;
            return failure(target, "could not be written: " + (interrupted ? "interrupted" : e.getMessage()), e);
        }
        if (f.getFile() == null || !Path.of(f.getFile()).startsWith(temporary)) {
            return e;
        }
        return failure(target, "could not be written in " + temporary.getParent() + ": " + reason(f), e);
    }

    private static String reason(FileSystemException e) {
        return switch (e) {
            case AccessDeniedException _ -> "permission denied; choose a folder that you may write to";
            case NoSuchFileException _ -> "the folder, or the temporary file in it, was deleted meanwhile";
            default -> e.getReason() == null ? e.getClass().getSimpleName() : e.getReason();
        };
    }

    private static IOException failure(Path target, String problem, IOException cause) {
        FileSystemException failure = new FileSystemException(target.toString(), null, problem);
        if (cause != null) {
            failure.initCause(cause);
        }
        return failure;
    }
}
