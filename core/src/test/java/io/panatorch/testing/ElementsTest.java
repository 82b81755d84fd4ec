package io.panatorch.testing;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("pure")
class ElementsTest {

    private static final int MANY = 1_000_000;

    private static void fails(ThrowingCallable comparison, String message) {
        assertThatThrownBy(comparison).isInstanceOf(AssertionError.class).hasMessage(message);
    }

    @Test
    void tellsTheFirstDifferenceAndTheLargest() {
        float[] expected = {1, 2, 3, 4};
        Elements.assertSame("same", expected.clone(), expected);
        fails(() -> Elements.assertSame("x", new float[] {1, 2.5f, 3, 8}, expected),
                "x: element 1 of 4: expected 2.0, found 2.5; 2 differ, element 3 most, by 4.0");
        fails(() -> Elements.assertSame("x", new float[3], expected), "x: expected 4 elements, found 3");
        Elements.assertClose("close", new double[] {1.25}, new double[] {1}, 0.25);
        fails(() -> Elements.assertClose("x", new double[] {1.25}, new double[] {1}, 0.125),
                "x: element 0 of 1: expected 1.0 within 0.125, found 1.25; 1 differ, element 0 most, by 0.25");
    }

    @Test
    void notANumberIsNeverClose() {
        fails(() -> Elements.assertClose("x", new float[] {9, Float.NaN}, new float[] {1, 2}, 10),
                "x: element 1 of 2: expected 2.0 within 10.0, found NaN; 1 differ, element 1 most, by NaN");
        fails(() -> Elements.assertClose("x", new float[] {90, Float.NaN}, new float[] {1, 2}, 10),
                "x: element 0 of 2: expected 1.0 within 10.0, found 90.0; 2 differ, element 1 most, by NaN");
        Elements.assertSame("both", new double[] {Double.NaN}, new double[] {Double.NaN});
        Elements.assertClose("infinite", new float[] {Float.POSITIVE_INFINITY}, new float[] {Float.POSITIVE_INFINITY}, 1);
        fails(() -> Elements.assertSame("zeros", new double[] {-0.0}, new double[] {0}),
                "zeros: element 0 of 1: expected 0.0, found -0.0; 1 differ, element 0 most, by 0.0");
    }

    /** With {@code containsExactly} this would go on for hours. */
    @Test
    void aMillionWrongElementsAreToldAtOnce() {
        float[] expected = new float[MANY];
        Random random = new Random(20251127);
        for (int i = 0; i < MANY; i++) {
            expected[i] = random.nextFloat();
        }
        float[] actual = expected.clone();
        Arrays.fill(actual, 7, MANY, 2);
        Assertions.assertTimeoutPreemptively(Duration.ofSeconds(30), () -> assertThatThrownBy(
                () -> Elements.assertClose("x", actual, expected, 1e-5))
                .isInstanceOf(AssertionError.class)
                .hasMessageStartingWith("x: element 7 of 1000000: expected ")
                .hasMessageContaining(", found 2.0; 999993 differ, "));
    }
}
