package io.panatorch.cogvideox.scheduler;

import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ScheduleRequestTest {

    private static final ScheduleRequest TEN = ScheduleRequest.steps(10);

    static Stream<Arguments> refused() {
        return Stream.of(
                refused(() -> ScheduleRequest.timesteps(List.of()), "timesteps: expected at least one, found none"),
                refused(() -> ScheduleRequest.timesteps(List.of(900, 500, 500)),
                        "timesteps: expected each below the one before, found 500 after 500"),
                refused(() -> ScheduleRequest.timesteps(List.of(1, 2)),
                        "timesteps: expected each below the one before, found 2 after 1"),
                refused(() -> new ScheduleRequest(3, List.of(2, 1), 1, 0),
                        "timesteps: expected one for each of 3 steps, found 2"),
                refused(() -> TEN.withStrength(0), "strength: expected a number above 0 and up to 1, found 0.0"),
                refused(() -> TEN.withStrength(2), "strength: expected a number above 0 and up to 1, found 2.0"),
                refused(() -> TEN.withStrength(Double.NaN), "strength: expected a number above 0 and up to 1, found NaN"),
                refused(() -> TEN.withEta(-0.1), "eta: expected a number from 0 to 1, found -0.1"),
                refused(() -> TEN.withEta(1.5), "eta: expected a number from 0 to 1, found 1.5"),
                refused(() -> TEN.withEta(Double.NaN), "eta: expected a number from 0 to 1, found NaN"));
    }

    private static Arguments refused(ThrowingCallable request, String message) {
        return Arguments.of(message, request);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("refused")
    void saysInOneLineWhatIsWrong(String message, ThrowingCallable request) {
        assertThatIllegalArgumentException().isThrownBy(request).withMessage(message);
    }
}
