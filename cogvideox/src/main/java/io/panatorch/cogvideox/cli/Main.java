package io.panatorch.cogvideox.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.TraceLevel;
import picocli.CommandLine.TypeConversionException;

/** Where the command starts. */
public final class Main {

    static final String NAME = "panatorch";

    /** How long Ctrl-C waits for work that may leave files or processes behind. */
    private static final long GOODBYE_SECONDS = 2;

    private static final int FREQUENT_LINES = 6;
    private static final int SECONDS_AT_FIRST = 10;
    private static final int SECONDS_LATER = 60;

    private static final char REPLACEMENT = '\ufffd';

    private Main() {}

    /** Runs the command that the arguments name and ends the JVM with its exit status. */
    public static void main(String[] arguments) {
        CheckedOutput out = new CheckedOutput(new FileOutputStream(FileDescriptor.out));
        Terminal terminal = Terminal.ofProcess(out);
        CountDownLatch done = new CountDownLatch(1);
        cancelAtExit(Thread.currentThread(), terminal, done);
        Thread.ofPlatform().daemon().name("panatorch-progress").start(() -> tellProgress(terminal));
        int status = run(terminal, arguments);
        Optional<IOException> lost = out.lost();
        if (lost.isPresent()) {
            status = Math.max(status, terminal.failure(lost.get()));
        }
        done.countDown();
        System.exit(status);
    }

    /** A line every ten seconds at first, then one a minute. */
    private static void tellProgress(Terminal terminal) {
        try {
            for (int lines = 0; ; lines++) {
                TimeUnit.SECONDS.sleep(lines < FREQUENT_LINES ? SECONDS_AT_FIRST : SECONDS_LATER);
                terminal.tellProgress();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Lets the worker leave libtorch and end FFmpeg before the JVM takes both down: an interrupt stops it after the current
     * step, and while it writes a video at once.
     */
    private static void cancelAtExit(Thread worker, Terminal terminal, CountDownLatch done) {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            if (done.getCount() > 0) {
                terminal.fallSilent();
                worker.interrupt();
                try {
                    done.await(GOODBYE_SECONDS, TimeUnit.SECONDS);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        }, "panatorch-cancel"));
    }

    /** Runs the command that the arguments name and returns its exit status. */
    static int run(Terminal terminal, String... arguments) {
        for (int i = 0; i < arguments.length; i++) {
            if (arguments[i].indexOf(REPLACEMENT) >= 0) {
                return terminal.failure(damaged(i + 1, arguments[i], System.getProperty("sun.jnu.encoding")));
            }
        }
        try (var _ = terminal.takeWarnings()) {
            return commandLine(terminal).execute(arguments);
        } catch (Error e) { // picocli handles exceptions only
            return terminal.failure(e);
        }
    }

    static CommandLine commandLine(Terminal terminal) {
        CommandLine.tracer().setLevel(TraceLevel.OFF); // which would tell that the last of several values is taken
        CommandLine line = new CommandLine(new Root())
                .addSubcommand(new GenerateCommand(terminal))
                .addSubcommand(new CompareCommand(terminal))
                .addSubcommand(new CalibrateCommand(terminal))
                .addSubcommand(new QuantizeCommand(terminal))
                .addSubcommand(new ModelsCommand(terminal))
                .addSubcommand(new DownloadCommand(terminal))
                .addSubcommand(new InfoCommand(terminal))
                .addSubcommand(new DoctorCommand(terminal))
                .setOut(terminal.outWriter())
                .setErr(terminal.errWriter())
                .registerConverter(Path.class, Main::path)
                .setExpandAtFiles(false) // a prompt may begin with @
                .setOverwrittenOptionsAllowed(true)
                .setUsageHelpAutoWidth(true)
                .setParameterExceptionHandler((e, _) -> terminal.usageError(e))
                .setColorScheme(CommandLine.Help.defaultColorScheme(Terminal.isDumb() ? Ansi.OFF : Ansi.AUTO))
                .setExecutionExceptionHandler((e, command, _) -> terminal.failure(OptionNames.in(e, command.getCommandSpec())));
        line.getSubcommands().get("generate").getCommandSpec().usageMessage().footer(GenerateCommand.footer());
        return line;
    }

    /**
     * Another text than was typed would silently give another video.
     *
     * @param encoding in which Java has read the arguments
     */
    static IllegalArgumentException damaged(int number, String argument, String encoding) {
        return new IllegalArgumentException("argument " + number + ", '" + argument + "': "
                + (encoding.equals("UTF-8") ? "expected text in UTF-8, found other bytes"
                : "its letters are lost, because Java reads arguments as " + encoding
                        + " with this locale; set LC_ALL=C.UTF-8, or start it with the script cogvideox/panatorch"));
    }

    /**
     * The empty path is the current folder, which nobody means who names nothing: an unset variable of a script. A single dash
     * is standard input or output to many, which nothing is read from or written to here.
     */
    static Path path(String text) {
        if (text.isEmpty()) {
            throw new TypeConversionException("expected a path, found an empty text");
        }
        if (text.equals("-")) {
            throw new TypeConversionException("expected a path, found -, which is not standard input or output here; a file of"
                    + " that name is ./-");
        }
        return Path.of(text);
    }

    @Command(
            name = NAME,
            description = "Video with CogVideoX and Pyramid Attention Broadcast, in Java over libtorch.",
            versionProvider = Versions.class,
            mixinStandardHelpOptions = true,
            synopsisSubcommandLabel = "COMMAND",
            footerHeading = "%nOptions and examples of a command: panatorch COMMAND --help%n%nEnvironment:%n",
            footer = {
                "  PANATORCH_OPTS  options of the JVM, such as -Xmx8g or -Dpanatorch.cache=DIR",
                "  JAVA_HOME       a JDK, 22 or later (default: the first that is found)",
                "  LIBTORCH        a libtorch other than the one that comes along",
                "  HF_HOME         Hugging Face's folder, with its cache of models and the token; all others of",
                "                  its variables are Python's, too, such as HF_TOKEN, HF_ENDPOINT, HF_HUB_OFFLINE",
                "  NO_COLOR        no colours in help"
            })
    private static final class Root {}
}
