package io.panatorch.cogvideox.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;

/** Names of options in messages of the library, which calls things as a program does. */
final class OptionNames {

    private static final Map<String, String> OTHERS = Map.of("tiling", "--vae-tiling");

    private OptionNames() {}

    /** {@return the failure as it is to be told to who typed the command} */
    static Exception in(Exception failure, CommandSpec command) {
        return failure instanceof IllegalArgumentException && failure.getMessage() != null
                ? new IllegalArgumentException(in(failure.getMessage(), command), failure) : failure;
    }

    /** {@return the message, which names options where it begins with names that the command has options for} */
    private static String in(String message, CommandSpec command) {
        int end = message.indexOf(": ");
        if (end < 0) {
            return message;
        }
        List<String> options = new ArrayList<>();
        for (String name : message.substring(0, end).split(", | and ")) {
            String option = OTHERS.getOrDefault(name, "--" + name.replace(' ', '-'));
            if (!command.optionsMap().containsKey(option)) {
                return message;
            }
            options.add(option);
        }
        return String.join(", ", options) + message.substring(end);
    }
}
