/**
 * The denoiser of CogVideoX: a transformer over the tokens of the text and of the whole video together.
 *
 * <p>{@link io.panatorch.cogvideox.transformer.CogVideoXTransformer} embeds patches of the noisy latents, adds or turns in
 * positions, runs the blocks and puts the patches together again. The whole
 * call, each block, and each attention and MLP go through the {@link io.panatorch.cache.CacheSession} of the generation;
 * nothing here knows a method of caching.
 *
 * <p>Source: diffusers' {@code models/transformers/cogvideox_transformer_3d.py}, and CogVideoX, arXiv 2408.06072.
 */
package io.panatorch.cogvideox.transformer;
