package io.panatorch.bench;

import io.panatorch.cogvideox.PublishedModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * Writes a checkpoint with the configurations, names and shapes of a published model, in bfloat16, and random numbers: to measure what
 * does not depend on the numbers, where the real ones are not at hand.
 *
 * <p>Arguments: {@code MODEL FOLDER [LAYERS [TEXT_LAYERS]]}, with fewer layers of transformer and text encoder if they are given.
 */
public final class RandomModel {

    private RandomModel() {}

    /** Runs it. */
    public static void main(String[] arguments) throws IOException {
        if (arguments.length < 2 || arguments.length > 4) {
            System.err.println("expected MODEL FOLDER [LAYERS [TEXT_LAYERS]], MODEL being one of "
                    + Arrays.stream(PublishedModel.values()).map(Enum::name).collect(Collectors.joining(", ")));
            System.exit(2);
        }
        PublishedModel.valueOf(arguments[0]).writeRandom(Path.of(arguments[1]), number(arguments, 2), number(arguments, 3));
    }

    private static int number(String[] arguments, int index) {
        return arguments.length > index ? Integer.parseInt(arguments[index]) : Integer.MAX_VALUE;
    }
}
