package io.panatorch.cogvideox.vae;

import io.panatorch.nn.Activation;
import io.panatorch.nn.Conv3d;
import io.panatorch.nn.Weights;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.io.IOException;

/** Two normed convolutions with a way around them: diffusers' {@code CogVideoXResnetBlock3D}. */
final class ResnetBlock3d implements Stage {

    private final NormedConv3d first;
    private final NormedConv3d second;
    private final Conv3d shortcut;

    ResnetBlock3d(Weights weights, int in, int out, Activation activation, Norm3d.Maker norms) throws IOException {
        first = new NormedConv3d(norms.of(weights.at("norm1"), in), activation,
                new CausalConv3d(weights.at("conv1"), in, out));
        second = new NormedConv3d(norms.of(weights.at("norm2"), out), activation,
                new CausalConv3d(weights.at("conv2"), out, out));
        shortcut = in == out ? null : new Conv3d(weights.at("conv_shortcut"), in, out, 1, 0, 0, 0);
    }

    @Override
    public Tensor forward(Tensor x, Tensor latents, ConvCache cache) {
        try (var scope = TensorScope.open()) {
            Tensor changed;
            try (Tensor inner = first.forward(x, latents, cache)) {
                changed = second.forward(inner, latents, cache);
            }
            Tensor around = shortcut == null ? x : shortcut.forward(x);
            return scope.promote(changed.add(around));
        }
    }
}
