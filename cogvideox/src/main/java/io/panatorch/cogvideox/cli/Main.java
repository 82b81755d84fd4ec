package io.panatorch.cogvideox.cli;

import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.TypeConversionException;

/** Where the command starts. */
public final class Main {

    static final String NAME = "panatorch";

    /** How long Ctrl-C waits for work that may leave files or processes behind. */
    private static final long GOODBYE_SECONDS = 2;

    private Main() {}

    /** Runs the command that the arguments name and ends the JVM with its exit status. */
    public static void main(String[] arguments) {
        Terminal terminal = new Terminal(System.out, System.err, Terminal.isStderrShown());
        CountDownLatch done = new CountDownLatch(1);
        cancelAtExit(Thread.currentThread(), terminal, done);
        int status = run(terminal, arguments);
        done.countDown();
        System.exit(status);
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
        CommandLine line = new CommandLine(new Root())
                .addSubcommand(new GenerateCommand(terminal))
                .addSubcommand(new CompareCommand(terminal))
                .addSubcommand(new CalibrateCommand(terminal))
                .addSubcommand(new InfoCommand(terminal))
                .setOut(terminal.outWriter())
                .setErr(terminal.errWriter())
                .registerConverter(Path.class, Main::path)
                .setExpandAtFiles(false) // a prompt may begin with @
                .setUsageHelpAutoWidth(true)
                .setParameterExceptionHandler((e, _) -> terminal.usageError(e.getMessage(), e))
                .setExecutionExceptionHandler((e, _, _) -> terminal.failure(e));
        try (var _ = terminal.takeWarnings()) {
            return line.execute(arguments);
        } catch (Error e) { // picocli handles exceptions only
            return terminal.failure(e);
        }
    }

    /** The empty path is the current folder, which nobody means who names nothing: an unset variable of a script. */
    static Path path(String text) {
        if (text.isEmpty()) {
            throw new TypeConversionException("expected a path, found an empty text");
        }
        return Path.of(text);
    }

    @Command(
            name = NAME,
            description = "Text to video with CogVideoX and Pyramid Attention Broadcast, in Java over libtorch.",
            versionProvider = Versions.class,
            mixinStandardHelpOptions = true,
            synopsisSubcommandLabel = "COMMAND")
    private static final class Root {}
}
