package io.panatorch.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import io.panatorch.testing.RequiresCuda;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("gpu")
@RequiresCuda
class HeldTensorsGpuTest {

    private static final Place FIRST = new Place(Branch.CONDITIONAL, new Site(SiteKind.SPATIAL_ATTENTION, 0, "first"));
    private static final Place SECOND = new Place(Branch.CONDITIONAL, new Site(SiteKind.SPATIAL_ATTENTION, 1, "second"));
    private static final Place THIRD = new Place(Branch.CONDITIONAL, new Site(SiteKind.SPATIAL_ATTENTION, 2, "third"));

    /** A tensor of ten float32; torch's allocator on a GPU gives whole blocks, the storage is what was asked for. */
    private static final long BYTES = 40;

    @Test
    void offloadsWhatDoesNotFitAndLetsGoWhatFitsNowhere() {
        try (HeldTensors held = new HeldTensors(Stream.of(FIRST, SECOND, THIRD).map(Place::site).toList(), MemoryBudget.offloading(BYTES, BYTES), place -> place.site().layer());
                TensorScope _ = TensorScope.open()) {
            for (Place place : List.of(SECOND, THIRD, FIRST)) { // the later the layer, the more useful
                held.put(place, Map.of("", List.of(FakeModel.filled(place.site().layer(), 10).to(DType.FLOAT32, Device.cuda(0)))));
            }
            assertThat(held.get(FIRST, "")).isEmpty();
            for (Place place : List.of(SECOND, THIRD)) {
                Tensor restored = held.get(place, "").getFirst();
                assertThat(restored.device()).isEqualTo(Device.cuda(0));
                assertThat(restored.to(Device.CPU).toFloatArray()).containsOnly(place.site().layer());
            }
            assertThat(held.bytes()).isEqualTo(new HeldBytes(BYTES, BYTES, BYTES, BYTES));
        }
    }

    @Test
    void whatIsOffloadedComesBackAheadOfItsUse() {
        List<Place> places = List.of(FIRST, SECOND, THIRD);
        try (HeldTensors held = new HeldTensors(places.stream().map(Place::site).toList(), MemoryBudget.offloading(0, 3 * BYTES),
                place -> place.site().layer())) {
            for (int step = 0; step < 3; step++) {
                for (Place place : places) {
                    try (TensorScope _ = TensorScope.open()) {
                        held.comeBackAfter(place);
                        int expected = 10 * step + place.site().layer();
                        if (step > 0) {
                            assertThat(held.get(place, "").getFirst().to(Device.CPU).toFloatArray()).containsOnly(expected - 10);
                        }
                        held.put(place, Map.of("", List.of(FakeModel.filled(expected, 10).to(DType.FLOAT32, Device.cuda(0)))));
                    }
                }
            }
            held.drop(SECOND); // which may be on its way
            assertThat(held.bytes().offloaded()).isEqualTo(2 * BYTES);
        }
    }

    @Test
    void offloadsAllWithinNothing() {
        try (HeldTensors held = new HeldTensors(List.of(FIRST.site()), MemoryBudget.offloading(0, BYTES), place -> place.site().layer());
                TensorScope _ = TensorScope.open()) {
            held.put(FIRST, Map.of("", List.of(FakeModel.filled(3, 10).to(DType.FLOAT32, Device.cuda(0)))));
            assertThat(held.bytes()).isEqualTo(new HeldBytes(0, 0, BYTES, BYTES));
            assertThat(held.get(FIRST, "").getFirst().to(Device.CPU).toFloatArray()).containsOnly(3);
        }
    }
}
