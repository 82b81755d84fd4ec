/**
 * The schedulers of CogVideoX, DDIM and DPM: which timesteps a run visits, and the steps between them.
 *
 * <p>{@link io.panatorch.cogvideox.scheduler.SchedulerConfig} is the content of a {@code scheduler_config.json},
 * {@link io.panatorch.cogvideox.scheduler.CogVideoXScheduler} the noise table made from it, and
 * {@link io.panatorch.cogvideox.scheduler.Schedule} one run, planned: everything about it is known, or refused, before the first
 * step. A {@link io.panatorch.cogvideox.scheduler.Sampler} takes the steps.
 *
 * <pre>{@code
 * SchedulerConfig config = SchedulerConfig.read(file).withKind(SchedulerKind.DPM).withTimestepSpacing(TRAILING);
 * Schedule schedule = new CogVideoXScheduler(config).schedule(ScheduleRequest.steps(50));
 * try (Sampler sampler = schedule.begin(Noise.of(generator))) {
 *     for (int i = 0; i < schedule.size(); i++) {
 *         latents = sampler.step(i, latents, model.apply(latents, schedule.timestep(i)));
 *     }
 * }
 * }</pre>
 *
 * <p>The formulas, and where it can be seen from outside also the rounding, are those of {@code CogVideoXDDIMScheduler} and
 * {@code CogVideoXDPMScheduler} in diffusers ({@code src/diffusers/schedulers/scheduling_ddim_cogvideox.py},
 * {@code scheduling_dpm_cogvideox.py}). Where those accept &eta; and ignore it, and take no timesteps, here both work.
 *
 * <p>A <em>timestep</em> is a level of noise in [0, {@code num_train_timesteps}), 999 being nearly or purely noise for the
 * published models; the index of a step counts from 0 in the order of the run. The two are never the same number.
 */
package io.panatorch.cogvideox.scheduler;
