/**
 * FasterCache: at most steps, leave the unconditional half of a guided batch out, and extrapolate attentions instead of computing
 * them.
 *
 * <pre>{@code
 * CacheMethod method = FasterCache.builder()
 *         .attentionWeightCallback((site, step) -> (double) step.index() / step.count())
 *         .unconditionalBatchSkipRange(5)
 *         .build();
 * }</pre>
 *
 * <p>Classifier-free guidance denoises each latent twice, once with the prompt and once without. What lies between both
 * predictions changes slowly from step to step, its low frequencies in one part of the run and its high ones in another, so one
 * of them and an older difference give the other. A step that leaves the unconditional half out takes half of the work, and of the
 * attentions within it those that are extrapolated take none.
 *
 * <p>What is held is small for the denoiser (a float32 tensor as large as one latent) and two outputs for an attention, of the
 * conditional half alone; neither outside the windows.
 *
 * <p>Source: Lv et al., "FasterCache: Training-Free Video Diffusion Model Acceleration with High Quality", arXiv 2410.19355.
 * Settings and semantics are those of diffusers' {@code FasterCacheConfig} and {@code hooks/faster_cache.py}, with these
 * exceptions: a run without guidance is an error there; the difference is held as one tensor of real numbers, where diffusers
 * holds two of complex ones; and nothing is held that no later step uses.
 */
package io.panatorch.cache.faster;
