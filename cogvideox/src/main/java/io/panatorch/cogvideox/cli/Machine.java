package io.panatorch.cogvideox.cli;

import io.panatorch.cogvideox.config.LibraryVersion;
import io.panatorch.device.LibtorchInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What numbers were measured with. */
final class Machine {

    private static final Path CPU_INFO = Path.of("/proc/cpuinfo");

    private Machine() {}

    /** {@return names and what they stand for, in an order to show them} */
    static Map<String, String> facts() {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("processor", processor() + ", " + Runtime.getRuntime().availableProcessors() + " cores");
        facts.put("threads", Integer.toString(LibtorchInfo.threads()));
        LibtorchInfo libtorch = LibtorchInfo.load();
        facts.put("libtorch", libtorch.version() + " from " + libtorch.source());
        facts.put("Java", java());
        facts.put("panatorch", LibraryVersion.get());
        facts.put("date", ZonedDateTime.now().format(DateTimeFormatter.ofPattern("d MMMM yyyy, HH:mm z", Locale.ENGLISH)));
        return facts;
    }

    /** {@return which Java this runs on} */
    static String java() {
        return Runtime.version() + " (" + System.getProperty("java.vendor") + ")";
    }

    private static String processor() {
        try (Stream<String> lines = Files.lines(CPU_INFO)) {
            return lines.filter(line -> line.startsWith("model name")).findFirst()
                    .map(line -> line.substring(line.indexOf(':') + 1).strip()).orElse(System.getProperty("os.arch"));
        } catch (IOException e) { // not on Linux
            return System.getProperty("os.arch");
        }
    }

    /** {@return a line for a shell} */
    static String command(List<String> arguments) {
        return Main.NAME + " " + arguments.stream().map(Machine::quoted).collect(Collectors.joining(" "));
    }

    private static String quoted(String argument) {
        return argument.matches("[\\w@%+=:,./-]+") ? argument : "'" + argument.replace("'", "'\\''") + "'";
    }
}
