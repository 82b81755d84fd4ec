package io.panatorch.testing;

import io.panatorch.tensor.LiveTensors;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;

/**
 * Fails a test after which more tensors are open than before it, and a class after which any is.
 *
 * <p>Registered by {@link TensorTest}. Tests of one JVM run one after another, so every open tensor belongs to the test that
 * runs or to its class.
 */
public final class LeakCheck implements BeforeAllCallback, AfterAllCallback, BeforeEachCallback, AfterEachCallback {

    private static final Namespace NAMESPACE = Namespace.create(LeakCheck.class);

    @Override
    public void beforeAll(ExtensionContext context) {
        note(context);
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        note(context);
    }

    @Override
    public void afterEach(ExtensionContext context) {
        check("test " + context.getDisplayName(), context);
    }

    @Override
    public void afterAll(ExtensionContext context) {
        check("class " + context.getDisplayName(), context);
    }

    /** In the context's own store: one extension serves all classes, nested ones within others. */
    private static void note(ExtensionContext context) {
        context.getStore(NAMESPACE).put(context.getUniqueId(), LiveTensors.count());
    }

    private static void check(String what, ExtensionContext context) {
        long leaked = LiveTensors.count() - context.getStore(NAMESPACE).get(context.getUniqueId(), long.class);
        if (leaked > 0) {
            throw new AssertionError(what + " leaves " + leaked + " tensors open:\n"
                    + String.join("\n", LiveTensors.report()));
        }
    }
}
