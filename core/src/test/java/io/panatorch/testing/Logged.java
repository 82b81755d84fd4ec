package io.panatorch.testing;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/** Catches what a logger takes while it is open, on any thread; nothing of it is shown. */
public final class Logged implements AutoCloseable {

    private final Logger logger;
    private final List<String> messages = new CopyOnWriteArrayList<>();

    /** Of a class, whose logger has its name. */
    public Logged(Class<?> logging) {
        this(logging.getName());
    }

    /** Of a logger by its name. */
    public Logged(String name) {
        logger = Logger.getLogger(name);
        logger.setFilter(entry -> {
            messages.add(entry.getLevel() + ": " + new SimpleFormatter().formatMessage(entry));
            return false;
        });
    }

    /** {@return level and text of each message so far} */
    public List<String> messages() {
        return messages;
    }

    @Override
    public void close() {
        logger.setFilter(null);
    }
}
