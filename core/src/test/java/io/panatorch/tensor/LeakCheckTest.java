package io.panatorch.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import io.panatorch.testing.LeakCheck;
import io.panatorch.testing.TensorTest;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** The extension that watches all other tests, run on tests that leak on purpose. */
@TensorTest
class LeakCheckTest {

    private static TensorOwner owner;

    private static void leakTo(TensorOwner target) {
        try (var _ = TensorScope.open()) {
            target.adopt(Tensor.of(new float[] {1}, 1));
        }
    }

    /** One test leaks, one does not, one cleans up by itself. */
    @ExtendWith(LeakCheck.class)
    static class LeakingTest {

        @Test
        void leaks() {
            leakTo(owner);
        }

        @Test
        void isClean() {
            try (var _ = TensorScope.open()) {
                Tensor.of(new float[] {1}, 1);
            }
        }

        @Nested
        class CleansUp {

            private final TensorOwner own = new TensorOwner();

            @Test
            void afterwards() {
                leakTo(own);
            }

            @AfterEach
            void free() {
                own.close();
            }
        }
    }

    /** What the whole class uses is not a leak of one of its tests, but must be gone in the end. */
    @ExtendWith(LeakCheck.class)
    static class LeakingClass {

        @BeforeAll
        static void open() {
            leakTo(owner);
        }

        @Test
        void usesIt() {
            assertThat(owner.size()).isEqualTo(1);
        }
    }

    /** The same, cleaned up. */
    @ExtendWith(LeakCheck.class)
    static class CleanClass extends LeakingClass {

        @AfterAll
        static void free() {
            owner.close();
            owner = new TensorOwner();
        }
    }

    /** Messages of what failed, by display name. */
    private static Map<String, String> failures(Class<?> tests) {
        owner = new TensorOwner();
        Map<String, String> failures = new LinkedHashMap<>();
        try {
            var request = LauncherDiscoveryRequestBuilder.request()
                    .selectors(selectClass(tests))
                    .build();
            LauncherFactory.create().execute(request, new TestExecutionListener() {
                @Override
                public void executionFinished(TestIdentifier test, TestExecutionResult result) {
                    result.getThrowable().ifPresent(thrown -> failures.put(test.getDisplayName(), thrown.getMessage()));
                }
            });
        } finally {
            owner.close();
        }
        return failures;
    }

    @Test
    void aTestThatLeaksFails() {
        Map<String, String> failures = failures(LeakingTest.class);
        assertThat(failures).as("and its class").hasSize(2).doesNotContainKeys("isClean()", "afterwards()", "CleansUp");
        assertThat(failures.get("leaks()"))
                .startsWith("test leaks() leaves 1 tensors open:\n[1] float32 cpu\n        at ");
    }

    @Test
    void aClassThatLeaksFails() {
        assertThat(failures(LeakingClass.class))
                .hasSize(1)
                .allSatisfy((_, message) -> assertThat(message).contains("LeakingClass leaves 1 tensors open:\n"));
        assertThat(failures(CleanClass.class)).isEmpty();
    }
}
