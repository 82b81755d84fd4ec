package io.panatorch.cogvideox.vae;

import io.panatorch.nn.Conv3d;
import io.panatorch.nn.GroupNorm;
import io.panatorch.nn.Weights;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.io.IOException;

/**
 * A group norm that is scaled and shifted by what the latents say at each place: diffusers'
 * {@code CogVideoXSpatialNorm3D}.
 *
 * <p>There, latents are enlarged and then convolved. The convolutions look at one place at a time, so they commute with
 * repeating places, and here they run on the small latents.
 */
final class SpatialNorm3d implements Norm3d {

    private static final double EPS = 1e-6;

    private final GroupNorm norm;
    private final Conv3d scale;
    private final Conv3d shift;

    SpatialNorm3d(Weights weights, int channels, int latentChannels, int groups) throws IOException {
        norm = new GroupNorm(weights.at("norm_layer"), groups, channels, EPS);
        scale = new Conv3d(weights.at("conv_y").at("conv"), latentChannels, channels, 1, 0, 0, 0);
        shift = new Conv3d(weights.at("conv_b").at("conv"), latentChannels, channels, 1, 0, 0, 0);
    }

    @Override
    public Tensor forward(Tensor x, Tensor latents) {
        try (var scope = TensorScope.open()) {
            Tensor scaled;
            try (Tensor normal = norm.forward(x); Tensor factor = enlarged(scale, latents, x)) {
                scaled = normal.mul(factor);
            }
            try (Tensor offset = enlarged(shift, latents, x)) {
                return scope.promote(scaled.add(offset));
            }
        }
    }

    private static Tensor enlarged(Conv3d conv, Tensor latents, Tensor x) {
        try (var scope = TensorScope.open()) {
            Tensor small = conv.forward(latents); // [b, c, f, h, w]
            return scope.promote(Nearest.resize(small, x.size(2), x.size(3), x.size(4))); // [b, c, frames, height, width]
        }
    }
}
