package io.panatorch.bindings;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Who could change what is loaded: it runs as this user, so nobody else may, but for the machine's administrator. */
final class Trust {

    private static final Path STATUS = Path.of("/proc/self/status");
    private static final int ROOT = 0;
    private static final int OWNER_ALONE = 0700;
    private static final int PERMISSIONS = 0777;
    private static final int STICKY_FOLDER = 041000;
    private static final int GROUP_WRITES = 0020;
    private static final int OTHERS_WRITE = 0002;

    private static final Optional<Integer> USER = readUser();

    private Trust() {}

    /** The number of the user whose process this is; empty where the system does not tell. */
    static Optional<Integer> user() {
        return USER;
    }

    private static Optional<Integer> readUser() {
        // Not the owner of /proc/self, which is root where java has capabilities.
        try (Stream<String> lines = Files.lines(STATUS, StandardCharsets.ISO_8859_1)) {
            return lines.filter(line -> line.startsWith("Uid:"))
                    .map(line -> Integer.parseUnsignedInt(line.split("\\s+")[2]))
                    .findFirst();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /**
     * Who else may change a file, or put other files in the place of those in a folder; empty where nobody may, or nothing is
     * there. In a sticky folder others cannot touch what is ours. A group of the owner's own number is that user alone.
     */
    static Optional<String> others(Path path) {
        if (USER.isEmpty()) {
            return Optional.empty();
        }
        try {
            Map<String, Object> found = Files.readAttributes(path, "unix:uid,gid,mode");
            int owner = (int) found.get("uid");
            if (owner != USER.get() && owner != ROOT) {
                return Optional.of("user " + Integer.toUnsignedString(owner) + ", whose it is");
            }
            return others(owner, (int) found.get("gid"), (int) found.get("mode"));
        } catch (IOException e) {
            return Optional.empty(); // what cannot be looked at cannot be loaded either
        }
    }

    private static Optional<String> others(int owner, int group, int mode) {
        if ((mode & STICKY_FOLDER) == STICKY_FOLDER) {
            return Optional.empty();
        }
        if ((mode & OTHERS_WRITE) != 0) {
            return Optional.of("every user");
        }
        boolean isShared = group != owner && group != ROOT;
        return (mode & GROUP_WRITES) != 0 && isShared
                ? Optional.of("group " + Integer.toUnsignedString(group)) : Optional.empty();
    }

    /** Whether it is a folder, and no link to one, that its owner alone can enter, and we are that owner. */
    static boolean isOursAlone(Path folder) {
        try {
            Map<String, Object> found =
                    Files.readAttributes(folder, "unix:uid,mode,isDirectory", LinkOption.NOFOLLOW_LINKS);
            return found.get("uid").equals(USER.orElse(null)) && found.get("isDirectory").equals(true)
                    && ((int) found.get("mode") & PERMISSIONS) == OWNER_ALONE;
        } catch (IOException e) {
            return false;
        }
    }
}
