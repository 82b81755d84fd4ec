package io.panatorch.cogvideox.cli;

import java.util.List;
import picocli.CommandLine.Option;

/** Shorter names for settings of Pyramid Attention Broadcast. */
final class PabOptions {

    @Option(names = "--pab-preset", paramLabel = "NAME",
            description = "what the method's authors set for a model, to begin with: cogvideox, open-sora,"
                    + " open-sora-plan-v110, open-sora-plan-v120, latte, vchitect (default: cogvideox)")
    private String preset;

    @Option(names = "--pab-spatial-skip", paramLabel = "N",
            description = "compute spatial attention at every N-th step inside its range (default: 2)")
    private String spatialSkip;

    @Option(names = "--pab-spatial-range", paramLabel = "LO,HI",
            description = "skip it only where LO < timestep < HI; timesteps run from 999 to 0 (default: 100,850)")
    private String spatialRange;

    @Option(names = "--pab-temporal-skip", paramLabel = "N",
            description = "likewise for temporal attention (default: never skipped)")
    private String temporalSkip;

    @Option(names = "--pab-temporal-range", paramLabel = "LO,HI",
            description = "likewise for temporal attention (default: 100,800)")
    private String temporalRange;

    @Option(names = "--pab-cross-skip", paramLabel = "N",
            description = "likewise for cross attention (default: never skipped)")
    private String crossSkip;

    @Option(names = "--pab-cross-range", paramLabel = "LO,HI",
            description = "likewise for cross attention (default: 100,800)")
    private String crossRange;

    @Option(names = "--pab-mlp-blocks", paramLabel = "N,...",
            description = "blocks whose MLPs are skipped after listed timesteps (default: none)")
    private String mlpBlocks;

    @Option(names = "--pab-mlp-timesteps", paramLabel = "T,...",
            description = "the timesteps after which they are")
    private String mlpTimesteps;

    @Option(names = "--pab-mlp-skip", paramLabel = "N", description = "at how many steps after each they are (default: 2)")
    private String mlpSkip;

    /**
     * An option for a setting.
     *
     * @param key of the setting
     * @param text what was given, or null
     */
    record Shorthand(String option, String key, String text) {}

    /** {@return all of them} */
    List<Shorthand> all() {
        return List.of(new Shorthand("--pab-preset", "preset", preset),
                new Shorthand("--pab-spatial-skip", "spatial-attention-block-skip-range", spatialSkip),
                new Shorthand("--pab-spatial-range", "spatial-attention-timestep-skip-range", spatialRange),
                new Shorthand("--pab-temporal-skip", "temporal-attention-block-skip-range", temporalSkip),
                new Shorthand("--pab-temporal-range", "temporal-attention-timestep-skip-range", temporalRange),
                new Shorthand("--pab-cross-skip", "cross-attention-block-skip-range", crossSkip),
                new Shorthand("--pab-cross-range", "cross-attention-timestep-skip-range", crossRange),
                new Shorthand("--pab-mlp-blocks", "mlp-blocks", mlpBlocks),
                new Shorthand("--pab-mlp-timesteps", "mlp-timesteps", mlpTimesteps),
                new Shorthand("--pab-mlp-skip", "mlp-skip-count", mlpSkip));
    }

    /** {@return those that were given} */
    List<Shorthand> given() {
        return all().stream().filter(shorthand -> shorthand.text != null).toList();
    }
}
