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
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A folder that the cache may be in, and what is wrong with it.
 *
 * @param path absolute
 * @param isPrivate whether it lies where everybody may write, and so must be ours alone: what is loaded from it runs as us
 */
record CacheFolder(Path path, boolean isPrivate) {

    static final String REMEDY = "name another folder with -D" + ResourceCache.PROPERTY + " or XDG_CACHE_HOME";

    private static final String ONLY_OWNER = "rwx------";
    private static final long MEBIBYTE = 1 << 20;
    private static final Path SELF = Path.of("/proc/self");

    /** Where the cache may be in this process, the first choice first. */
    static List<CacheFolder> candidates() {
        return candidates(System.getProperty(ResourceCache.PROPERTY), System.getenv("XDG_CACHE_HOME"),
                System.getProperty("user.home"), System.getProperty("java.io.tmpdir"));
    }

    /** A folder that somebody named is the only candidate. Homes may be missing: {@code ?}, or a folder that is none. */
    static List<CacheFolder> candidates(String property, String xdg, String home, String temporary) {
        if (property != null && !property.isEmpty()) {
            return List.of(new CacheFolder(Path.of(property).toAbsolutePath(), false));
        }
        if (xdg != null && Path.of(xdg).isAbsolute()) { // relative ones are to be ignored, says its specification
            return List.of(new CacheFolder(Path.of(xdg, "panatorch"), false));
        }
        List<CacheFolder> folders = new ArrayList<>();
        if (home != null && Path.of(home).isAbsolute() && Files.isDirectory(Path.of(home))) {
            folders.add(new CacheFolder(Path.of(home, ".cache", "panatorch"), false));
        }
        folders.add(new CacheFolder(Path.of(temporary, "panatorch-" + user()).toAbsolutePath(), true));
        return folders;
    }

    /** The one to write to: the first that can be written, else the last. */
    static CacheFolder chosen(List<CacheFolder> candidates) {
        return candidates.stream().filter(CacheFolder::isWritable).findFirst().orElseGet(candidates::getLast);
    }

    /** The number of the user whose process this is; the name where there is no number. */
    private static Object user() {
        try {
            return Files.getAttribute(SELF, "unix:uid");
        } catch (IOException | UnsupportedOperationException e) {
            return System.getProperty("user.name");
        }
    }

    private boolean isWritable() {
        Path there = nearest();
        return Files.isDirectory(there) && Files.isWritable(there);
    }

    /** The folder itself, or the innermost one around it that exists. */
    private Path nearest() {
        return Stream.iterate(path, Path::getParent).filter(Files::exists).findFirst().orElseThrow();
    }

    /** Whether what lies in it may be used. */
    boolean isTrusted() throws IOException {
        if (!isPrivate || !Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return true;
        }
        Map<String, Object> found = Files.readAttributes(path, "unix:uid,permissions,isDirectory", LinkOption.NOFOLLOW_LINKS);
        return found.get("uid").equals(user()) && found.get("isDirectory").equals(true)
                && found.get("permissions").equals(PosixFilePermissions.fromString(ONLY_OWNER));
    }

    /** Makes the folder where it is missing. */
    void create() throws IOException {
        if (!isPrivate) {
            Files.createDirectories(path);
            return;
        }
        try {
            Files.createDirectory(path,
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(ONLY_OWNER)));
        } catch (FileAlreadyExistsException e) {
            if (!isTrusted()) {
                throw new IOException(path + " is not a folder of this user's alone, so others may have put into it what"
                        + " would be loaded", e);
            }
        }
    }

    /** Why writing failed, and what to do: only that which fits. */
    String explain(IOException e, long needed) {
        if (e instanceof ClosedByInterruptException || e instanceof FileLockInterruptionException) {
            return "interrupted";
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
        boolean isUnpacked = candidates().stream().anyMatch(candidate -> folder.startsWith(candidate.path));
        if (isNoExec(folder)) {
            return "; " + folder + " is on a file system that is mounted noexec, no library can be loaded from there: "
                    + (isUnpacked ? REMEDY : "take a copy that is elsewhere");
        }
        boolean isLookedAt = !isUnpacked || Files.isWritable(folder.getParent()); // see Bundle.isIntact
        return isLookedAt ? "" : "; if the file is damaged, " + REMEDY;
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
