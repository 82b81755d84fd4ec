package io.panatorch.nn;

import io.panatorch.tensor.Tensor;
import java.io.IOException;

/** Two-dimensional convolution, torch's {@code nn.Conv2d}, with a square kernel. */
public final class Conv2d implements Layer {

    private final Tensor weight;
    private final Tensor bias;
    private final long[] stride;
    private final long[] padding;

    /** Takes {@code weight [out, in, kernel, kernel]} and, if there is to be one, {@code bias [out]}. */
    public Conv2d(Weights weights, long in, long out, long kernel, long stride, long padding, boolean hasBias)
            throws IOException {
        this.weight = weights.get("weight", out, in, kernel, kernel);
        this.bias = hasBias ? weights.get("bias", out) : null;
        this.stride = new long[] {stride, stride};
        this.padding = new long[] {padding, padding};
    }

    /** {@return {@code [batch, out, h', w']}} for {@code x [batch, in, h, w]}. */
    @Override
    public Tensor forward(Tensor x) {
        return x.conv2d(weight, bias, stride, padding);
    }
}
