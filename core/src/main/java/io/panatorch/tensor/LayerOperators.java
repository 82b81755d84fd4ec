package io.panatorch.tensor;

import static io.panatorch.tensor.Tensor.orNull;

import io.panatorch.bindings.generated.Panatorch;
import java.lang.foreign.MemorySegment;

/**
 * What layers compute, torch's {@code torch.nn.functional}, and the matrix product; activations are
 * {@link PointwiseOperators}. Attention, of three tensors alike, is static: {@link Tensor#scaledDotProductAttention}.
 *
 * <p>The layers with weights of their own are in {@link io.panatorch.nn}.
 */
public sealed interface LayerOperators permits Tensor {

    // ---- products --------------------------------------------------------------------------------------------------------

    /**
     * {@return this {@code [..., in]} by the transposed weight, {@code [..., out]}}
     *
     * @param weight {@code [out, in]}
     * @param bias {@code [out]}, or null
     */
    default Tensor linear(Tensor weight, Tensor bias) {
        CallState state = CallState.beginOptional("linear", 2, self(), weight, bias);
        return state.finish(Panatorch.pt_linear(self().handle(), weight.handle(), orNull(bias), state.error()));
    }

    /** {@return the matrix product over the last two dimensions, with broadcasting over the others} */
    default Tensor matmul(Tensor other) {
        CallState state = CallState.begin("matmul", self(), other);
        return state.finish(Panatorch.pt_matmul(self().handle(), other.handle(), state.error()));
    }

    // ---- softmax and norms -----------------------------------------------------------------------------------------------

    /** {@return the softmax over a dimension} */
    default Tensor softmax(int dimension) {
        CallState state = CallState.begin("softmax", self());
        return state.finish(Panatorch.pt_softmax(self().handle(), dimension, state.error()));
    }

    /** {@return the logarithm of the softmax over a dimension} */
    default Tensor logSoftmax(int dimension) {
        return Operator.tensor("aten::log_softmax.int(Tensor self, int dim, ScalarType? dtype=None) -> Tensor",
                this, dimension);
    }

    /**
     * {@return this normalised over the last dimension}
     *
     * @param weight {@code [size of the last dimension]}, or null
     * @param bias likewise, or null
     */
    default Tensor layerNorm(Tensor weight, Tensor bias, double eps) {
        long size = lastSize("layer_norm");
        CallState state = CallState.beginOptional("layer_norm", 1, self(), weight, bias);
        MemorySegment last = state.frame.longs(size);
        return state.finish(
                Panatorch.pt_layer_norm(self().handle(), last, 1, orNull(weight), orNull(bias), eps, state.error()));
    }

    /**
     * {@return this divided by the root of its mean square over the last dimension}
     *
     * @param weight {@code [size of the last dimension]}, or null
     */
    default Tensor rmsNorm(Tensor weight, double eps) {
        long size = lastSize("rms_norm");
        CallState state = CallState.beginOptional("rms_norm", 1, self(), weight);
        MemorySegment last = state.frame.longs(size);
        return state.finish(Panatorch.pt_rms_norm(self().handle(), last, 1, orNull(weight), eps, state.error()));
    }

    /**
     * {@return this {@code [batch, channels, ...]} normalised over groups of channels}
     *
     * @param weight {@code [channels]}, or null
     * @param bias {@code [channels]}, or null
     */
    default Tensor groupNorm(int groups, Tensor weight, Tensor bias, double eps) {
        CallState state = CallState.beginOptional("group_norm", 1, self(), weight, bias);
        return state.finish(
                Panatorch.pt_group_norm(self().handle(), groups, orNull(weight), orNull(bias), eps, state.error()));
    }

    /**
     * {@return this {@code [batch, channels, ...]} normalised by statistics of each channel that were taken before}
     *
     * @param mean {@code [channels]}
     * @param variance {@code [channels]}
     * @param weight {@code [channels]}, or null
     * @param bias {@code [channels]}, or null
     */
    default Tensor batchNorm(Tensor mean, Tensor variance, Tensor weight, Tensor bias, double eps) {
        return Operator.tensor("aten::batch_norm(Tensor input, Tensor? weight, Tensor? bias, Tensor? running_mean, Tensor? "
                + "running_var, bool training, float momentum, float eps, bool cudnn_enabled) -> Tensor",
                this, weight, bias, mean, variance, false, 0, eps, true);
    }

