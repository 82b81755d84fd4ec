package io.panatorch.nn;

import io.panatorch.tensor.Tensor;
import java.io.IOException;

/** Three-dimensional convolution of stride 1, torch's {@code nn.Conv3d}, with a cubic kernel. */
public final class Conv3d implements Layer {

    private static final long[] STRIDE = {1, 1, 1};

    private final Tensor weight;
    private final Tensor bias;
    private final long[] padding;

    /**
     * Takes {@code weight [out, in, kernel, kernel, kernel]} and {@code bias [out]}.
     *
     * @param padding zeros before and after: frames, height, width
     */
    public Conv3d(Weights weights, long in, long out, long kernel, long... padding) throws IOException {
        this.weight = weights.get("weight", out, in, kernel, kernel, kernel);
        this.bias = weights.get("bias", out);
        this.padding = padding.clone();
    }

    /** {@return {@code [batch, out, f', h', w']}} for {@code x [batch, in, f, h, w]}. */
    @Override
    public Tensor forward(Tensor x) {
        return x.conv3d(weight, bias, STRIDE, padding);
    }
}
