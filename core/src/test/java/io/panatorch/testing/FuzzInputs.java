package io.panatorch.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The committed inputs of fuzz tests, as every build gives them to the tests, without a fuzzer. */
public final class FuzzInputs {

    private FuzzInputs() {}

    /** A fuzz test's method. */
    @FunctionalInterface
    public interface Target {
        void accept(byte[] input) throws Exception;
    }

    /** {@return where the inputs of a method are} */
    public static Path folder(Class<?> test, String method) {
        return Path.of("src/test/resources", test.getPackageName().replace('.', '/'), test.getSimpleName() + "Inputs", method);
    }

    /**
     * Gives a method all of its inputs, of which there has to be one at least.
     *
     * @param test the class, beside which its inputs are among the resources
     * @param method the method's name, which is also that of the folder where a fuzzer looks for its inputs
     */
    public static void replay(Class<?> test, String method, Target target) throws IOException {
        Path folder = folder(test, method);
        List<Path> inputs;
        try (Stream<Path> files = Files.list(folder)) {
            inputs = files.sorted().toList();
        }
        assertThat(inputs).as("inputs in %s", folder).isNotEmpty();
        for (Path input : inputs) {
            try {
                target.accept(Files.readAllBytes(input));
            } catch (Exception | Error e) {
                throw new AssertionError(input + ": " + e.getMessage(), e);
            }
        }
    }
}
