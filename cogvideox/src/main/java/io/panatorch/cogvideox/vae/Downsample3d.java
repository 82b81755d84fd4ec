package io.panatorch.cogvideox.vae;

import io.panatorch.nn.Weights;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.io.IOException;

/**
 * Frames of half the height and width and, if it is to, half their number, by a convolution over single frames: diffusers'
 * {@code CogVideoXDownsample3D}.
 */
final class Downsample3d implements Stage {

    private static final long KERNEL = 3;
    private static final long[] STRIDE = {1, 2, 2};
    private static final long[] NO_PADDING = {0, 0, 0};
    private static final long[] PAIR = {2, 1};

    private final Tensor weight;
    private final Tensor bias;
    private final boolean halvesFrames;

    Downsample3d(Weights weights, int channels, boolean halvesFrames) throws IOException {
        this(weights, channels, channels, halvesFrames);
    }

    Downsample3d(Weights weights, int in, int out, boolean halvesFrames) throws IOException {
        Weights conv = weights.at("conv");
        this.weight = conv.get("weight", out, in, KERNEL, KERNEL);
        this.bias = conv.get("bias", out);
        this.halvesFrames = halvesFrames;
    }

    @Override
    public Tensor forward(Tensor x, Tensor latents, ConvCache cache) {
        try (var scope = TensorScope.open()) {
            Tensor fewer = halvesFrames ? inPairs(x) : x; // [b, in, f', h, w]
            Tensor padded = padded(fewer); // [b, in, f', h + 1, w + 1]
            if (fewer != x) {
                fewer.close();
            }
            // One frame deep: a convolution over single frames that needs no other order of dimensions.
            return scope.promote(padded.conv3d(weight.unsqueeze(2), bias, STRIDE, NO_PADDING)); // [b, out, f', h / 2, w / 2]
        }
    }

    /** Zeros below and to the right alone: torch's convolutions pad both sides or neither. */
    private static Tensor padded(Tensor x) {
        return x.pad(0, 1, 0, 1);
    }

    /** The mean of each two frames. Of an odd number the first stays single: it is the video's first, or was made of it. */
    private static Tensor inPairs(Tensor x) {
        long frames = x.size(2);
        if (frames == 1) {
            return x.alias();
        }
        if (frames % 2 == 0) {
            return meanOfPairs(x);
        }
        try (var scope = TensorScope.open()) {
            Tensor rest = meanOfPairs(x.narrow(2, 1, frames - 1)); // [b, c, (f - 1) / 2, h, w]
            return scope.promote(Tensor.cat(2, x.narrow(2, 0, 1), rest)); // [b, c, (f + 1) / 2, h, w]
        }
    }

    /** In two dimensions, since torch's pooling over three has no half types on a CPU. */
    private static Tensor meanOfPairs(Tensor x) {
        try (var scope = TensorScope.open()) {
            Tensor flat = x.reshape(x.size(0), x.size(1), x.size(2), x.size(3) * x.size(4)); // [b, c, f, h · w]
            Tensor mean = flat.avgPool2d(PAIR, PAIR, new long[] {0, 0}); // [b, c, f / 2, h · w]
            return scope.promote(mean.reshape(x.size(0), x.size(1), -1, x.size(3), x.size(4))); // [b, c, f / 2, h, w]
        }
    }
}
