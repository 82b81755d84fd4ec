package io.panatorch.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.panatorch.tensor.DType;
import io.panatorch.tensor.LiveTensors;
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

    private static final Place HEAVY = new Place(Branch.CONDITIONAL, new Site(SiteKind.SPATIAL_ATTENTION, 0, "heavy"));
    private static final Place MIDDLE = new Place(Branch.CONDITIONAL, new Site(SiteKind.SPATIAL_ATTENTION, 1, "middle"));
    private static final Place LIGHT = new Place(Branch.CONDITIONAL, new Site(SiteKind.FEED_FORWARD, 0, "light"));
    private static final List<Place> PLACES = List.of(HEAVY, MIDDLE, LIGHT);

    /** A float32 tensor of ten. */
    private static final long BYTES = 40;

    private final Map<Place, Double> work = new HashMap<>(Map.of(HEAVY, 3.0, MIDDLE, 2.0, LIGHT, 1.0));
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
        held = new HeldTensors(PLACES.stream().map(Place::site).toList(), budget, work::get);
    }

    /** A float32 between two of bfloat16. */
    private static Tensor ten() {
        return FakeModel.filled(1.001f, 10);
    }

    private void putEach(Place... sites) {
        for (Place site : sites) {
            held.put(site, Map.of("", List.of(ten())));
        }
    }

    private float first(Place site) {
        return held.get(site, "").getFirst().toFloatArray()[0];
    }

    @Test
    void letsGoWhatIsTheLeastWorkForItsBytes() {
        limitTo(MemoryBudget.of(2 * BYTES));
        putEach(LIGHT, HEAVY, MIDDLE);

        assertThat(held.get(LIGHT, "")).isEmpty();
        assertThat(held.evictions(LIGHT)).isEqualTo(1);
        assertThat(first(HEAVY)).isEqualTo(1.001f);
        assertThat(first(MIDDLE)).isEqualTo(1.001f);
        assertThat(held.bytes()).isEqualTo(new HeldBytes(80, 80, 0, 0));
        assertThat(held.bytes(LIGHT)).isEqualTo(new HeldBytes(0, 40, 0, 0));
        assertThat(held.bytes(SiteKind.SPATIAL_ATTENTION)).isEqualTo(new HeldBytes(80, 80, 0, 0));
    }

    /** Three for forty bytes are less than two for four. */
    @Test
    void countsWorkAgainstBytes() {
        limitTo(MemoryBudget.of(BYTES));
        putEach(HEAVY);
        held.put(MIDDLE, Map.of("", List.of(FakeModel.filled(1, 1))));

        assertThat(held.get(HEAVY, "")).isEmpty();
        assertThat(held.get(MIDDLE, "")).hasSize(1);
    }

    /** Were it the first or the last that was held, sites that are visited one after the other would push each other out for ever. */
    @Test
    void ofEqualOnesLetsTheLastInTheModelGo() {
        work.replaceAll((_, _) -> 1.0);
        limitTo(MemoryBudget.of(2 * BYTES));
        for (int step = 0; step < 2; step++) {
            PLACES.forEach(site -> putEach(site));
            assertThat(PLACES.stream().map(held::holds)).containsExactly(true, true, false);
        }
    }

    /** What is carried is as it was given, whatever the budget, and goes when it is taken or the step ends. */
    @Test
    void carriesWithinAStep() {
        limitTo(MemoryBudget.narrowing(0));
        held.carry(HEAVY, List.of(FakeModel.filled(1.001f, 10)));
        held.carry(LIGHT, List.of(FakeModel.filled(2, 1)));

        assertThat(held.bytes()).isEqualTo(HeldBytes.NONE);
        assertThat(held.takeCarried(HEAVY).getFirst().toFloatArray()[0]).isEqualTo(1.001f);
        assertThat(held.takeCarried(HEAVY)).isEmpty();
        held.endStep();
        assertThat(held.takeCarried(LIGHT)).isEmpty();
    }

    /** The newcomer may be the one to go; nothing of it is ever counted as held. */
    @Test
    void refusesWhatIsWorthLessThanWhatIsThere() {
        limitTo(MemoryBudget.of(2 * BYTES));
        putEach(HEAVY, MIDDLE, LIGHT);

        assertThat(held.get(LIGHT, "")).isEmpty();
        assertThat(held.bytes(LIGHT)).isEqualTo(HeldBytes.NONE);
        assertThat(held.bytes().peak()).isEqualTo(80);
    }

    @Test
    void whatDoesNotFitAlonePushesOutNothing() {
        limitTo(MemoryBudget.of(BYTES));
        putEach(LIGHT);
        held.put(HEAVY, Map.of("", List.of(FakeModel.filled(1, 11))));

        assertThat(held.get(HEAVY, "")).isEmpty();
        assertThat(held.evictions(HEAVY)).isEqualTo(1);
        assertThat(held.get(LIGHT, "")).hasSize(1);
        assertThat(held.evictions(LIGHT)).isZero();
    }

    @Test
    void whatDoesNotFitAloneIsTheFirstToBeNarrowed() {
        limitTo(MemoryBudget.narrowing(2 * BYTES));
        putEach(LIGHT);
        held.put(HEAVY, Map.of("", List.of(FakeModel.filled(1.001f, 30))));

        assertThat(first(HEAVY)).isEqualTo(1);
        assertThat(held.evictions(LIGHT)).isZero();
        assertThat(held.bytes().now()).isEqualTo(80);
    }

    @Test
    void holdsNothingWithinNothing() {
        limitTo(MemoryBudget.of(0));
        putEach(HEAVY, HEAVY);

        assertThat(held.get(HEAVY, "")).isEmpty();
        assertThat(held.evictions(HEAVY)).isEqualTo(2);
        assertThat(held.bytes()).isEqualTo(HeldBytes.NONE);
    }

    /** What the count says is free is free: of each site one tensor is left, narrow or not. */
    @Test
    void freesWhatItMakesSmaller() {
        limitTo(MemoryBudget.narrowing(80));
        long before = LiveTensors.count();
        try (TensorScope _ = TensorScope.open()) {
            putEach(HEAVY, MIDDLE, LIGHT);
        }
        assertThat(held.bytes().now()).isEqualTo(80);
        assertThat(LiveTensors.count() - before).isEqualTo(3);
    }

    /** Branches share what there is; of equal sites in the same place the later branch goes first, at every run. */
    @Test
    void branchesShareTheBudget() {
        Place other = new Place(Branch.UNCONDITIONAL, HEAVY.site());
        work.put(other, 3.0);
        limitTo(MemoryBudget.of(2 * BYTES));
        putEach(HEAVY, other, MIDDLE);
        assertThat(held.get(MIDDLE, "")).as("the least work").isEmpty();
        assertThat(held.bytes(HEAVY).now() + held.bytes(other).now()).isEqualTo(2 * BYTES);
        assertThat(held.bytes(SiteKind.SPATIAL_ATTENTION).now()).isEqualTo(2 * BYTES);
        held.dropAll(Branch.UNCONDITIONAL);
        assertThat(held.bytes(other).now()).isZero();
        assertThat(held.holds(HEAVY)).isTrue();
        assertThat(held.bytes().now()).isEqualTo(BYTES);
    }

    @Test
    void narrowsTheLeastUsefulUntilAllFits() {
        limitTo(MemoryBudget.narrowing(100));
        putEach(HEAVY, MIDDLE, LIGHT);

        assertThat(first(LIGHT)).as("rounded to bfloat16").isEqualTo(1);
        assertThat(held.get(LIGHT, "").getFirst().dtype()).isEqualTo(DType.FLOAT32);
        assertThat(first(HEAVY)).isEqualTo(1.001f);
        assertThat(PLACES).allMatch(site -> held.evictions(site) == 0);
        assertThat(held.bytes()).isEqualTo(new HeldBytes(100, 100, 0, 0));
        assertThat(held.bytes(LIGHT)).isEqualTo(new HeldBytes(20, 20, 0, 0));
    }

    @Test
    void letsGoWhatDoesNotFitEvenNarrow() {
        limitTo(MemoryBudget.narrowing(50));
        putEach(HEAVY, MIDDLE, LIGHT);

        assertThat(held.get(LIGHT, "")).isEmpty();
        assertThat(first(HEAVY)).isEqualTo(1);
        assertThat(first(MIDDLE)).isEqualTo(1);
        assertThat(held.bytes().now()).isEqualTo(40);
    }

    @Test
    void narrowsNoWholeNumbers() {
        limitTo(MemoryBudget.narrowing(20));
        held.put(HEAVY, Map.of("", List.of(Tensor.of(new long[] {1L << 40, 2, 3}, 3))));

        assertThat(held.get(HEAVY, "")).isEmpty();
        assertThat(held.evictions(HEAVY)).isEqualTo(1);
    }

    /** On the CPU there is nowhere to offload to. */
    @Test
    void offloadsNothingOfTheCpu() {
        limitTo(MemoryBudget.offloading(BYTES, 1 << 20));
        putEach(HEAVY, LIGHT);

        assertThat(held.get(LIGHT, "")).isEmpty();
        assertThat(held.bytes()).isEqualTo(new HeldBytes(40, 40, 0, 0));
    }

    /** Two halves of one tensor at two sites are the tensor once; one half alone is as much. */
    @Test
    void countsSharedMemoryOnce() {
        limitTo(MemoryBudget.UNLIMITED);
        Tensor joint = ten();
        held.put(HEAVY, Map.of("", List.of(joint.narrow(0, 0, 5))));
        held.put(LIGHT, Map.of("", List.of(joint.narrow(0, 5, 5))));

        assertThat(held.bytes().now()).isEqualTo(40);
        assertThat(held.bytes(HEAVY).now()).isEqualTo(40);
        held.drop(HEAVY);
        assertThat(held.bytes().now()).isEqualTo(40);
        held.drop(LIGHT);
        assertThat(held.bytes().now()).isZero();
    }

    @Test
    void narrowsSharedMemoryFromEverySite() {
        limitTo(MemoryBudget.narrowing(30));
        Tensor joint = ten();
        held.put(HEAVY, Map.of("", List.of(joint.narrow(0, 0, 5), joint.narrow(0, 5, 5))));

        assertThat(held.bytes().now()).isEqualTo(20);
        assertThat(held.get(HEAVY, "")).allMatch(half -> half.toFloatArray()[4] == 1);
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
