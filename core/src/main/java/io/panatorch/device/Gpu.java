package io.panatorch.device;

import io.panatorch.tensor.Device;

/**
 * A GPU, as NVIDIA's driver describes it.
 *
 * @param device what tensors on it name
 * @param name such as {@code NVIDIA H100 80GB HBM3}
 * @param byteSize its memory, whatever part of it is free
 * @param computeCapability such as {@code 9.0}
 */
public record Gpu(Device device, String name, long byteSize, String computeCapability) {}
