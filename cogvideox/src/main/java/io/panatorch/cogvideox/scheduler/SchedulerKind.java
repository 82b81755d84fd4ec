package io.panatorch.cogvideox.scheduler;

/**
 * Who takes the steps. Both have the same settings, the same noise table and the same timesteps, so that any checkpoint runs
 * with either.
 */
public enum SchedulerKind {

    /** Steps without noise, or with as much as &eta; says (arXiv 2010.02502). */
    DDIM("CogVideoXDDIMScheduler"),

    /** DPM-Solver++ for stochastic equations, of second order where there is a step before (arXiv 2211.01095). */
    DPM("CogVideoXDPMScheduler");

    private final String className;

    SchedulerKind(String className) {
        this.className = className;
    }

    /** {@return the name of the class in diffusers, as in {@code model_index.json}} */
    public String className() {
        return className;
    }
}
