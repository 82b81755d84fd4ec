/**
 * The DDIM scheduler of CogVideoX as plain numbers: which timesteps a run visits and the scalars of each step.
 *
 * <p>{@link io.panatorch.cogvideox.scheduler.DdimConfig} is the content of a {@code scheduler_config.json},
 * {@link io.panatorch.cogvideox.scheduler.DdimScheduler} the noise table made from it, and
 * {@link io.panatorch.cogvideox.scheduler.Schedule} one run of so many steps: everything in it is known before the first
 * step, so that the denoising loop has nothing to calculate but tensors. The formulas, and where it can be seen from
 * outside also the rounding, are those of {@code CogVideoXDDIMScheduler} in diffusers
 * ({@code src/diffusers/schedulers/scheduling_ddim_cogvideox.py}).
 *
 * <p>A <em>timestep</em> is a level of noise in [0, {@code num_train_timesteps}), 999 being nearly or purely noise for the
 * published models; the index of a step counts from 0 in the order of the run. The two are never the same number.
 */
package io.panatorch.cogvideox.scheduler;
