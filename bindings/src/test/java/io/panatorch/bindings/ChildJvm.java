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
}
