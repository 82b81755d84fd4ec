package io.panatorch.cache;

import io.panatorch.cache.MemoryBudget.Overflow;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.Operator;
import io.panatorch.tensor.Storage;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorOwner;
import io.panatorch.tensor.TensorScope;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/** What a session keeps from step to step for each covered site, within a budget, and how many bytes that is. */
final class HeldTensors implements AutoCloseable {

    private final MemoryBudget budget;
    private final ToDoubleFunction<Place> work;
    private final TensorOwner owner = new TensorOwner();
    private final Map<Place, List<Kept>> held = new LinkedHashMap<>();
    private final Ledger all = new Ledger();
    private final Map<SiteKind, Ledger> kinds = new EnumMap<>(SiteKind.class);
    private final Map<Place, Ledger> places = new HashMap<>();
    private final List<Site> order; // of execution
    private final Set<Site> covered;
    private final Map<Place, Integer> evictions = new HashMap<>();
    private final Map<Place, List<Tensor>> carried = new HashMap<>();
    private final Returning returning = new Returning();

    /**
     * One held tensor.
     *
     * @param slot under which name
     * @param tensor as it is kept
     * @param dtype as it was given
     * @param device where it was given
     */
    private record Kept(String slot, Tensor tensor, DType dtype, Device device, Storage storage) {

        Kept(String slot, Tensor tensor, DType dtype, Device device) {
            this(slot, tensor, dtype, device, tensor.storage());
        }

        boolean isOffloaded() {
            return !tensor.device().equals(device);
        }

        boolean isNarrow() {
            return tensor.dtype() != dtype;
        }
    }

    /** @param work how much work it is to compute a site, compared with others */
    HeldTensors(List<Site> covered, MemoryBudget budget, ToDoubleFunction<Place> work) {
        this.budget = budget;
        this.work = work;
        this.order = covered;
        covered.forEach(site -> kinds.putIfAbsent(site.kind(), new Ledger()));
        this.covered = Set.copyOf(covered);
    }

    boolean covers(Site site) {
        return covered.contains(site);
    }

    boolean holds(Place place) {
        return held.containsKey(place);
    }

    List<Tensor> get(Place place, String slot) {
        return held.getOrDefault(place, List.of()).stream().filter(kept -> kept.slot.equals(slot))
                .map(this::asGiven).toList();
    }

    private Tensor asGiven(Kept kept) {
        if (!kept.isNarrow() && !kept.isOffloaded()) {
            return kept.tensor.alias();
        }
        return returning.of(kept.tensor).map(Tensor::alias).orElseGet(() -> kept.tensor.to(kept.dtype, kept.device));
    }

    /** Has what is offloaded of the site after this one come back while this one is computed, should it be needed. */
    void comeBackAfter(Place place) {
        if (all.bytes().offloaded() == 0) {
            return;
        }
        Place next = new Place(place.branch(), order.get((order.indexOf(place.site()) + 1) % order.size()));
        List<Kept> away = held.getOrDefault(next, List.of()).stream().filter(Kept::isOffloaded).toList();
        if (!away.isEmpty()) {
            returning.bring(away.getFirst().device, tensors(away), tensors(held.getOrDefault(place, List.of())));
        }
    }

    private static List<Tensor> tensors(List<Kept> kept) {
        return kept.stream().map(Kept::tensor).toList();
    }

    /** Keeps tensors as they are within the step, in place of what was carried; they are no part of what is held. */
    void carry(Place place, List<Tensor> tensors) {
        List<Tensor> adopted = tensors.stream().map(owner::adopt).toList();
        takeCarried(place).forEach(Tensor::close);
        carried.put(place, adopted);
    }

    /** As tensors of the innermost scope. */
    List<Tensor> takeCarried(Place place) {
        List<Tensor> kept = Optional.ofNullable(carried.remove(place)).orElse(List.of());
        List<Tensor> taken = kept.stream().map(Tensor::alias).toList();
        kept.forEach(Tensor::close);
        return taken;
    }

    void endStep() {
        carried.values().forEach(kept -> kept.forEach(Tensor::close));
        carried.clear();
    }

    void dropAll(Branch branch) {
        held.keySet().stream().filter(place -> place.branch() == branch).toList().forEach(this::drop);
    }

    void put(Place place, Map<String, List<Tensor>> slots) {
        List<Kept> kept = new ArrayList<>();
        slots.forEach((slot, tensors) -> tensors.forEach(
                tensor -> kept.add(new Kept(slot, owner.adopt(tensor), tensor.dtype(), tensor.device()))));
        drop(place);
        keep(place, kept);
        Set<Place> changed = new HashSet<>(Set.of(place));
        while (all.bytes().now() > budget.bytes() || all.bytes().offloaded() > budget.hostBytes()) {
            changed.add(relieve());
        }
        changed.stream().flatMap(this::ledgers).forEach(Ledger::settle);
    }

