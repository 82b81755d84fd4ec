/**
 * CogVideoX's 3D causal autoencoder: frames to latents and latents to frames.
 *
 * <pre>{@code
 * try (var vae = CogVideoXVae.load(model.resolve("vae"), DType.FLOAT32, Device.CPU); var _ = TensorScope.open()) {
 *     double scale = vae.config().scalingFactor();
 *     Tensor latents = vae.encode(video).sample(Generator.seeded(42)).mul(scale);
 *     Tensor frames = vae.decode(latents.div(scale), VaeMemory.WHOLE.withTiling(Tiling.of(vae.config())));
 * }
 * }</pre>
 *
 * <p>It follows {@code models/autoencoders/autoencoder_kl_cogvideox.py} of diffusers. Latents are decoded two frames at a
 * time and frames encoded eight at a time; each causal convolution sees the last two input frames of the batch before through
 * a {@code ConvCache}, which is made for one call, or one tile of it, and freed with it. How much is done at once is an
 * argument, {@link io.panatorch.cogvideox.vae.VaeMemory}, and no state of the model. Two things are computed in another order
 * than there, with the same numbers: what a spatial norm takes from the latents is computed at the latents' size and enlarged
 * afterwards, and an upsampling that doubles frames convolves before it doubles.
 *
 * <p>The autoencoder's largest tensors are many times those of all other parts of the pipeline, so layers close what they have
 * used at once instead of at the end of a scope.
 */
package io.panatorch.cogvideox.vae;
