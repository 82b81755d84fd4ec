package io.panatorch.cache;

import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorOwner;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What a session keeps from step to step for each covered site, and how many bytes that is. */
final class HeldTensors implements AutoCloseable {

    private final Set<Site> covered;
    private final TensorOwner owner = new TensorOwner();
    private final Map<Site, List<Tensor>> held = new HashMap<>();
    private final Map<Site, Long> peaks = new HashMap<>();
    private long bytes;
    private long peak;

    HeldTensors(List<Site> covered) {
        this.covered = Set.copyOf(covered);
    }

    boolean covers(Site site) {
        return covered.contains(site);
    }

    List<Tensor> get(Site site) {
        return held.getOrDefault(site, List.of()).stream().map(Tensor::alias).toList();
    }

    void put(Site site, List<Tensor> tensors) {
        List<Tensor> aliases = tensors.stream().map(owner::adopt).toList();
        drop(site);
        held.put(site, aliases);
        bytes += bytes(aliases);
        peaks.merge(site, bytes(aliases), Math::max);
        peak = Math.max(peak, bytes);
    }

    void drop(Site site) {
        List<Tensor> dropped = held.remove(site);
        if (dropped != null) {
            bytes -= bytes(dropped);
            dropped.forEach(Tensor::close);
        }
    }

    long bytes() {
        return bytes;
    }

    long bytes(Site site) {
        return bytes(held.getOrDefault(site, List.of()));
    }

    long peak() {
        return peak;
    }

    long peak(Site site) {
        return peaks.getOrDefault(site, 0L);
    }

    private static long bytes(List<Tensor> tensors) {
        return tensors.stream().mapToLong(Tensor::byteSize).sum();
    }

    @Override
    public void close() {
        held.clear();
        bytes = 0;
        owner.close();
    }
}
