package io.panatorch.nn;

import io.panatorch.tensor.Tensor;
import java.io.IOException;
import java.util.Objects;

/** Three-dimensional convolution of stride 1, torch's {@code nn.Conv3d}. */
public final class Conv3d implements Layer {

    private static final long[] STRIDE = {1, 1, 1};

    private final Tensor weight;
    private final Tensor bias;
    private final long[] padding;

    /**
     * Makes it of tensors, which are borrowed.
     *
     * @param weight {@code [out, in, kernel frames, kernel height, kernel width]}
     * @param bias {@code [out]}, or null
     * @param padding zeros before and after: frames, height, width
     */
    public Conv3d(Tensor weight, Tensor bias, long... padding) {
        this.weight = Objects.requireNonNull(weight, "weight");
        this.bias = bias;
        this.padding = padding.clone();
    }

    /**
     * Takes {@code weight [out, in, kernel, kernel, kernel]}, which is a cube, and {@code bias [out]}.
     *
     * @param padding zeros before and after: frames, height, width
     */
    public Conv3d(Weights weights, long in, long out, long kernel, long... padding) throws IOException {
        this(weights.get("weight", out, in, kernel, kernel, kernel), weights.get("bias", out), padding);
    }

    /** {@return {@code [batch, out, f', h', w']}} for {@code x [batch, in, f, h, w]}. */
    @Override
    public Tensor forward(Tensor x) {
        return x.conv3d(weight, bias, STRIDE, padding);
    }
}
