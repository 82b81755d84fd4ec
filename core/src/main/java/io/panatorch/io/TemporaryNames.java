package io.panatorch.io;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Hidden names that say which process writes there: {@code .panatorch-MACHINE-PROCESS-RANDOM}. So what a killed process
 * left can be told from what another one is writing, also in a folder that several machines or containers share.
 */
final class TemporaryNames {

    private static final String PREFIX = ".panatorch-";
    private static final Pattern NAME = Pattern.compile("\\.panatorch-([0-9a-f]{8})-([0-9]{1,18})-[0-9a-f]{16}.*");

    /** After so long without a change nobody is writing, wherever that was. */
    private static final Duration LONGEST_PAUSE = Duration.ofDays(1);

    private static final String MACHINE = machine();

    private TemporaryNames() {}

    /** A name that nobody else has. */
    static String next() {
        HexFormat hex = HexFormat.of();
        return PREFIX + MACHINE + "-" + ProcessHandle.current().pid() + "-"
                + hex.toHexDigits(ThreadLocalRandom.current().nextLong());
    }

    /** Deletes what killed processes left in a folder, as far as this one may. */
    static void deleteLeft(Path folder) {
        try (DirectoryStream<Path> all = Files.newDirectoryStream(folder, PREFIX + "*")) {
            for (Path path : all) {
                deleteLeftover(path);
            }
        } catch (IOException | DirectoryIteratorException e) {
            // A folder that may not be looked into: what is written there says so, if it matters.
        }
    }

    private static void deleteLeftover(Path path) {
        try {
            if (isLeft(path)) {
                TemporaryFiles.delete(path);
            }
        } catch (IOException e) {
            // Another process has just deleted it, or it is another user's; it is in nobody's way.
        }
    }

    private static boolean isLeft(Path path) throws IOException {
        Matcher name = NAME.matcher(path.getFileName().toString());
        if (!name.matches()) {
            return false;
        }
        if (name.group(1).equals(MACHINE) && ProcessHandle.of(Long.parseLong(name.group(2))).isEmpty()) {
            return true;
        }
        Instant changed = Files.getLastModifiedTime(path, LinkOption.NOFOLLOW_LINKS).toInstant();
        return changed.isBefore(Instant.now().minus(LONGEST_PAUSE));
    }

    /**
     * The scope in which a process's number says whether it runs: one start of a machine, a container in it, and a user, who
     * may not see the processes of others. Where that is not known, each process has one of its own.
     */
    private static String machine() {
        HexFormat hex = HexFormat.of();
        try {
            String start = Files.readString(Path.of("/proc/sys/kernel/random/boot_id"));
            Path container = Files.readSymbolicLink(Path.of("/proc/self/ns/pid"));
            return hex.toHexDigits((start + container + System.getProperty("user.name")).hashCode());
        } catch (IOException e) {
            return hex.toHexDigits(ThreadLocalRandom.current().nextInt());
        }
    }
}
