/**
 * Latte's transformer, a model with attention among places, among frames and to the text, written on the public API of tensors
 * and caches alone, as a library of its own would be.
 *
 * <pre>{@code
 * try (var model = LatteTransformer.load(folder, DType.FLOAT32, Device.CPU);
 *         var scope = TensorScope.open();
 *         var cache = PyramidAttentionBroadcast.preset("latte").open(new CacheRun(model.sites(), timesteps))) {
 *     var text = model.project(promptEmbeds);
 *     for (int i = 0; i < timesteps.length; i++) {
 *         cache.begin(Step.of(i, timesteps));
 *         Tensor prediction = model.forward(latents, timesteps[i], text, cache);
 *     }
 * }
 * }</pre>
 *
 * <p>Source: Ma et al., "Latte: Latent Diffusion Transformer for Video Generation", arXiv 2401.03048; the weights and their
 * names are those of diffusers' {@code LatteTransformer3DModel}.
 */
package io.panatorch.latte;
