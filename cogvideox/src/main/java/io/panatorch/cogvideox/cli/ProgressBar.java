package io.panatorch.cogvideox.cli;

import io.panatorch.cogvideox.StepEvent;
import java.util.Locale;

/** Shows how far the denoising is. For one generation. */
final class ProgressBar {

    private static final int WIDTH = 30;
    private static final double NANOS_PER_SECOND = 1e9;

    private final Terminal terminal;
    private final String name;
    private long firstStepDone;

    /** @param name of the generation, before everything that is shown of it */
    ProgressBar(Terminal terminal, String name) {
        this.terminal = terminal;
        this.name = name;
    }

    void show(StepEvent step) {
        long now = System.nanoTime();
        if (step.index() == 0) {
            firstStepDone = now;
        }
        int done = step.index() + 1;
        int left = step.count() - done;
        if (left == 0) {
            terminal.progress(name + "decoding");
            return;
        }
        int filled = WIDTH * done / step.count();
        String bar = "[" + "#".repeat(filled) + ".".repeat(WIDTH - filled) + "] ";
        String text = done + "/" + step.count();
        if (step.index() > 0) { // what came before the first step is not like the steps to come
            double secondsLeft = (now - firstStepDone) / NANOS_PER_SECOND / step.index() * left;
            text += String.format(Locale.ROOT, ", %.0f s left", Math.ceil(secondsLeft));
        }
        terminal.progress(name + "denoising " + text, name + "denoising " + bar + text);
    }
}
