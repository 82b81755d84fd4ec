package io.panatorch.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A program as a page shows it, compiled and run in processes of their own, with the class path of the tests. */
public final class Program {

    private static final String TESTS_CLASS_PATH =
            System.getProperty("java.class.path") + File.pathSeparator + System.getProperty("jdk.module.path", "");

    private final Path folder;
    private final String name;

    private Program(Path folder, String name) {
        this.folder = folder;
        this.name = name;
    }

    /** {@return the first block of Java code in a page that comes after a heading, or any other text} */
    public static String in(Path page, String after) throws Exception {
        String text = Files.readString(page);
        int heading = text.indexOf(after);
        int start = text.indexOf("```java\n", heading);
        assertThat(heading).as("\"" + after + "\" in " + page).isNotNegative();
        assertThat(start).as("Java code after \"" + after + "\" in " + page).isNotNegative();
        int code = start + "```java\n".length();
        return text.substring(code, text.indexOf("```", code));
    }

    /**
     * Fails where it does not compile.
     *
     * @param folder gets the source and the classes
     * @param name of its class
     */
    public static Program compile(Path folder, String name, String source) throws Exception {
        Path file = Files.writeString(folder.resolve(name + ".java"), source);
        execute(folder, "javac", "--release", "22", "--class-path", TESTS_CLASS_PATH, "-d", folder.toString(), file.toString());
        return new Program(folder, name);
    }

    /** {@return what it prints; fails where its exit status is not 0} */
    public String run() throws Exception {
        return execute(folder, "java", "--enable-native-access=ALL-UNNAMED",
                "--class-path", folder + File.pathSeparator + TESTS_CLASS_PATH, name);
    }

    private static String execute(Path folder, String tool, String... arguments) throws Exception {
        Path log = folder.resolve(tool + ".log");
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", tool).toString()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
        int status = process.waitFor();
        String output = Files.readString(log);
        assertThat(status).as(output).isZero();
        return output;
    }
}
