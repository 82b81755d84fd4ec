package io.panatorch.cache;

import io.panatorch.tensor.DType;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorOwner;
import io.panatorch.tensor.TensorScope;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Measures how much outputs change from one computation to the next, for which it keeps the last ones. */
final class ChangeMeter implements AutoCloseable {

    private final TensorOwner owner = new TensorOwner();
    private final Map<Place, List<Tensor>> last = new HashMap<>();

    /** {@code Σ|new − old| / Σ|old|} over all outputs; NaN where nothing of the same shapes, or nothing but zeros, was there. */
    double change(Place place, List<Tensor> outputs) {
        List<Tensor> before = last.put(place, outputs.stream().map(owner::adopt).toList());
        if (before == null) {
            return Double.NaN;
        }
        double change = shapes(before).equals(shapes(outputs)) ? relativeChange(before, outputs) : Double.NaN;
        before.forEach(Tensor::close);
        return change;
    }

    private static List<?> shapes(List<Tensor> tensors) {
        return tensors.stream().map(Tensor::shape).toList();
    }

    private static double relativeChange(List<Tensor> before, List<Tensor> after) {
        double change = 0;
        double size = 0;
        for (int i = 0; i < before.size(); i++) {
            try (TensorScope _ = TensorScope.open()) {
                Tensor old = before.get(i).to(DType.FLOAT32);
                change += absoluteSum(after.get(i).to(DType.FLOAT32).sub(old));
                size += absoluteSum(old);
            }
        }
        return size == 0 ? Double.NaN : change / size;
    }

    private static double absoluteSum(Tensor tensor) {
        return tensor.abs().mean().item() * tensor.shape().numel();
    }

    @Override
    public void close() {
        last.clear();
        owner.close();
    }
}
