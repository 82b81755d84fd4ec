package io.panatorch.cache;

import io.panatorch.cache.MemoryBudget.Overflow;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.Operator;
import io.panatorch.tensor.Storage;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorOwner;
import io.panatorch.tensor.TensorScope;
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
    private final ToDoubleFunction<Site> work;
    private final TensorOwner owner = new TensorOwner();
    private final Map<Site, List<Kept>> held = new LinkedHashMap<>();
    private final Ledger all = new Ledger();
    private final Map<SiteKind, Ledger> kinds = new EnumMap<>(SiteKind.class);
    private final Map<Site, Ledger> sites = new HashMap<>();
    private final List<Site> order; // of execution
    private final Map<Site, Integer> evictions = new HashMap<>();
    private final Map<Site, List<Tensor>> carried = new HashMap<>();

    /**
     * One held tensor.
     *
     * @param tensor as it is kept
     * @param dtype as it was given
     * @param device where it was given
     */
    private record Kept(Tensor tensor, DType dtype, Device device, Storage storage) {

        Kept(Tensor tensor, DType dtype, Device device) {
            this(tensor, dtype, device, tensor.storage());
        }

        boolean isOffloaded() {
            return !tensor.device().equals(device);
        }

        boolean isNarrow() {
            return tensor.dtype() != dtype;
        }
    }

    /** @param work how much work it is to compute a site, compared with others */
    HeldTensors(List<Site> covered, MemoryBudget budget, ToDoubleFunction<Site> work) {
        this.budget = budget;
        this.work = work;
        this.order = covered;
        covered.forEach(site -> {
            sites.put(site, new Ledger());
            kinds.putIfAbsent(site.kind(), new Ledger());
        });
    }

    boolean covers(Site site) {
        return sites.containsKey(site);
    }

    boolean holds(Site site) {
        return held.containsKey(site);
    }

    List<Tensor> get(Site site) {
        return held.getOrDefault(site, List.of()).stream()
                .map(kept -> kept.isNarrow() || kept.isOffloaded() ? kept.tensor.to(kept.dtype, kept.device) : kept.tensor.alias())
                .toList();
    }

    /** Keeps tensors as they are within the step, in place of what was carried; they are no part of what is held. */
    void carry(Site site, List<Tensor> tensors) {
        List<Tensor> adopted = tensors.stream().map(owner::adopt).toList();
        takeCarried(site).forEach(Tensor::close);
        carried.put(site, adopted);
    }

    /** As tensors of the innermost scope. */
    List<Tensor> takeCarried(Site site) {
        List<Tensor> kept = Optional.ofNullable(carried.remove(site)).orElse(List.of());
        List<Tensor> taken = kept.stream().map(Tensor::alias).toList();
        kept.forEach(Tensor::close);
        return taken;
    }

    void endStep() {
        carried.values().forEach(kept -> kept.forEach(Tensor::close));
        carried.clear();
    }

    void dropAll() {
        List.copyOf(held.keySet()).forEach(this::drop);
    }

    void put(Site site, List<Tensor> tensors) {
        List<Kept> kept = tensors.stream()
                .map(tensor -> new Kept(owner.adopt(tensor), tensor.dtype(), tensor.device())).toList();
        drop(site);
        keep(site, kept);
        Set<Site> changed = new HashSet<>(Set.of(site));
        while (all.bytes().now() > budget.bytes() || all.bytes().offloaded() > budget.hostBytes()) {
            changed.add(relieve());
        }
        changed.stream().flatMap(this::ledgers).forEach(Ledger::settle);
    }

    private void keep(Site site, List<Kept> kept) {
        held.put(site, kept);
        for (Kept each : kept) {
            ledgers(site).forEach(ledger -> ledger.add(each.storage, each.isOffloaded()));
        }
    }

    private Stream<Ledger> ledgers(Site site) {
        return Stream.of(all, kinds.get(site.kind()), sites.get(site));
    }

    void drop(Site site) {
        forget(site).forEach(kept -> kept.tensor.close());
    }

    private List<Kept> forget(Site site) {
        List<Kept> kept = Optional.ofNullable(held.remove(site)).orElse(List.of());
        for (Kept each : kept) {
            ledgers(site).forEach(ledger -> ledger.remove(each.storage, each.isOffloaded()));
        }
        return kept;
    }

    /** Takes the least useful of what can still be made smaller or moved, and where there is no such, lets the least useful go. */
    private Site relieve() {
        boolean hostIsFull = all.bytes().offloaded() > budget.hostBytes();
        Optional<Site> relievable = leastUseful(kept -> !hostIsFull && canBeRelieved(kept));
        if (relievable.isPresent()) {
            keep(relievable.get(), forget(relievable.get()).stream().map(this::relieved).toList());
            return relievable.get();
        }
        Site least = leastUseful(kept -> kept.isOffloaded() == hostIsFull).orElseThrow();
        drop(least);
        evictions.merge(least, 1, Integer::sum);
        return least;
    }

    /** Of the sites that hold such a tensor, the one that is the least work for its bytes; of several the last in the model. */
    private Optional<Site> leastUseful(Predicate<Kept> which) {
        return held.entrySet().stream().filter(entry -> entry.getValue().stream().anyMatch(which)).map(Map.Entry::getKey)
                .min(Comparator.comparingDouble(this::usefulness).thenComparing(order::indexOf, Comparator.reverseOrder()));
    }

    /** What does not even fit alone is the first to be relieved or to go: all else would go before it, for nothing. */
    private double usefulness(Site site) {
        HeldBytes bytes = bytes(site);
        boolean fitsAlone = bytes.now() <= budget.bytes() && bytes.offloaded() <= budget.hostBytes();
        return fitsAlone ? work.applyAsDouble(site) / (bytes.now() + bytes.offloaded()) : -1;
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
            return new Kept(adopted, kept.dtype, kept.device);
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

    HeldBytes bytes(Site site) {
        return sites.get(site).bytes();
    }

    int evictions(Site site) {
        return evictions.getOrDefault(site, 0);
    }

    @Override
    public void close() {
        List.copyOf(held.keySet()).forEach(this::forget);
        carried.clear();
        owner.close();
    }
}
