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
import java.util.HashSet;
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

    /**
     * @param scales the adapters, in the order in which they are added, and what each is multiplied by
     * @param isFused whether the changes are added to the matrices, in float32, as new tensors of the model's dtype: then a layer
     *     takes no longer than without adapters, and the memory of a second copy of all matrices that are changed
     * @param dtype the model's
     * @param device the model's
     */
    public LoraLayers(Map<LoraAdapter, Double> scales, boolean isFused, DType dtype, Device device) {
        this.scales = scales;
        this.isFused = isFused;
        this.dtype = dtype;
        this.device = device;
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalStateException where it is to be fused and has no numbers of its own
     */
    @Override
    public Matrix adapt(String name, Matrix matrix, long out, long in) throws InvalidFileException {
        String layer = name.endsWith(WEIGHT) ? name.substring(0, name.length() - WEIGHT.length()) : name;
        List<LowRank> changes = new ArrayList<>();
        try (var _ = TensorScope.open()) {
            for (Map.Entry<LoraAdapter, Double> adapter : scales.entrySet()) {
                Change change = adapter.getKey().change(layer, out, in);
                if (change != null) {
                    found.add(layer);
                    changes.add(onDevice(change, adapter.getValue()));
                }
            }
            return changes.isEmpty() ? matrix : isFused ? fused(name, matrix, changes) : beside(matrix, changes);
        }
    }

    private LowRank onDevice(Change change, double scale) {
        DType computed = isFused ? DType.FLOAT32 : dtype;
        return new LowRank(change.down().to(computed, device), change.up().to(computed, device), scale * change.alpha() / change.rank());
    }

    private Matrix beside(Matrix matrix, List<LowRank> changes) {
        return matrix.plus(changes.stream()
                .map(change -> new LowRank(owner.adopt(change.down()), owner.adopt(change.up()), change.scale())).toList());
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