    // ---- convolutions ----------------------------------------------------------------------------------------------------

    /**
     * {@return the one-dimensional convolution of this {@code [batch, in, length]}}
     *
     * @param weight {@code [out, in / groups, kernel]}
     * @param bias {@code [out]}, or null
     * @param padding zeros on both sides
     * @param dilation the distance of the places that the kernel looks at, usually 1
     * @param groups into how many the channels are divided, usually 1
     */
    default Tensor conv1d(Tensor weight, Tensor bias, long stride, long padding, long dilation, long groups) {
        return Operator.tensor("aten::conv1d(Tensor input, Tensor weight, Tensor? bias=None, SymInt[1] stride=[1], "
                + "SymInt[1] padding=[0], SymInt[1] dilation=[1], SymInt groups=1) -> Tensor",
                this, weight, bias, stride, padding, dilation, groups);
    }

    /**
     * {@return the two-dimensional convolution of this {@code [batch, in, height, width]}}
     *
     * @param weight {@code [out, in, kernel height, kernel width]}
     * @param bias {@code [out]}, or null
     * @param stride two numbers
     * @param padding two numbers, zeros on both sides
     */
    default Tensor conv2d(Tensor weight, Tensor bias, long[] stride, long[] padding) {
        checkLength("stride", 2, stride);
        checkLength("padding", 2, padding);
        CallState state = CallState.beginOptional("conv2d", 2, self(), weight, bias);
        MemorySegment steps = state.frame.longs(stride);
        MemorySegment pads = state.frame.longs(padding);
        return state.finish(Panatorch.pt_conv2d(self().handle(), weight.handle(), orNull(bias), steps, pads, state.error()));
    }

    /**
     * {@return the same with a kernel that looks at places apart from each other, and groups of channels}
     *
     * @param weight {@code [out, in / groups, kernel height, kernel width]}
     * @param dilation two numbers, the distances of the places
     * @param groups into how many the channels are divided
     */
    default Tensor conv2d(Tensor weight, Tensor bias, long[] stride, long[] padding, long[] dilation, long groups) {
        return Operator.tensor("aten::conv2d(Tensor input, Tensor weight, Tensor? bias=None, SymInt[2] stride=[1, 1], "
                + "SymInt[2] padding=[0, 0], SymInt[2] dilation=[1, 1], SymInt groups=1) -> Tensor",
                this, weight, bias, stride, padding, dilation, groups);
    }

    /**
     * {@return the three-dimensional convolution of this {@code [batch, in, frames, height, width]}}
     *
     * @param weight {@code [out, in, kernel frames, kernel height, kernel width]}
     * @param bias {@code [out]}, or null
     * @param stride three numbers
     * @param padding three numbers, zeros on both sides
     */
    default Tensor conv3d(Tensor weight, Tensor bias, long[] stride, long[] padding) {
        checkLength("stride", 3, stride);
        checkLength("padding", 3, padding);
        CallState state = CallState.beginOptional("conv3d", 2, self(), weight, bias);
        MemorySegment steps = state.frame.longs(stride);
        MemorySegment pads = state.frame.longs(padding);
        return state.finish(Panatorch.pt_conv3d(self().handle(), weight.handle(), orNull(bias), steps, pads, state.error()));
    }

    /**
     * {@return the transposed two-dimensional convolution of this {@code [batch, in, height, width]}}
     *
     * @param weight {@code [in, out, kernel height, kernel width]}
     * @param bias {@code [out]}, or null
     * @param stride two numbers
     * @param padding two numbers, by which the result is smaller on both sides
     */
    default Tensor convTranspose2d(Tensor weight, Tensor bias, long[] stride, long[] padding) {
        return Operator.tensor("aten::conv_transpose2d.input(Tensor input, Tensor weight, Tensor? bias=None, SymInt[2] "
                + "stride=[1, 1], SymInt[2] padding=[0, 0], SymInt[2] output_padding=[0, 0], SymInt groups=1, SymInt[2] "
                + "dilation=[1, 1]) -> Tensor", this, weight, bias, stride, padding);
    }

    // ---- sizes -----------------------------------------------------------------------------------------------------------

