package io.panatorch.nn;

import io.panatorch.tensor.Tensor;
import java.io.IOException;
import java.util.Objects;

/** Two-dimensional convolution, torch's {@code nn.Conv2d}. */
public final class Conv2d implements Layer {

    private final Tensor weight;
    private final Tensor bias;
    private final long[] stride;
    private final long[] padding;

    /**
     * Makes it of tensors, which are borrowed.
     *
     * @param weight {@code [out, in, kernel height, kernel width]}
     * @param bias {@code [out]}, or null
     * @param stride two numbers
     * @param padding two numbers, zeros on both sides
     */
    public Conv2d(Tensor weight, Tensor bias, long[] stride, long[] padding) {
        this.weight = Objects.requireNonNull(weight, "weight");
        this.bias = bias;
        this.stride = stride.clone();
        this.padding = padding.clone();
    }

    /** Takes {@code weight [out, in, kernel, kernel]}, which is square, and, if there is to be one, {@code bias [out]}. */
    public Conv2d(Weights weights, long in, long out, long kernel, long stride, long padding, boolean hasBias)
            throws IOException {
        this(weights.get("weight", out, in, kernel, kernel), hasBias ? weights.get("bias", out) : null,
                new long[] {stride, stride}, new long[] {padding, padding});
    }

    /** {@return {@code [batch, out, h', w']}} for {@code x [batch, in, h, w]}. */
    @Override
    public Tensor forward(Tensor x) {
        return x.conv2d(weight, bias, stride, padding);
    }
}
