/**
 * The seam between a diffusion transformer and a caching method.
 *
 * <p>A model names the places where work could be skipped, its {@linkplain io.panatorch.cache.Site sites}, and sends the work
 * through a {@link io.panatorch.cache.CacheSession}. That is the only line of a block that knows of caching:
 *
 * <pre>{@code
 * Tensor attended = cache.through(site, hidden, h -> attention.forward(norm.forward(h)));
 * hidden = hidden.add(gate.mul(attended));        // gates are of the current step, never cached
 * }</pre>
 *
 * <p>A method is a {@link io.panatorch.cache.CacheMethod}, an immutable recipe. It says which kinds of sites it covers; all
 * others are computed as if there were no cache. It opens a session for each generation, so that nothing is left on a model,
 * nothing must be reset, and two generations may run on one model at once:
 *
 * <pre>{@code
 * try (CacheSession cache = method.open(new CacheRun(model.sites(), timesteps))) {
 *     for (int i = 0; i < timesteps.length; i++) {
 *         cache.begin(Step.of(i, timesteps));
 *         model.forward(latents, timesteps[i], cache);
 *     }
 *     System.out.println(cache.statistics());
 * }
 * }</pre>
 *
 * <p>{@link io.panatorch.cache.CachePolicy} says what the author of a method must do and may do;
 * {@link io.panatorch.cache.pab} is the first method.
 */
package io.panatorch.cache;
