package io.panatorch.nn;

import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import java.util.Objects;

/**
 * What a model's weights are computed in, and where and how they are kept.
 *
 * @param dtype what floating-point tensors are converted to
 * @param device where they are computed with
 * @param offload which of them leave the device while they are not needed
 * @param quantization how the matrices of linear layers are stored; those that a file has in 8 bits stay so
 */
public record Placement(DType dtype, Device device, Offload offload, Quantization quantization) {

    /** Checks that all is there. */
    public Placement {
        Objects.requireNonNull(dtype, "dtype");
        Objects.requireNonNull(device, "device");
        Objects.requireNonNull(offload, "offload");
        Objects.requireNonNull(quantization, "quantization");
    }

    /** Everything stays on the device, and matrices are as the file has them. */
    public Placement(DType dtype, Device device) {
        this(dtype, device, Offload.NONE, Quantization.NONE);
    }

    /** {@return the same with another offloading} */
    public Placement with(Offload other) {
        return new Placement(dtype, device, other, quantization);
    }

    /** {@return the same with another way to store matrices} */
    public Placement with(Quantization other) {
        return new Placement(dtype, device, offload, other);
    }
}
