package io.panatorch.cogvideox.hub;

import io.panatorch.io.AtomicFile;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * One model's folder in the cache. Nothing of it is changed once it is there, besides references. See the package for its layout.
 */
final class ModelCache {

    private static final int LONGEST_REFERENCE = 256;

    private final Path folder;
    private final Path locks;
    private final boolean linking;

    ModelCache(HubSettings settings, ModelId model) {
        this.folder = settings.cacheFolder().resolve(model.folderName());
        this.locks = settings.cacheFolder().resolve(".locks").resolve(model.folderName());
        this.linking = settings.isLinking();
    }

    /** {@return the model's folder, whether or not it is there} */
    Path folder() {
        return folder;
    }

    /** {@return the commit that a revision stood for when it was last asked for} */
    Optional<String> commit(String revision) throws IOException {
        return ModelId.isCommit(revision) ? Optional.of(revision) : readReference(folder.resolve("refs").resolve(revision));
    }

    private static Optional<String> readReference(Path file) throws IOException {
        if (!Files.isRegularFile(file) || Files.size(file) > LONGEST_REFERENCE) {
            return Optional.empty();
        }
        return Optional.of(Files.readString(file).strip()).filter(ModelId::isCommit);
    }

    /** {@return the branches and tags that stand for a commit} */
    Set<String> revisions(String commit) throws IOException {
        Path references = folder.resolve("refs");
        Set<String> revisions = new TreeSet<>();
        if (Files.isDirectory(references)) {
            try (Stream<Path> files = Files.walk(references)) {
                for (Path file : files.toList()) {
                    if (readReference(file).filter(commit::equals).isPresent()) {
                        revisions.add(references.relativize(file).toString().replace('\\', '/'));
                    }
                }
            }
        }
        return revisions;
    }

    /** Notes what a revision stands for. */
    void remember(String revision, String commit) throws IOException {
        if (!ModelId.isCommit(revision) && commit(revision).filter(commit::equals).isEmpty()) {
            Path reference = folder.resolve("refs").resolve(revision);
            Files.createDirectories(reference.getParent());
            AtomicFile.write(reference, temporary -> Files.writeString(temporary, commit));
        }
    }

    /** Notes that a commit has no such file, where the cache can be written. */
    void rememberMissing(String commit, String file) {
        Path note = note(commit, file);
        try {
            Files.createDirectories(note.getParent());
            Files.createFile(note);
        } catch (IOException e) {
            // noted before, or it takes another request next time
        }
    }

    /** {@return whether it is noted that a commit has no such file} */
    boolean isNotedMissing(String commit, String file) {
        return Files.isRegularFile(note(commit, file));
    }

    private Path note(String commit, String file) {
        return folder.resolve(".no_exist").resolve(commit).resolve(file);
    }

    /** {@return the commits of which there is something} */
    Set<String> commits() throws IOException {
        Path snapshots = folder.resolve("snapshots");
        if (!Files.isDirectory(snapshots)) {
            return Set.of();
        }
        try (Stream<Path> all = Files.list(snapshots)) {
            return all.map(path -> path.getFileName().toString()).filter(ModelId::isCommit).collect(Collectors.toCollection(TreeSet::new));
        }
    }

    /** {@return the folder of a commit's files, whether or not it is there} */
    Path snapshot(String commit) {
        return folder.resolve("snapshots").resolve(commit);
    }

    /** {@return the names of the files that a commit's folder has, those left out whose link leads nowhere} */
    Set<String> files(String commit) throws IOException {
        Path snapshot = snapshot(commit);
        if (!Files.isDirectory(snapshot)) {
            return Set.of();
        }
        try (Stream<Path> all = Files.walk(snapshot)) {
            return all.filter(Files::isRegularFile).map(file -> snapshot.relativize(file).toString().replace('\\', '/'))
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }

    /** {@return whether a commit's folder has a file} */
    boolean has(String commit, String file) {
        return Files.isRegularFile(snapshot(commit).resolve(file));
    }

    /** {@return where the content of a file is, whichever files have it, or will be} Its folder is there. */
    Path blob(RemoteFile file) throws IOException {
        return Files.createDirectories(folder.resolve("blobs")).resolve(file.etag());
    }

    /** {@return whether the content of a file is there} */
    boolean hasBlob(RemoteFile file) throws IOException {
        Path blob = blob(file);
        return Files.isRegularFile(blob) && Files.size(blob) == file.size();
    }

    /** {@return where a file's content is while it is not whole} */
    Path incomplete(RemoteFile file) throws IOException {
        Path blob = blob(file);
        return blob.resolveSibling(blob.getFileName() + ".incomplete");
    }

    /** {@return what to lock while a blob is written} Its folder is there. */
    Path lock(RemoteFile file) throws IOException {
        return Files.createDirectories(locks).resolve(file.etag() + ".lock");
    }

    /**
     * Lets a file appear in its commit's folder; its blob is there.
     *
     * @param isNew whether no other commit's folder can have it
     */
    void publish(RemoteFile file, boolean isNew) throws IOException {
        Path pointer = snapshot(file.commit()).resolve(file.name());
        Files.createDirectories(pointer.getParent());
        requireInside(pointer);
        if (Files.isRegularFile(pointer)) {
            return;
        }
        Files.deleteIfExists(pointer); // a link that leads nowhere any more
        Path blob = blob(file);
        if (!linking || !link(pointer, blob)) {
            if (isNew) {
                Files.move(blob, pointer, StandardCopyOption.ATOMIC_MOVE);
            } else {
                AtomicFile.write(pointer, temporary -> Files.copy(blob, temporary, StandardCopyOption.REPLACE_EXISTING));
            }
        }
    }

    /** A folder of the snapshot may itself be a link that somebody has made. */
    private void requireInside(Path pointer) throws IOException {
        if (!pointer.getParent().toRealPath().startsWith(folder.resolve("snapshots").toRealPath())) {
            throw new FileSystemException(pointer.toString(), null, "its folder is a link that leads out of the cache; delete the link");
        }
    }

    private static boolean link(Path pointer, Path blob) throws IOException {
        try {
            Files.createSymbolicLink(pointer, pointer.getParent().relativize(blob));
            return true;
        } catch (FileAlreadyExistsException e) {
            if (Files.isSymbolicLink(pointer)) { // another program was faster
                return true;
            }
            throw e;
        } catch (UnsupportedOperationException | FileSystemException e) {
            return false;
        }
    }

    /** {@return how many bytes a commit's files take, each once, though several names may lead to it} */
    long bytes(String commit) throws IOException {
        Set<Path> real = new TreeSet<>();
        for (String file : files(commit)) {
            try {
                real.add(snapshot(commit).resolve(file).toRealPath());
            } catch (NoSuchFileException e) {
                // deleted meanwhile
            }
        }
        long bytes = 0;
        for (Path file : real) {
            bytes += Files.size(file);
        }
        return bytes;
    }

    /** {@return how much of a file is there already, of what would otherwise be fetched again} */
    long partSize(RemoteFile file) throws IOException {
        Path part = incomplete(file);
        return file.digest().isPresent() && Files.isRegularFile(part, LinkOption.NOFOLLOW_LINKS) ? Files.size(part) : 0;
    }
}
