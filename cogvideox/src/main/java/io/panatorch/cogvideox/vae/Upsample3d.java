package io.panatorch.cogvideox.vae;

import io.panatorch.nn.Weights;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.io.IOException;

/**
 * Frames of double height and width and, if it is to, double their number, smoothed by a convolution over single frames:
 * diffusers' {@code CogVideoXUpsample3D}.
 *
 * <p>There, frames are repeated before the convolution. It looks at one frame at a time, so here each frame is convolved
 * once and repeated afterwards.
 */
final class Upsample3d implements Stage {

    private static final long KERNEL = 3;
    private static final long[] STRIDE = {1, 1, 1};
    private static final long[] PADDING = {0, 1, 1};

    private final Tensor weight;
    private final Tensor bias;
    private final boolean doublesFrames;

    Upsample3d(Weights weights, int channels, boolean doublesFrames) throws IOException {
        this(weights, channels, channels, doublesFrames);
    }

    Upsample3d(Weights weights, int in, int out, boolean doublesFrames) throws IOException {
        Weights conv = weights.at("conv");
        this.weight = conv.get("weight", out, in, KERNEL, KERNEL);
        this.bias = conv.get("bias", out);
        this.doublesFrames = doublesFrames;
    }

    @Override
    public Tensor forward(Tensor x, Tensor latents, ConvCache cache) {
        try (var scope = TensorScope.open()) {
            long frames = x.size(2);
            long height = 2 * x.size(3);
            long width = 2 * x.size(4);
            Tensor smooth;
            try (Tensor large = Nearest.resize(x, frames, height, width)) { // [b, in, f, 2h, 2w]
                // One frame deep: a convolution over single frames that needs no other order of dimensions.
                smooth = large.conv3d(weight.unsqueeze(2), bias, STRIDE, PADDING); // [b, out, f, 2h, 2w]
            }
            if (!doublesFrames || frames == 1) {
                return scope.promote(smooth);
            }
            return scope.promote(Nearest.resize(smooth, 2 * frames - frames % 2, height, width)); // [b, out, f', 2h, 2w]
        }
    }
}
