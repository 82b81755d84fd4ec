package io.panatorch.cogvideox.t5;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.testing.LeakCheck;
import java.io.IOException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("cpu")
@ExtendWith(LeakCheck.class)
class RelativePositionsTest {

    /** Distances of -300 to 300; the settings include an odd number of buckets and edges that fall on whole distances. */
    @ParameterizedTest
    @CsvSource({"32, 128", "32, 126", "16, 20", "16, 32", "8, 10", "7, 50", "64, 1000", "4, 3"})
    void bucketsOfTransformers(int buckets, int maxDistance) throws IOException {
        int[] actual = IntStream.rangeClosed(-300, 300)
                .map(distance -> RelativePositions.bucket(distance, buckets, maxDistance))
                .toArray();
        assertThat(actual).isEqualTo(T5Fixtures.integers("buckets/" + buckets + "/" + maxDistance));
    }
}
