package io.panatorch.cogvideox;

import io.panatorch.cogvideox.scheduler.NoiseSource;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.Generator;
import io.panatorch.tensor.Shape;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.util.List;

/**
 * The random numbers of a generation, in the order in which it draws them. They are those of torch's CPU generator whatever computes, so
 * that a seed gives the same video on every device.
 */
final class Noise implements NoiseSource {

    private final List<Generator> generators;
    private final Device device;

    /**
     * @param seeds one for the whole batch, or one for each video
     * @param device where noise is needed
     */
    Noise(List<Long> seeds, Device device) {
        this.generators = seeds.stream().map(Generator::seeded).toList();
        this.device = device;
    }

    @Override
    public Tensor randn(Shape shape, DType dtype) {
        try (TensorScope scope = TensorScope.open()) {
            if (generators.size() == 1) {
                return scope.promote(generators.getFirst().randn(shape, dtype).to(device));
            }
            long[] one = shape.sizes();
            one[0] = 1;
            Tensor[] videos = generators.stream().map(generator -> generator.randn(Shape.of(one), dtype)).toArray(Tensor[]::new);
            return scope.promote(Tensor.cat(0, videos).to(device));
        }
    }

    /** {@return whether each video has a stream of its own} */
    boolean isPerVideo() {
        return generators.size() > 1;
    }

    /** {@return what one video draws from: its own stream, or that of all} */
    Generator of(int video) {
        return generators.get(isPerVideo() ? video : 0);
    }
}
