/**
 * Layers: plain objects that hold their weights and have a {@code forward}.
 *
 * <pre>{@code
 * try (var weights = Weights.open(folder, "diffusion_pytorch_model", DType.FLOAT32, Device.CPU)) {
 *     var up = new Linear(weights.at("up"), 64, 256);
 *     var down = new Linear(weights.at("down"), 256, 64);
 *     weights.requireAllUsed();
 *     try (var scope = TensorScope.open()) {
 *         Tensor y = down.forward(up.forward(x).silu());
 *     }
 * }
 * }</pre>
 *
 * <p>A layer borrows its tensors, which must stay open as long as it is used: from the {@link io.panatorch.nn.Weights} it was
 * made from, or from whoever made it of tensors, as in {@code new Linear(weight.add(delta), bias)}. {@linkplain
 * io.panatorch.nn.Weights#adaptedBy Adapters} change matrices on the way to their layers. Layers have no state besides,
 * so several threads may use one at once.
 */
package io.panatorch.nn;