    /**
     * {@return this with zeros around it}
     *
     * @param pad how many before and after the last dimension, then the one before that, and so on; negative ones cut off
     */
    default Tensor pad(long... pad) {
        return pad(pad, 0);
    }

    /**
     * {@return this with a value around it}
     *
     * @param pad how many before and after the last dimension, then the one before that, and so on; negative ones cut off
     */
    default Tensor pad(long[] pad, double value) {
        return Operator.tensor("aten::pad(Tensor self, SymInt[] pad, str mode=\"constant\", float? value=None) -> Tensor",
                this, pad, "constant", value);
    }

    /**
     * {@return this with its own elements around it}
     *
     * @param mode {@code "reflect"}, {@code "replicate"} or {@code "circular"}
     */
    default Tensor pad(long[] pad, String mode) {
        return Operator.tensor("aten::pad(Tensor self, SymInt[] pad, str mode=\"constant\", float? value=None) -> Tensor",
                this, pad, mode);
    }

    /**
     * {@return the means of windows of this {@code [batch, channels, height, width]}}
     *
     * @param kernel two numbers
     * @param stride two numbers, usually those of the kernel
     * @param padding two numbers, zeros on both sides, which count
     */
    default Tensor avgPool2d(long[] kernel, long[] stride, long[] padding) {
        return Operator.tensor("aten::avg_pool2d(Tensor self, int[2] kernel_size, int[2] stride=[], int[2] padding=0, bool "
                + "ceil_mode=False, bool count_include_pad=True, int? divisor_override=None) -> Tensor",
                this, kernel, stride, padding);
    }

    /**
     * {@return the largest elements of windows of this {@code [batch, channels, height, width]}}
     *
     * @param kernel two numbers
     * @param stride two numbers, usually those of the kernel
     * @param padding two numbers, places on both sides that do not count
     */
    default Tensor maxPool2d(long[] kernel, long[] stride, long[] padding) {
        return Operator.tensor("aten::max_pool2d(Tensor self, int[2] kernel_size, int[2] stride=[], int[2] padding=0, "
                + "int[2] dilation=1, bool ceil_mode=False) -> Tensor", this, kernel, stride, padding);
    }

    /** {@return this {@code [batch, channels, h, w]} resized by nearest neighbour} */
    default Tensor upsampleNearest2d(long height, long width) {
        return Operator.tensor("aten::upsample_nearest2d(Tensor self, SymInt[2] output_size, float? scales_h=None, float? "
                + "scales_w=None) -> Tensor", this, new long[] {height, width});
    }

    /**
     * {@return this {@code [batch, channels, h, w]} resized by interpolation}
     *
     * @param alignCorners whether the corners' centres stay where they are
     */
    default Tensor upsampleBilinear2d(long height, long width, boolean alignCorners) {
        return Operator.tensor("aten::upsample_bilinear2d(Tensor self, SymInt[2] output_size, bool align_corners, float? "
                + "scales_h=None, float? scales_w=None) -> Tensor", this, new long[] {height, width}, alignCorners);
    }

    /** {@return this {@code [batch, channels, f, h, w]} resized by nearest neighbour to three new sizes} */
    default Tensor upsampleNearest3d(long frames, long height, long width) {
        CallState state = CallState.begin("upsample_nearest3d", self());
        MemorySegment size = state.frame.longs(frames, height, width);
        return state.finish(Panatorch.pt_upsample_nearest3d(self().handle(), size, state.error()));
    }

    // ---- tables ----------------------------------------------------------------------------------------------------------

    /** {@return the rows of this {@code [rows, dim]} at int64 indices {@code [...]}, {@code [..., dim]}} */
    default Tensor embedding(Tensor indices) {
        CallState state = CallState.begin("embedding", self(), indices);
        return state.finish(Panatorch.pt_embedding(self().handle(), indices.handle(), state.error()));
    }

    private long lastSize(String operator) {
        self().requireMemory(operator);
        if (self().shape().dim() == 0) {
            throw new IllegalArgumentException(
                    operator + " of " + self().describe() + ": expected a dimension to normalise over, found none");
        }
        return self().size(-1);
    }

    private static void checkLength(String what, int expected, long[] numbers) {
        if (numbers.length != expected) {
            throw new IllegalArgumentException(what + ": expected " + expected + " numbers, found " + numbers.length);
        }
    }

    private Tensor self() {
        return (Tensor) this;
    }
}
