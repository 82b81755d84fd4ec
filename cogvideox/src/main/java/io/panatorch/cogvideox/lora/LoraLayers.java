package io.panatorch.cogvideox.lora;

import io.panatorch.cogvideox.lora.LoraAdapter.Change;
import io.panatorch.io.InvalidFileException;
import io.panatorch.nn.LowRank;
import io.panatorch.nn.Matrix;
import io.panatorch.nn.Weights;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorOwner;
import io.panatorch.tensor.TensorScope;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Adapters, each at a scale, as the layers of one model take them: beside the layer's own matrix, or fused with it.
 *
 * <p>It owns the tensors that it makes, and is closed when no layer uses them any more. The adapters may be closed before.
 */
public final class LoraLayers implements Weights.Adapters, AutoCloseable {

    private static final String WEIGHT = ".weight";

    private final Map<LoraAdapter, Double> scales;
    private final boolean isFused;
    private final DType dtype;
    private final Device device;
    private final TensorOwner owner = new TensorOwner();
    private final Set<String> found = new HashSet<>();
    /** Of layers that are made again; on the device from the first time on. */
    private final Map<String, List<LowRank>> kept = new HashMap<>();

    /**
     * @param scales the adapters, in the order in which they are added, and what each is multiplied by
     * @param isFused whether the changes are added to the matrices, in float32, as new tensors of the model's dtype: then a layer
     *     takes no longer than without adapters, and the memory of a second copy of all matrices that are changed
     * @param dtype the model's
     * @param device the model's
     */
    public LoraLayers(Map<LoraAdapter, Double> scales, boolean isFused, DType dtype, Device device) {
        this.scales = new LinkedHashMap<>(scales);
        this.isFused = isFused;
        this.dtype = dtype;
        this.device = device;
    }

    /** {@return whether the changes are added to the matrices} */
    public boolean isFused() {
        return isFused;
    }

    @Override
    public void require(String name, long out, long in) throws InvalidFileException {
        boolean isChanged = false;
        for (LoraAdapter adapter : scales.keySet()) {
            isChanged |= adapter.change(layer(name), out, in) != null;
        }
        if (!isChanged) {
            return;
        }
        found.add(layer(name));
        if (!isFused) {
            try (var _ = TensorScope.open()) {
                kept(name, out, in); // now, since the adapter may be closed before the layer is made
            }
        }
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalStateException where it is to be fused and has no numbers of its own
     */
    @Override
    public Matrix adapt(String name, Matrix matrix, long out, long in) throws InvalidFileException {
        try (var _ = TensorScope.open()) {
            List<LowRank> changes = isFused ? changes(name, out, in) : kept(name, out, in);
            return changes.isEmpty() ? matrix : isFused ? fused(name, matrix, changes) : matrix.plus(changes);
        }
    }

    private static String layer(String name) {
        return name.endsWith(WEIGHT) ? name.substring(0, name.length() - WEIGHT.length()) : name;
    }

    private List<LowRank> changes(String name, long out, long in) throws InvalidFileException {
        List<LowRank> changes = new ArrayList<>();
        for (Map.Entry<LoraAdapter, Double> adapter : scales.entrySet()) {
            Change change = adapter.getKey().change(layer(name), out, in);
            if (change != null) {
                changes.add(onDevice(change, adapter.getValue()));
            }
        }
        return changes;
    }

    private LowRank onDevice(Change change, double scale) {
        DType computed = isFused ? DType.FLOAT32 : dtype;
        return new LowRank(change.down().to(computed, device), change.up().to(computed, device), scale * change.alpha() / change.rank());
    }

    private synchronized List<LowRank> kept(String name, long out, long in) throws InvalidFileException {
        List<LowRank> changes = kept.get(name);
        if (changes == null) {
            changes = changes(name, out, in).stream()
                    .map(change -> new LowRank(owner.adopt(change.down()), owner.adopt(change.up()), change.scale())).toList();
            kept.put(name, changes);
        }
        return changes;
    }

    private Matrix fused(String name, Matrix matrix, List<LowRank> changes) {
        Tensor weight = matrix.dense().orElseThrow(() -> new IllegalStateException("fuse: expected matrices of floating-point numbers,"
                + " found " + name + " stored in another way; leave the adapters unfused"));
        Tensor sum = weight.to(DType.FLOAT32, device);
        for (LowRank change : changes) {
            sum = sum.add(change.matrix());
        }
        return Matrix.of(owner.adopt(sum.to(weight.dtype(), weight.device())));
    }

    /**
     * Checks that the model has every layer that the adapters change.
     *
     * @throws InvalidFileException that names one that it has not
     */
    public void requireAllFound() throws InvalidFileException {
        for (LoraAdapter adapter : scales.keySet()) {
            for (String layer : adapter.changes().keySet()) {
                if (!found.contains(layer)) {
                    throw adapter.unknown(layer);
                }
            }
        }
    }

    /** Frees the tensors. */
    @Override
    public void close() {
        owner.close();
    }
}
