package io.panatorch.bindings;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A JVM on the classes of this one. libtorch is loaded once in a process and stays, so each way of loading it, or of
 * failing to, needs a process of its own.
 */
final class ChildJvm {

    /** Everything is on the class path, so that all of it is one unnamed module. */
    static final String ALLOW = "--enable-native-access=ALL-UNNAMED";

    /** How many processes a test kills, see {@link ResourceCacheTest}. */
    static final int KILLS = Integer.getInteger("panatorch.kills", 4);

    private static final long SECONDS = 90;

    /** What a process left behind. */
    record Result(int exit, String out, String err) {}

    /** A process that runs; its output is in files until it is awaited. */
    record Running(Process process, Path out, Path err) {

        Result await() {
            try {
                if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                    throw new AssertionError("not finished after " + SECONDS + " s: " + Files.readString(err));
                }
                return new Result(process.exitValue(), Files.readString(out), Files.readString(err));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            } finally {
                delete(out);
                delete(err);
            }
        }

        private static void delete(Path file) {
            try {
                Files.delete(file);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private ChildJvm() {}

    /** Options that let the child in class-path mode load natives, and deny that to everything undeclared. */
    static List<String> options(String... more) {
        List<String> options = new ArrayList<>(List.of(ALLOW));
        if (Runtime.version().feature() >= 24) {
            options.add("--illegal-native-access=deny");
        }
        options.addAll(List.of(more));
        return options;
    }

    static List<String> command(List<String> options, Class<?> main, String... arguments) {
        String modules = System.getProperty("jdk.module.path", "");
        String classes = System.getProperty("java.class.path") + File.pathSeparator + modules;
        List<String> command = new ArrayList<>(List.of(java()));
        command.addAll(options);
        command.addAll(List.of("-cp", classes, main.getName()));
        command.addAll(List.of(arguments));
        return command;
    }

    /** For a shell, a name outside ASCII: that of ü in UTF-8, whatever the encoding of this process. */
    static final String STRANGE_NAME = "$(printf '\\303\\274')";

    /** The command with an option whose value is a path with that name. */
    static List<String> withStrangeName(String option, Path folder, List<String> command) {
        String script = "java=$1; shift; exec \"$java\" \"" + option + folder + "/" + STRANGE_NAME + "\" \"$@\"";
        List<String> whole = new ArrayList<>(List.of("sh", "-c", script, "sh"));
        whole.addAll(command);
        return whole;
    }

    static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    static Result run(List<String> options, Class<?> main, String... arguments) {
        return start(command(options, main, arguments), Map.of()).await();
    }

    /**
     * The command in a mount namespace of its own, where a new file system is mounted on the folder; skips the test where
     * this user may not do that.
     */
    static List<String> onMount(String options, Path folder, List<String> command) {
        String mount = "mount -t tmpfs -o \"$1\" panatorch \"$2\" && shift 2 && exec \"$@\"";
        String unshare = "exec unshare --user --map-root-user --mount sh -c '" + mount + "' sh \"$@\"";
        List<String> mounted = new ArrayList<>(List.of("sh", "-c", unshare, "sh", options, folder.toString()));
        int own = mounted.size();
        mounted.add("true");
        assumeTrue(start(mounted, Map.of()).await().exit() == 0, "no file system can be mounted here");
        mounted.subList(own, mounted.size()).clear();
        mounted.addAll(command);
        return mounted;
    }

    static Running start(List<String> command, Map<String, String> environment) {
        try {
            Path out = Files.createTempFile("child", ".out");
            Path err = Files.createTempFile("child", ".err");
            ProcessBuilder builder = new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
            Stream.of(LibtorchFinder.VARIABLE, "JAVA_TOOL_OPTIONS").forEach(builder.environment()::remove);
            builder.environment().putAll(environment);
            return new Running(builder.start(), out, err);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Starts a process that unpacks into a cache, and kills it some time after it has begun, if it has not ended.
     *
     * @return how many nanoseconds it was left to unpack
     */
    static long killUnpacking(List<String> command, Path cache, long nanoseconds) throws IOException, InterruptedException {
        Running child = start(command, Map.of());
        while (child.process().isAlive() && !hasParts(cache)) {
            Thread.sleep(1);
        }
        long start = System.nanoTime();
        child.process().waitFor(nanoseconds, TimeUnit.NANOSECONDS);
        long end = System.nanoTime();
        child.process().destroyForcibly();
        child.await();
        return end - start;
    }

    /** Whether something is being unpacked into a cache, or was when its process was killed. */
    static boolean hasParts(Path cache) throws IOException {
        if (!Files.exists(cache)) {
            return false;
        }
        try (Stream<Path> files = Files.list(cache)) {
            return files.anyMatch(file -> file.getFileName().toString().contains(".part-"));
        }
    }
}
