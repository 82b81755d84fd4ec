package io.panatorch.bindings;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileLockInterruptionException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A folder that the cache may be in, and what is wrong with it.
 *
 * @param path absolute
 * @param isPrivate whether it lies where everybody may write, and so must be ours alone: what is loaded from it runs as us
 */
record CacheFolder(Path path, boolean isPrivate) {

    static final String REMEDY = "name another folder with -D" + ResourceCache.PROPERTY + " or XDG_CACHE_HOME";

    /** Of folders for others to read, whatever the umask allows them beyond that. */
    static final FileAttribute<?> OWNER_WRITES =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x"));

    private static final FileAttribute<?> ONLY_OWNER =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
    private static final String VARIABLE = "XDG_CACHE_HOME";
    private static final long MEBIBYTE = 1 << 20;
    private static final Path SELF = Path.of("/proc/self");

    /** Where the cache may be in this process, the first choice first. */
    static List<CacheFolder> candidates() throws IOException {
        return candidates(System.getProperty(ResourceCache.PROPERTY), System.getenv(VARIABLE),
                System.getProperty("user.home"), System.getProperty("java.io.tmpdir"));
    }

    /** A folder that somebody named is the only candidate. Homes may be missing: {@code ?}, or a folder that is none. */
    static List<CacheFolder> candidates(String property, String xdg, String home, String temporary) throws IOException {
        if (property != null && !property.isEmpty()) {
            return List.of(new CacheFolder(named(property, "-D" + ResourceCache.PROPERTY).toAbsolutePath(), false));
        }
        if (xdg != null && xdg.startsWith("/")) { // relative ones are to be ignored, says its specification
            return List.of(new CacheFolder(named(xdg, "environment variable " + VARIABLE).resolve("panatorch"), false));
        }
        List<CacheFolder> folders = new ArrayList<>();
        if (isHome(home)) {
            folders.add(new CacheFolder(Path.of(home, ".cache", "panatorch"), false));
        }
        String user = Trust.user().map(Integer::toUnsignedString).orElse(System.getProperty("user.name"));
        folders.add(new CacheFolder(Path.of(temporary, "panatorch-" + user).toAbsolutePath(), true));
        return folders;
    }

    /**
     * The path that somebody wrote.
     *
     * @param by where it was written
     * @throws IOException where there are characters in it that no file name has here, as outside ASCII in the locale C
     */
    static Path named(String path, String by) throws IOException {
        try {
            return Path.of(path);
        } catch (InvalidPathException e) {
            throw new IOException(by + " names " + path + ", which cannot be the name of a file in the encoding "
                    + NativeFrame.FILE_NAMES + " of this locale: set LC_ALL=C.UTF-8, say, for java", e);
        }
    }

    private static boolean isHome(String home) {
        try {
            return home != null && Path.of(home).isAbsolute() && Files.isDirectory(Path.of(home));
        } catch (InvalidPathException e) { // a name that the locale cannot express
            return false;
        }
    }

    /** The one to write to: the first that can be written, else the last. */
    static CacheFolder chosen(List<CacheFolder> candidates) {
        return candidates.stream()
                .filter(candidate -> candidate.isWritable() && candidate.distrust().isEmpty())
                .findFirst().orElseGet(candidates::getLast);
    }

    private boolean isWritable() {
        Path there = nearest();
        return Files.isDirectory(there) && Files.isWritable(there);
    }

    /** The folder itself, or the innermost one around it that exists. */
    private Path nearest() {
        return Stream.iterate(path, Path::getParent).filter(Files::exists).findFirst().orElseThrow();
    }

    /** Why nothing that lies in it may be loaded, and what to do; empty where it may. */
    Optional<String> distrust() {
        if (isPrivate) {
            return !Files.exists(path, LinkOption.NOFOLLOW_LINKS) || Trust.isOursAlone(path) ? Optional.empty()
                    : Optional.of(path + " is not a folder of this user's alone, so others may have put into it what would be"
                            + " loaded; " + REMEDY);
        }
        return Trust.others(path).map(others -> path + " can be written by " + others + ", and what is loaded from there runs as"
                + " this user; take that right away, or " + REMEDY);
    }

