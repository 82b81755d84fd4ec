package io.panatorch.testing;

import java.io.File;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Runs a class of tests where there is Open MPI's {@code mpirun}, and says so where there is none. */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(RequiresMpi.Condition.class)
public @interface RequiresMpi {

    /** Looks at the {@code PATH}. */
    final class Condition implements ExecutionCondition {

        private static final String MISSING = "there is no mpirun on the PATH; apt-get install openmpi-bin has one";

        @Override
        public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
            String path = System.getenv().getOrDefault("PATH", "");
            if (Stream.of(path.split(File.pathSeparator)).anyMatch(folder -> Files.isExecutable(Path.of(folder, "mpirun")))) {
                return ConditionEvaluationResult.enabled("there is mpirun");
            }
            if (context.getTestMethod().isEmpty()) {
                System.out.println("skipped: " + context.getDisplayName() + ": " + MISSING);
            }
            return ConditionEvaluationResult.disabled(MISSING);
        }
    }
}
