package io.panatorch.bindings;

import java.util.Locale;

/** The name of this machine's kind as natives jars write it, such as {@code linux-x86_64}. */
public final class Platform {

    private Platform() {}

    /** Operating system and processor, joined by a dash. */
    public static String current() {
        return name(System.getProperty("os.name"), System.getProperty("os.arch"));
    }

    static String name(String system, String processor) {
        String os = system.toLowerCase(Locale.ROOT);
        String family = os.startsWith("mac") ? "macosx" : os.startsWith("windows") ? "windows" : os;
        String architecture = switch (processor) {
            case "amd64", "x86_64" -> "x86_64";
            case "aarch64", "arm64" -> "arm64";
            default -> processor;
        };
        return family + "-" + architecture;
    }
}
