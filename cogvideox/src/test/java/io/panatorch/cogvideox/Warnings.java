package io.panatorch.cogvideox;

import java.util.ArrayList;
import java.util.List;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/** Catches what a class logs while it is open; nothing of it is shown. */
final class Warnings implements AutoCloseable {

    private final Logger logger;
    private final List<String> messages = new ArrayList<>();

    Warnings(Class<?> logging) {
        logger = Logger.getLogger(logging.getName());
        logger.setFilter(message -> {
            messages.add(message.getLevel() + ": " + new SimpleFormatter().formatMessage(message));
            return false;
        });
    }

    List<String> messages() {
        return messages;
    }

    @Override
    public void close() {
        logger.setFilter(null);
    }
}
