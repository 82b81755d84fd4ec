/**
 * TeaCache: skip all blocks while the timestep's embedding says that the prediction changes little.
 *
 * <pre>{@code
 * CacheMethod method = TeaCache.of(0.2, TeaCache.COGVIDEOX_2B);
 * }</pre>
 *
 * <p>How much a prediction changes is estimated from how much the embedding does, by a polynomial that its authors fitted to
 * each model. The estimates of steps in a row are summed up, and the blocks are computed where the sum reaches the threshold.
 *
 * <p>Source: Liu et al., "Timestep Embedding Tells: It's Time to Cache for Video Diffusion Model", arXiv 2411.19108.
 * Coefficients and semantics are those of its authors' <a href="https://github.com/ali-vilab/TeaCache">TeaCache</a> for CogVideoX.
 */
package io.panatorch.cache.teacache;