    private void keep(Place place, List<Kept> kept) {
        held.put(place, kept);
        for (Kept each : kept) {
            ledgers(place).forEach(ledger -> ledger.add(each.storage, each.isOffloaded()));
        }
    }

    private Stream<Ledger> ledgers(Place place) {
        return Stream.of(all, kinds.get(place.site().kind()), ledger(place));
    }

    private Ledger ledger(Place place) {
        return places.computeIfAbsent(place, _ -> new Ledger());
    }

    void drop(Place place) {
        for (Kept kept : forget(place)) {
            returning.forget(kept.tensor);
            kept.tensor.close();
        }
    }

    private List<Kept> forget(Place place) {
        List<Kept> kept = Optional.ofNullable(held.remove(place)).orElse(List.of());
        for (Kept each : kept) {
            ledgers(place).forEach(ledger -> ledger.remove(each.storage, each.isOffloaded()));
        }
        return kept;
    }

    /** Takes the least useful of what can still be made smaller or moved, and where there is no such, lets the least useful go. */
    private Place relieve() {
        boolean hostIsFull = all.bytes().offloaded() > budget.hostBytes();
        Optional<Place> relievable = leastUseful(kept -> !hostIsFull && canBeRelieved(kept));
        if (relievable.isPresent()) {
            keep(relievable.get(), forget(relievable.get()).stream().map(this::relieved).toList());
            return relievable.get();
        }
        Place least = leastUseful(kept -> kept.isOffloaded() == hostIsFull).orElseThrow();
        drop(least);
        evictions.merge(least, 1, Integer::sum);
        return least;
    }

    /** Of the sites that hold such a tensor, the one that is the least work for its bytes; of several the last in the model. */
    private Optional<Place> leastUseful(Predicate<Kept> which) {
        return held.entrySet().stream().filter(entry -> entry.getValue().stream().anyMatch(which)).map(Map.Entry::getKey)
                .min(Comparator.comparingDouble(this::usefulness)
                        .thenComparing(place -> order.indexOf(place.site()), Comparator.reverseOrder()).thenComparing(Place::branch));
    }

    /** What does not even fit alone is the first to be relieved or to go: all else would go before it, for nothing. */
    private double usefulness(Place place) {
        HeldBytes bytes = bytes(place);
        boolean fitsAlone = bytes.now() <= budget.bytes() && bytes.offloaded() <= budget.hostBytes();
        return fitsAlone ? work.applyAsDouble(place) / (bytes.now() + bytes.offloaded()) : -1;
    }

    private boolean canBeRelieved(Kept kept) {
        return switch (budget.overflow()) {
            case NONE -> false;
            case NARROW -> !kept.isNarrow() && (kept.dtype == DType.FLOAT32 || kept.dtype == DType.FLOAT64);
            case OFFLOAD -> !kept.isOffloaded() && kept.device.kind() == Device.Kind.CUDA;
        };
    }

    private Kept relieved(Kept kept) {
        if (!canBeRelieved(kept)) {
            return kept;
        }
        try (TensorScope _ = TensorScope.open()) {
            Tensor relieved = budget.overflow() == Overflow.NARROW ? kept.tensor.to(DType.BFLOAT16) : onHost(kept.tensor);
            Tensor adopted = owner.adopt(relieved);
            kept.tensor.close();
            return new Kept(kept.slot, adopted, kept.dtype, kept.device);
        }
    }

    /** Pinned memory, which an accelerator reads and writes without a copy in between. */
    private static Tensor onHost(Tensor tensor) {
        Tensor host = Operator.withSchema("aten::empty.memory_format(SymInt[] size, *, ScalarType? dtype=None, Layout? layout=None,"
                        + " Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor")
                .with("dtype", tensor.dtype()).with("pin_memory", true).call(tensor.shape().sizes()).tensor();
        host.copy_(tensor);
        return host;
    }

    HeldBytes bytes() {
        return all.bytes();
    }

    HeldBytes bytes(SiteKind kind) {
        return kinds.get(kind).bytes();
    }

    HeldBytes bytes(Place place) {
        return ledger(place).bytes();
    }

    int evictions(Place place) {
        return evictions.getOrDefault(place, 0);
    }

    @Override
    public void close() {
        List.copyOf(held.keySet()).forEach(this::forget);
        carried.clear();
        try (owner; returning) {
            // closes both, whatever fails
        }
    }
}
