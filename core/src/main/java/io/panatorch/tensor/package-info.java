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
 * outlives a scope, {@link io.panatorch.tensor.LiveTensors} finds leaks. {@link io.panatorch.tensor.Operator} reaches the
 * operators that have no method here.
 */
package io.panatorch.tensor;
