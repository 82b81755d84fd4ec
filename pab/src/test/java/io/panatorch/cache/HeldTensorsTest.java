package io.panatorch.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.panatorch.tensor.DType;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import io.panatorch.testing.TensorTest;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@TensorTest
class HeldTensorsTest {

    private static final Site SLOW = new Site(SiteKind.SPATIAL_ATTENTION, 0, "slow");
    private static final Site MIDDLE = new Site(SiteKind.SPATIAL_ATTENTION, 1, "middle");
    private static final Site FAST = new Site(SiteKind.FEED_FORWARD, 0, "fast");
    private static final List<Site> SITES = List.of(SLOW, MIDDLE, FAST);

    /** A float32 tensor of ten. */
    private static final long BYTES = 40;

    private final Map<Site, Double> seconds = new HashMap<>(Map.of(SLOW, 3.0, MIDDLE, 2.0, FAST, 1.0));
    private TensorScope scope;
    private HeldTensors held;

    @BeforeEach
    void openScope() {
        scope = TensorScope.open();
    }

    @AfterEach
    void close() {
        held.close();
        assertThat(held.bytes().now() + held.bytes().offloaded()).as("after close").isZero();
        scope.close();
    }

    private void limitTo(MemoryBudget budget) {
        held = new HeldTensors(SITES, budget, seconds::get);
    }

    /** A float32 between two of bfloat16. */
    private static Tensor ten() {
        return FakeModel.filled(1.001f, 10);
    }

    private void putEach(Site... sites) {
        for (Site site : sites) {
            held.put(site, List.of(ten()));
        }
    }

    private float first(Site site) {
        return held.get(site).getFirst().toFloatArray()[0];
    }

    @Test
    void letsGoWhatSavesTheLeastTimeForItsBytes() {
        limitTo(MemoryBudget.of(2 * BYTES));
        putEach(FAST, SLOW, MIDDLE);

        assertThat(held.get(FAST)).isEmpty();
        assertThat(held.evictions(FAST)).isEqualTo(1);
        assertThat(first(SLOW)).isEqualTo(1.001f);
        assertThat(first(MIDDLE)).isEqualTo(1.001f);
        assertThat(held.bytes()).isEqualTo(new HeldBytes(80, 80, 0, 0));
        assertThat(held.bytes(FAST)).isEqualTo(new HeldBytes(0, 40, 0, 0));
        assertThat(held.bytes(SiteKind.SPATIAL_ATTENTION)).isEqualTo(new HeldBytes(80, 80, 0, 0));
    }

    /** Three seconds for forty bytes are less than two for four. */
    @Test
    void countsTimeAgainstBytes() {
        limitTo(MemoryBudget.of(BYTES));
        putEach(SLOW);
        held.put(MIDDLE, List.of(FakeModel.filled(1, 1)));

        assertThat(held.get(SLOW)).isEmpty();
        assertThat(held.get(MIDDLE)).hasSize(1);
    }

    /** The newcomer may be the one to go; nothing of it is ever counted as held. */
    @Test
    void refusesWhatIsWorthLessThanWhatIsThere() {
        limitTo(MemoryBudget.of(2 * BYTES));
        putEach(SLOW, MIDDLE, FAST);

        assertThat(held.get(FAST)).isEmpty();
        assertThat(held.bytes(FAST)).isEqualTo(HeldBytes.NONE);
        assertThat(held.bytes().peak()).isEqualTo(80);
    }

    @Test
    void whatDoesNotFitAlonePushesOutNothing() {
        limitTo(MemoryBudget.of(BYTES));
        putEach(FAST);
        held.put(SLOW, List.of(FakeModel.filled(1, 11)));

        assertThat(held.get(SLOW)).isEmpty();
        assertThat(held.evictions(SLOW)).isEqualTo(1);
        assertThat(held.get(FAST)).hasSize(1);
        assertThat(held.evictions(FAST)).isZero();
    }

    @Test
    void whatDoesNotFitAloneIsTheFirstToBeNarrowed() {
        limitTo(MemoryBudget.narrowing(2 * BYTES));
        putEach(FAST);
        held.put(SLOW, List.of(FakeModel.filled(1.001f, 30)));

        assertThat(first(SLOW)).isEqualTo(1);
        assertThat(held.evictions(FAST)).isZero();
        assertThat(held.bytes().now()).isEqualTo(80);
    }

