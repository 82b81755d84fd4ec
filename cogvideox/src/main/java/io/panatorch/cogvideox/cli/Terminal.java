package io.panatorch.cogvideox.cli;

import io.panatorch.cache.calibration.UnreachableTargetException;
import io.panatorch.tensor.TorchException;
import java.io.Console;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import picocli.CommandLine.ExitCode;

/**
 * What the user sees: results on one stream; progress, warnings and errors on the other. Only errors are shown once it is
 * {@linkplain #beQuiet() quiet}.
 */
final class Terminal {

    /** Set by the launcher, which can tell whether standard error is a terminal; Java cannot. */
    private static final String STDERR_SHOWN = "panatorch.terminal";

    private static final String DEBUG = "PANATORCH_DEBUG";
    private static final String CLEAR_LINE = "\r\u001b[K";

    private final PrintStream out;
    private final PrintStream err;
    private final boolean showsProgress;
    private boolean progressShown;
    private final Set<String> warned = new HashSet<>();
    private boolean quiet;
    private boolean silent;

    /**
     * @param showsProgress whether somebody sees the error stream, so that a line may be drawn over
     */
    Terminal(PrintStream out, PrintStream err, boolean showsProgress) {
        this.out = out;
        this.err = err;
        this.showsProgress = showsProgress;
    }

    /** Whether standard error is a terminal, as far as can be known. */
    static boolean isStderrShown() {
        String told = System.getProperty(STDERR_SHOWN);
        if (told != null) {
            return Boolean.parseBoolean(told);
        }
        Console console = System.console();
        return console != null && console.isTerminal();
    }

    PrintWriter outWriter() {
        return new PrintWriter(out, true);
    }

    PrintWriter errWriter() {
        return new PrintWriter(err, true);
    }

    synchronized void beQuiet() {
        quiet = true;
    }

    /** Shows nothing from now on, errors neither: the user has ended the program. */
    synchronized void fallSilent() {
        clearProgress();
        silent = true;
    }

    synchronized void line(String text) {
        clearProgress();
        if (!quiet && !silent) {
            out.println(text);
        }
    }

    /** Draws a line over the one before, where there is somebody to see it. */
    synchronized void progress(String text) {
        if (showsProgress && !quiet && !silent) {
            err.print(CLEAR_LINE + text);
            err.flush();
            progressShown = true;
        }
    }

    /** Warns; of what was said before, as by another video of the same prompt, not again. */
    synchronized void warning(String text) {
        if (!quiet && warned.add(text)) {
            errorLine("warning: " + text);
        }
    }

    private void clearProgress() {
        if (progressShown) {
            err.print(CLEAR_LINE);
            err.flush();
            progressShown = false;
        }
    }

    private void errorLine(String text) {
        clearProgress();
        if (!silent) {
            err.println(Main.NAME + ": " + text.strip().replaceAll("\\s*\\R\\s*", " "));
        }
    }

    /** Says what was wrong with the use of the command, and returns the exit status for it. */
    synchronized int usageError(String text, Exception e) {
        errorLine(text + "; see " + Main.NAME + " --help");
        trace(e);
        return ExitCode.USAGE;
    }

    /** Says why the command failed, and returns the exit status for it. */
    synchronized int failure(Throwable e) {
        if (e instanceof IllegalArgumentException) {
            errorLine(e.getMessage());
            trace(e);
            return ExitCode.USAGE;
        }
        errorLine(reason(e));
        trace(e);
        return ExitCode.SOFTWARE;
    }

    static String reason(Throwable e) {
        return switch (e) {
            case NoSuchFileException f when f.getReason() == null -> f.getFile() + ": does not exist";
            case AccessDeniedException f when f.getReason() == null -> f.getFile() + ": permission denied";
            case FileSystemException f when f.getReason() == null ->
                    f.getFile() + ": cannot be used: " + f.getClass().getSimpleName();
            case OutOfMemoryError _ -> "out of memory in Java: " + e.getMessage()
                    + "; choose smaller sizes, or give it more with JAVA_TOOL_OPTIONS=-Xmx...";
            case IOException _, TorchException _, CancellationException _, UnreachableTargetException _ -> e.getMessage();
            default -> "internal error: " + e + "; with the environment variable " + DEBUG + " set it says where";
        };
    }

    private void trace(Throwable e) {
        if (System.getenv(DEBUG) != null && !silent) {
            e.printStackTrace(err);
        }
    }

    /** Shows the library's warnings in this program's form, until the result is closed. */
    Warnings takeWarnings() {
        return new Warnings();
    }

    /** The library's loggers report here. */
    final class Warnings extends Handler implements AutoCloseable {

        /** Held, because the log manager itself does not keep a logger alive. */
        private final Logger library = Logger.getLogger("io.panatorch");

        private final SimpleFormatter text = new SimpleFormatter();

        private Warnings() {
            setLevel(Level.WARNING);
            library.setUseParentHandlers(false);
            library.addHandler(this);
        }

        @Override
        public void publish(LogRecord message) {
            if (isLoggable(message)) {
                warning(text.formatMessage(message));
            }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {
            library.removeHandler(this);
            library.setUseParentHandlers(true);
        }
    }
}
