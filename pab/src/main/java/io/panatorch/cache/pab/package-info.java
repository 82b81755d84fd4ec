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
 * <p>{@link io.panatorch.cache.pab.PyramidAttentionBroadcast#preset} has the settings that the method's authors chose for a
 * model: {@code cogvideox}, {@code open-sora}, {@code open-sora-plan-v110} and {@code -v120}, {@code latte}, {@code vchitect}. The
 * MLPs of some blocks can be skipped too, after listed timesteps.
 *
 * <p>{@link io.panatorch.cache.pab.BroadcastRule} is a rule for some layers of a kind and one window; a method may have several.
 * {@link io.panatorch.cache.calibration} finds them for a model, and a {@link io.panatorch.cache.settings.CacheConfig} keeps them in a file.
 *
 * <p>Source: Zhao et al., "Real-Time Video Generation with Pyramid Attention Broadcast", arXiv 2408.12588. The settings have
 * the names, defaults and meaning of diffusers' {@code PyramidAttentionBroadcastConfig}; what diffusers does not have is named and
 * meant as in VideoSys, the authors' implementation.
 */
package io.panatorch.cache.pab;