    @Test
    void holdsNothingWithinNothing() {
        limitTo(MemoryBudget.of(0));
        putEach(SLOW, SLOW);

        assertThat(held.get(SLOW)).isEmpty();
        assertThat(held.evictions(SLOW)).isEqualTo(2);
        assertThat(held.bytes()).isEqualTo(HeldBytes.NONE);
    }

    @Test
    void narrowsTheLeastUsefulUntilAllFits() {
        limitTo(MemoryBudget.narrowing(100));
        putEach(SLOW, MIDDLE, FAST);

        assertThat(first(FAST)).as("rounded to bfloat16").isEqualTo(1);
        assertThat(held.get(FAST).getFirst().dtype()).isEqualTo(DType.FLOAT32);
        assertThat(first(SLOW)).isEqualTo(1.001f);
        assertThat(SITES).allMatch(site -> held.evictions(site) == 0);
        assertThat(held.bytes()).isEqualTo(new HeldBytes(100, 100, 0, 0));
        assertThat(held.bytes(FAST)).isEqualTo(new HeldBytes(20, 20, 0, 0));
    }

    @Test
    void letsGoWhatDoesNotFitEvenNarrow() {
        limitTo(MemoryBudget.narrowing(50));
        putEach(SLOW, MIDDLE, FAST);

        assertThat(held.get(FAST)).isEmpty();
        assertThat(first(SLOW)).isEqualTo(1);
        assertThat(first(MIDDLE)).isEqualTo(1);
        assertThat(held.bytes().now()).isEqualTo(40);
    }

    @Test
    void narrowsNoWholeNumbers() {
        limitTo(MemoryBudget.narrowing(20));
        held.put(SLOW, List.of(Tensor.of(new long[] {1L << 40, 2, 3}, 3)));

        assertThat(held.get(SLOW)).isEmpty();
        assertThat(held.evictions(SLOW)).isEqualTo(1);
    }

    /** On the CPU there is nowhere to offload to. */
    @Test
    void offloadsNothingOfTheCpu() {
        limitTo(MemoryBudget.offloading(BYTES, 1 << 20));
        putEach(SLOW, FAST);

        assertThat(held.get(FAST)).isEmpty();
        assertThat(held.bytes()).isEqualTo(new HeldBytes(40, 40, 0, 0));
    }

    /** Two halves of one tensor at two sites are the tensor once; one half alone is as much. */
    @Test
    void countsSharedMemoryOnce() {
        limitTo(MemoryBudget.UNLIMITED);
        Tensor joint = ten();
        held.put(SLOW, List.of(joint.narrow(0, 0, 5)));
        held.put(FAST, List.of(joint.narrow(0, 5, 5)));

        assertThat(held.bytes().now()).isEqualTo(40);
        assertThat(held.bytes(SLOW).now()).isEqualTo(40);
        held.drop(SLOW);
        assertThat(held.bytes().now()).isEqualTo(40);
        held.drop(FAST);
        assertThat(held.bytes().now()).isZero();
    }

    @Test
    void narrowsSharedMemoryFromEverySite() {
        limitTo(MemoryBudget.narrowing(30));
        Tensor joint = ten();
        held.put(SLOW, List.of(joint.narrow(0, 0, 5), joint.narrow(0, 5, 5)));

        assertThat(held.bytes().now()).isEqualTo(20);
        assertThat(held.get(SLOW)).allMatch(half -> half.toFloatArray()[4] == 1);
    }

    @Test
    void knowsWhatABudgetIs() {
        limitTo(MemoryBudget.UNLIMITED);
        assertThatIllegalArgumentException().isThrownBy(() -> MemoryBudget.of(-1))
                .withMessage("memory budget: expected 0 bytes or more, found -1");
        assertThatIllegalArgumentException().isThrownBy(() -> MemoryBudget.offloading(7, -2))
                .withMessage("memory budget: expected 0 bytes or more, found -2");
    }
}
