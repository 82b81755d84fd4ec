package io.panatorch.cogvideox.scheduler;

import java.util.List;

/**
 * What a run is to be like, of whatever scheduler: {@code ScheduleRequest.steps(50).withStrength(0.8)}.
 *
 * @param steps number of steps of a whole run, which is one from pure noise
 * @param timesteps the timesteps of a whole run, as many as {@code steps}, each below the one before; an empty list for those
 *     that the scheduler's settings give
 * @param strength share of a whole run that is made, in (0, 1]: below 1 the noisiest steps are left out, and the run starts
 *     from a sample with noise added ({@link Schedule#addNoise})
 * @param eta &eta; of arXiv 2010.02502, in [0, 1]: noise that a DDIM step adds, from none to as much as an ancestral
 *     (DDPM) step
 */
public record ScheduleRequest(int steps, List<Integer> timesteps, double strength, double eta) {

    /** @throws IllegalArgumentException if a value is out of its range */
    public ScheduleRequest {
        timesteps = List.copyOf(timesteps);
        if (!timesteps.isEmpty() && timesteps.size() != steps) {
            throw new IllegalArgumentException(
                    "timesteps: expected one for each of " + steps + " steps, found " + timesteps.size());
        }
        for (int i = 1; i < timesteps.size(); i++) {
            if (timesteps.get(i) >= timesteps.get(i - 1)) {
                throw new IllegalArgumentException("timesteps: expected each below the one before, found " + timesteps.get(i)
                        + " after " + timesteps.get(i - 1));
            }
        }
        if (!(strength > 0 && strength <= 1)) {
            throw new IllegalArgumentException("strength: expected a number above 0 and up to 1, found " + strength);
        }
        if (!(eta >= 0 && eta <= 1)) {
            throw new IllegalArgumentException("eta: expected a number from 0 to 1, found " + eta);
        }
    }

    /** A whole run at the timesteps that the scheduler's settings give for so many steps, with &eta; 0. */
    public static ScheduleRequest steps(int steps) {
        return new ScheduleRequest(steps, List.of(), 1, 0);
    }

    /**
     * A whole run at these timesteps, with &eta; 0. diffusers' CogVideoX schedulers take none; here each step goes to the
     * next timestep of the list, and the last one to the end. That is also what the scheduler does with timesteps of its own
     * wherever the number of steps divides {@code num_train_timesteps} and their spacing is {@code trailing} or
     * {@code leading}, so that giving those changes nothing; elsewhere diffusers' steps go to noise levels between.
     *
     * @param timesteps each below the one before
     * @throws IllegalArgumentException if there is none, or one that is not below the one before
     */
    public static ScheduleRequest timesteps(List<Integer> timesteps) {
        if (timesteps.isEmpty()) {
            throw new IllegalArgumentException("timesteps: expected at least one, found none");
        }
        return new ScheduleRequest(timesteps.size(), timesteps, 1, 0);
    }

    /** {@return the same with another strength, in (0, 1]} */
    public ScheduleRequest withStrength(double strength) {
        return new ScheduleRequest(steps, timesteps, strength, eta);
    }

    /** {@return the same with another &eta;, in [0, 1]} */
    public ScheduleRequest withEta(double eta) {
        return new ScheduleRequest(steps, timesteps, strength, eta);
    }
}
