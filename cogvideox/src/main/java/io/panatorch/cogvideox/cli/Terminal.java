package io.panatorch.cogvideox.cli;

import io.panatorch.cache.calibration.UnreachableTargetException;
import io.panatorch.cogvideox.NonFiniteException;
import io.panatorch.parallel.RanksException;
import io.panatorch.tensor.TorchException;
import java.io.Console;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * What the user sees: results on one stream; progress, warnings and errors on the other. Only errors are shown once it is
 * {@linkplain #beQuiet() quiet}.
 *
 * <p>Progress is a line that is drawn over and over on a terminal that can do so; elsewhere, as in a log, it is
 * {@linkplain #tellProgress() told} now and then.
 */
final class Terminal {

    /** Set by the launcher, which can tell whether standard error is a terminal; Java cannot. */
    private static final String STDERR_SHOWN = "panatorch.terminal";
    /** Set by the launcher: the width at the start, in characters. */
    private static final String COLUMNS = "panatorch.columns";

    private static final String DEBUG = "PANATORCH_DEBUG";
    private static final String CLEAR_LINE = "\r\u001b[K";
    /** What does not fit is cut off by the terminal itself, which alone knows its width when the window has another by now. */
    private static final String NO_WRAP = "\u001b[?7l";
    private static final String WRAP = "\u001b[?7h";

    private final PrintStream out;
    private final PrintStream err;
    private final boolean drawsProgress;
    private final int columns;
    private final Set<String> warned = new HashSet<>();
    private String progress;
    private String told;
    private String name = Main.NAME;
    private boolean quiet;
    private boolean silent;

    /** Without anybody who watches. */
    Terminal(PrintStream out, PrintStream err) {
        this(out, err, false, 0);
    }

    /**
     * @param drawsProgress whether somebody sees the error stream, so that a line may be drawn over
     * @param columns its width, or 0 where it is not known
     */
    Terminal(PrintStream out, PrintStream err, boolean drawsProgress, int columns) {
        this.out = out;
        this.err = err;
        this.drawsProgress = drawsProgress;
        this.columns = columns;
    }

    /** The process's own, with standard output to write to. */
    static Terminal ofProcess(OutputStream out) {
        return new Terminal(new PrintStream(out, true, System.out.charset()), System.err, isStderrShown() && !isDumb(),
                Math.max(0, Integer.getInteger(COLUMNS, 0)));
    }

    /** Whether standard error is a terminal, as far as can be known. */
    private static boolean isStderrShown() {
        String told = System.getProperty(STDERR_SHOWN);
        if (told != null) {
            return Boolean.parseBoolean(told);
        }
        Console console = System.console();
        return console != null && console.isTerminal();
    }

    /** Whether a terminal, if this is one, does not know what it is told by escape sequences. */
    static boolean isDumb() {
        String kind = System.getenv("TERM");
        return kind == null || kind.isEmpty() || kind.equals("dumb");
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

    /** Of processes that make something together the first speaks for all. What another shows, failures alone, has its number. */
    synchronized void speakFor(int rank) {
        if (rank > 0) {
            name = Main.NAME + ": rank " + rank;
            quiet = true;
        }
    }

    /** Shows nothing from now on, errors neither: the user has ended the program. */
    synchronized void fallSilent() {
        clearProgress();
        silent = true;
    }

    synchronized boolean isSilent() {
        return silent;
    }

    synchronized void line(String text) {
        clearProgress();
        if (!quiet && !silent) {
            out.println(text);
        }
    }

    synchronized void progress(String text) {
        progress(text, text);
    }

    /**
     * Says how far the work is.
     *
     * @param wide the same with a picture, for where there is room
     */
    synchronized void progress(String text, String wide) {
        progress = text;
        if (drawsProgress && !quiet && !silent) {
            String fitting = wide.length() < columns ? wide : text;
            boolean isCut = columns > 0 && fitting.length() >= columns;
            err.print(CLEAR_LINE + NO_WRAP + (isCut ? fitting.substring(0, columns - 1) : fitting) + WRAP);
            err.flush();
        }
    }

    /** Says how far the work is where no line can be drawn over, unless that was said before. Nothing where one can. */
    synchronized void tellProgress() {
        if (!drawsProgress && !quiet && !silent && progress != null && !progress.equals(told)) {
            told = progress;
            err.println(Main.NAME + ": " + progress);
        }
    }

    /** Warns; of what was said before, as by another video of the same prompt, not again. */
    synchronized void warning(String text) {
        if (!quiet && warned.add(text)) {
            errorLine("warning: " + text);
        }
    }

    private void clearProgress() {
        if (progress != null && drawsProgress && !quiet && !silent) {
            err.print(CLEAR_LINE);
            err.flush();
        }
        progress = null;
    }

    private void errorLine(String text) {
        clearProgress();
        if (!silent) {
            err.println(name + ": " + text.strip().replaceAll("\\s*\\R\\s*", " "));
        }
    }

    /** Says what was wrong with the use of the command and where it is described, and returns the exit status for it. */
    synchronized int usageError(ParameterException e) {
        List<String> near = e instanceof UnmatchedArgumentException unmatched ? unmatched.getSuggestions() : List.of();
        errorLine(e.getMessage() + (near.isEmpty() ? "" : "; perhaps " + near.getFirst() + " was meant") + "; see "
                + e.getCommandLine().getCommandSpec().qualifiedName() + " --help");
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
            case UncheckedIOException f -> reason(f.getCause());
            case OutOfMemoryError _ -> "out of memory in Java: " + e.getMessage()
                    + "; choose smaller sizes, or give it more with JAVA_TOOL_OPTIONS=-Xmx...";
            case IOException _, TorchException _, RanksException _, CancellationException _, UnreachableTargetException _,
                    NonFiniteException _ -> e.getMessage();
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
