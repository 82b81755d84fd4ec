package io.panatorch.testing;

import io.panatorch.tensor.LiveTensors;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Fails a test after which more tensors are open than before it, and a class after which any is.
 *
 * <p>Registered for all tests of a module by {@code META-INF/services} and
 * {@code junit.jupiter.extensions.autodetection.enabled}. Tests of one JVM run one after another, so every open tensor
 * belongs to the test that runs or to its class.
 */
public final class LeakCheck implements BeforeAllCallback, AfterAllCallback, BeforeEachCallback, AfterEachCallback {

    private long beforeClass;
    private long beforeTest;

    @Override
    public void beforeAll(ExtensionContext context) {
        beforeClass = LiveTensors.count();
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        beforeTest = LiveTensors.count();
    }

    @Override
    public void afterEach(ExtensionContext context) {
        check("test " + context.getDisplayName(), beforeTest);
    }

    @Override
    public void afterAll(ExtensionContext context) {
        check("class " + context.getDisplayName(), beforeClass);
    }

    private static void check(String what, long before) {
        long leaked = LiveTensors.count() - before;
        if (leaked != 0) {
            throw new AssertionError(what + " leaves " + leaked + " tensors open:\n" + String.join("\n", LiveTensors.report()));
        }
    }
}
