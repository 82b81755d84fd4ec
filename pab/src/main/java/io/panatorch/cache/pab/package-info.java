/**
 * Pyramid Attention Broadcast (PAB): skip an attention at most denoising steps and reuse its last output.
 *
 * <pre>{@code
 * CacheMethod pab = PyramidAttentionBroadcast.builder()
 *         .spatialAttentionBlockSkipRange(2)
 *         .spatialAttentionTimestepSkipRange(100, 850)
 *         .build();
 * }</pre>
 *
 * <p>Source: Zhao et al., "Real-Time Video Generation with Pyramid Attention Broadcast", arXiv 2408.12588. The settings have
 * the names, defaults and meaning of diffusers' {@code PyramidAttentionBroadcastConfig}.
 */
package io.panatorch.cache.pab;
