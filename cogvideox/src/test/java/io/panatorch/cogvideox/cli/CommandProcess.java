package io.panatorch.cogvideox.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The command in a JVM of its own, with the paths of this one. */
final class CommandProcess {

    private CommandProcess() {}

    /** @param flags of the JVM */
    static List<String> line(List<String> flags, List<String> arguments) {
        List<String> line = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=io.panatorch.bindings",
                "--add-modules", "java.desktop",
                "--module-path", System.getProperty("jdk.module.path"),
                "--class-path", System.getProperty("java.class.path")));
        line.addAll(flags);
        line.addAll(List.of("-m", "io.panatorch.cogvideox/" + Main.class.getName()));
        line.addAll(arguments);
        return line;
    }
}
