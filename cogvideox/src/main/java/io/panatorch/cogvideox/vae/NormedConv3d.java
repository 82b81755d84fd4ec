package io.panatorch.cogvideox.vae;

import io.panatorch.nn.Activation;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;

/**
 * What encoder and decoder repeat everywhere: norm, activation, convolution. The tensors between them are closed as early as they
 * can be.
 */
record NormedConv3d(Norm3d norm, Activation activation, CausalConv3d conv) implements Stage {

    @Override
    public Tensor forward(Tensor x, Tensor latents, ConvCache cache) {
        try (var scope = TensorScope.open()) {
            Tensor active;
            try (Tensor normal = norm.forward(x, latents)) {
                active = activation.forward(normal);
            }
            return scope.promote(conv.consume(active, cache));
        }
    }
}
