package io.panatorch.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/** Every test of this module fails when it leaves tensors open: shown by running one that does. */
@Tag("cpu")
class LeakCheckTest {

    private static TensorScope leaking;

    private static boolean wanted;

    /** The build does not look into nested static classes; where somebody else does, this one stands aside. */
    static class Leak {

        @Test
        void leavesATensorOpen() {
            assumeTrue(wanted, "run by LeakCheckTest only");
            leaking = TensorScope.open();
            Tensor.of(new float[] {1}, 1);
        }
    }

    @Test
    void isActiveInThisModule() {
        SummaryGeneratingListener listener = new SummaryGeneratingListener();
        LauncherDiscoveryRequest request =
                LauncherDiscoveryRequestBuilder.request().selectors(selectClass(Leak.class)).build();
        wanted = true;
        try {
            LauncherFactory.create().execute(request, listener);
        } finally {
            wanted = false;
            leaking.close();
        }
        TestExecutionSummary summary = listener.getSummary();
        assertThat(summary.getTestsFailedCount()).isEqualTo(1);
        assertThat(summary.getFailures().getFirst().getException())
                .hasMessageStartingWith("test leavesATensorOpen() leaves 1 tensors open:");
    }
}
