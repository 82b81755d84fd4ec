/**
 * TaylorSeer: at most steps, predict the outputs of attentions (or MLPs, or the whole denoiser) from how they changed over the
 * steps that were computed.
 *
 * <pre>{@code
 * CacheMethod method = TaylorSeer.builder().cacheInterval(3).maxOrder(2).build();
 * CacheMethod light = TaylorSeer.builder().useLiteMode().build(); // predicts the denoiser's output alone
 * }</pre>
 *
 * <p>Reusing an output is predicting that it stays, order 0. Order 1 takes the last difference along, order 2 the difference of
 * differences, and so on; each order holds one more tensor for each output. Differences need steps to be taken from: with few
 * computed steps behind it, a prediction is of a lower order.
 *
 * <p>Source: Liu et al., "From Reusing to Forecasting: Accelerating Diffusion Models with TaylorSeers", arXiv 2503.06923.
 * Settings and semantics are those of diffusers' {@code TaylorSeerCacheConfig} and {@code hooks/taylorseer_cache.py}, with two
 * exceptions: without identifiers all attentions are predicted, where diffusers' default names match none of CogVideoX; and what
 * no later step uses is not held.
 */
package io.panatorch.cache.taylorseer;
