package io.panatorch.cogvideox.vae;

import io.panatorch.nn.Conv3d;
import io.panatorch.nn.Weights;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.io.IOException;

/**
 * A convolution with a kernel of 3 × 3 × 3 that looks at no later frame: diffusers' {@code CogVideoXCausalConv3d} with
 * {@code pad_mode="first"}. Zeros surround height and width.
 */
final class CausalConv3d {

    private static final int KERNEL = 3;

    private final Conv3d conv;

    CausalConv3d(Weights weights, int in, int out) throws IOException {
        conv = new Conv3d(weights.at("conv"), in, out, KERNEL, 0, 1, 1);
    }

    /**
     * {@return {@code [batch, out, frames, h, w]}}
     *
     * @param x borrowed, {@code [batch, in, frames, h, w]}
     */
    Tensor forward(Tensor x, ConvCache cache) {
        try (var scope = TensorScope.open()) {
            return scope.promote(conv.forward(cache.extend(this, x)));
        }
    }

    /** As {@link #forward}, but closes x as soon as it is not needed any more, which is before the convolution. */
    Tensor consume(Tensor x, ConvCache cache) {
        try (var scope = TensorScope.open()) {
            Tensor extended = cache.extend(this, x);
            x.close();
            return scope.promote(conv.forward(extended));
        }
    }
}
