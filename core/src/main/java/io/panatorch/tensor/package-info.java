/**
 * Tensors in libtorch's memory, and who frees them.
 *
 * <pre>{@code
 * try (var scope = TensorScope.open()) {
 *     Tensor x = Generator.seeded(42).randn(Shape.of(2, 3), DType.FLOAT32);
 *     Tensor y = x.softmax(-1).matmul(x.transpose(0, 1));    // [2, 2]
 *     System.out.println(y);
 * }                                                          // everything is freed here
 * }</pre>
 *
 * <p>{@link io.panatorch.tensor.TensorScope} explains the lifetime rule, {@link io.panatorch.tensor.TensorOwner} is for what
 * outlives a scope, {@link io.panatorch.tensor.LiveTensors} finds leaks.
 *
 * <p>Operators are methods of {@link io.panatorch.tensor.Tensor} with PyTorch's names, written as Java writes names: {@code
 * layer_norm} is {@code layerNorm}. They come from the interfaces {@link io.panatorch.tensor.PointwiseOperators}, {@link
 * io.panatorch.tensor.ReductionOperators}, {@link io.panatorch.tensor.ShapeOperators} and {@link
 * io.panatorch.tensor.LayerOperators}. {@link io.panatorch.tensor.Operator} reaches those that have no method. The project's page
 * {@code core/README.md} has the names of PyTorch, of DJL and those here side by side.
 *
 * <p>What libtorch refuses is a {@link io.panatorch.tensor.TorchException}, whose kind a program can act on; what it warns of goes
 * to the {@link System.Logger} named {@code io.panatorch}.
 *
 * <p>A tensor is on a {@link io.panatorch.tensor.Device}: in main memory, on a GPU, or on {@code META}, where it has a shape and
 * a dtype and no memory. Operators on the meta device compute what the result would be, which shows in milliseconds, on any
 * machine, whether the weights of a large model fit together:
 *
 * <pre>{@code
 * Tensor x = Tensor.empty(Shape.of(1, 17776, 3072), DType.BFLOAT16, Device.META);
 * Tensor w = Tensor.empty(Shape.of(12288, 3072), DType.BFLOAT16, Device.META);
 * System.out.println(x.linear(w, null));                     // [1, 17776, 12288] bfloat16 meta
 * }</pre>
 *
 * <p>Operators on a GPU return before they have computed, and reading a result waits for it, or {@link
 * io.panatorch.tensor.Device#synchronize()} does. {@link io.panatorch.tensor.CudaStream} lets copies go on beside them.
 *
 * <p>{@link io.panatorch.tensor.Generator} draws in main memory whatever the device, and what it has drawn is moved once: so a
 * seed gives the same numbers everywhere.
 */
package io.panatorch.tensor;