    /** Makes the folder where it is missing. */
    void create() throws IOException {
        if (isPrivate) {
            try {
                Files.createDirectory(path, ONLY_OWNER);
            } catch (FileAlreadyExistsException e) {
                // By an earlier process, or by somebody else.
            }
        } else {
            Files.createDirectories(path, OWNER_WRITES);
        }
        Optional<String> distrust = distrust();
        if (distrust.isPresent()) {
            throw new IOException(distrust.get());
        }
    }

    /** Why writing failed, and what to do: only that which fits. */
    String explain(IOException e, long needed) {
        if (e instanceof ClosedByInterruptException || e instanceof FileLockInterruptionException) {
            return "interrupted";
        }
        Optional<String> distrust = distrust();
        if (distrust.isPresent()) {
            return distrust.get();
        }
        Path there = nearest();
        if (!Files.isDirectory(there)) {
            return there + " is a file, not a folder; " + REMEDY;
        }
        if (isReadOnly(there)) {
            return there + " is on a read-only file system; " + REMEDY;
        }
        if (!Files.isWritable(there)) {
            return "no permission to write in " + there + "; " + REMEDY;
        }
        File folder = there.toFile(); // a FileStore has to be found among the mounts, see isReadOnly
        if (folder.getTotalSpace() > 0 && folder.getUsableSpace() < needed) { // there is none at all in /proc
            return reason(e) + " (" + (1 + needed / MEBIBYTE) + " MiB are needed); free space there, or " + REMEDY;
        }
        return reason(e) + "; " + REMEDY;
    }

    private static boolean isReadOnly(Path there) {
        try {
            return Files.getFileStore(there).isReadOnly();
        } catch (IOException e) { // its mount is not among those that can be seen, as in a chroot
            return false;
        }
    }

    private static String reason(IOException e) {
        return switch (e) {
            case AccessDeniedException denied -> "no permission to write " + denied.getFile();
            case FileSystemException failure when failure.getReason() == null ->
                "cannot write " + failure.getFile() + " (" + failure.getClass().getSimpleName() + ")";
            default -> e.getMessage();
        };
    }

    /** What to do where libraries of a folder do not load, as far as the folder is the reason; else nothing. */
    static String adviceOnLoading(Path folder) {
        boolean isUnpacked = isUnpacked(folder);
        if (isNoExec(folder)) {
            return "; " + folder + " is on a file system that is mounted noexec, no library can be loaded from there: "
                    + (isUnpacked ? REMEDY : "take a copy that is elsewhere");
        }
        boolean isLookedAt = !isUnpacked || Files.isWritable(folder.getParent()); // see Bundle.isIntact
        return isLookedAt ? "" : "; if the file is damaged, " + REMEDY;
    }

    private static boolean isUnpacked(Path folder) {
        try {
            return candidates().stream().anyMatch(candidate -> folder.startsWith(candidate.path));
        } catch (IOException e) { // there is no cache
            return false;
        }
    }

    private static boolean isNoExec(Path folder) {
        try (Stream<String> mounts = Files.lines(SELF.resolve("mounts"))) {
            Path real = folder.toRealPath();
            return mounts.map(line -> line.split(" "))
                    .filter(mount -> real.startsWith(Path.of(unescaped(mount[1]))))
                    .reduce((outer, inner) -> inner[1].length() >= outer[1].length() ? inner : outer)
                    .filter(mount -> List.of(mount[3].split(",")).contains("noexec"))
                    .isPresent();
        } catch (IOException | UncheckedIOException e) {
            return false; // not to be known
        }
    }

    /** Blanks and the like are octal numbers in the list of mounts. */
    private static String unescaped(String path) {
        return path.replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\");
    }
}
