package io.panatorch.cogvideox.scheduler;

import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.Generator;
import io.panatorch.tensor.Shape;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.util.List;

/**
 * Where the noise of a generation comes from: one generator for all, or one for each item of its batch, so that each item is what
 * it would be alone. Numbers are drawn on the CPU, so that a seed gives the same ones on every device. Source: {@code
 * randn_tensor} of diffusers.
 *
 * @param generators one, or as many as the batch has items; every draw changes them
 */
public record Noise(List<Generator> generators) {

    /** Copies the list. */
    public Noise {
        generators = List.copyOf(generators);
    }

    /** One generator for all. */
    public static Noise of(Generator generator) {
        return new Noise(List.of(generator));
    }

    /**
     * {@return numbers of the standard normal distribution, on the device and of the caller's scope}
     *
     * @param shape whose first size is that of the batch
     * @param dtype a floating-point type; half types follow another stream than float32
     * @throws IllegalArgumentException if there are several generators, and not one for each item
     */
    public Tensor draw(Shape shape, DType dtype, Device device) {
        if (generators.size() != 1 && generators.size() != shape.size(0)) {
            throw new IllegalArgumentException("generators: expected one, or one for each of " + shape.size(0)
                    + " items of the batch, found " + generators.size());
        }
        try (TensorScope scope = TensorScope.open()) {
            if (generators.size() == 1) {
                return scope.promote(generators.getFirst().randn(shape, dtype).to(device));
            }
            long[] item = shape.sizes();
            item[0] = 1;
            Tensor[] items = generators.stream().map(generator -> generator.randn(Shape.of(item), dtype)).toArray(Tensor[]::new);
            return scope.promote(Tensor.cat(0, items).to(device));
        }
    }
}
