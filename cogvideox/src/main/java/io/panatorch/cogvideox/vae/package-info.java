/**
 * The decoder of CogVideoX's 3D causal autoencoder: latents to frames.
 *
 * <pre>{@code
 * try (var vae = CogVideoXVae.load(model.resolve("vae"), DType.FLOAT32, Device.CPU); var _ = TensorScope.open()) {
 *     Tensor frames = vae.decode(latents.div(vae.config().scalingFactor()));
 * }
 * }</pre>
 *
 * <p>It follows {@code models/autoencoders/autoencoder_kl_cogvideox.py} of diffusers. Latents are decoded two frames at a
 * time; each causal convolution sees the last two input frames of the batch before through a
 * {@link io.panatorch.cogvideox.vae.ConvCache}, which is made for one call and freed with it. Two things are computed in
 * another order than there, with the same numbers: what a spatial norm takes from the latents is computed at the latents'
 * size and enlarged afterwards, and an upsampling that doubles frames convolves before it doubles.
 *
 * <p>The decoder's largest tensors are many times those of all other parts of the pipeline, so layers close what they have
 * used at once instead of at the end of a scope.
 */
package io.panatorch.cogvideox.vae;
