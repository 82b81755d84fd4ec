package io.panatorch.cogvideox;

import io.panatorch.tensor.Device;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** What tests of whole generations have in common: a device, and prompts that are longer than their models read. */
abstract class Generations {

    /** Held, because the log manager itself does not keep a logger alive. */
    private static final Logger LOGGER = Logger.getLogger(CogVideoXPipeline.class.getName());

    final Device device;

    Generations(Device device) {
        this.device = device;
    }

    /** Some prompts are too long for their models, as they were when the goldens were made. */
    @BeforeAll
    static void expectWarnings() {
        LOGGER.setLevel(Level.OFF);
    }

    @AfterAll
    static void expectNoMoreWarnings() {
        LOGGER.setLevel(null);
    }
}
