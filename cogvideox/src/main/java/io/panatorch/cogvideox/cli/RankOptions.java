package io.panatorch.cogvideox.cli;

import io.panatorch.parallel.Ranks;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Which processes make a video together. */
final class RankOptions {

    private static final String GUIDANCE = "guidance";

    @Option(names = "--parallel", paramLabel = "none|guidance", defaultValue = "none", converter = ParallelConverter.class,
            description = "share the work between processes that mpirun -n 2 has started: guidance, where one computes the half of the"
                    + " prompts and one that of the negative prompts (default: ${DEFAULT-VALUE})")
    private String parallel;

    private static final class ParallelConverter implements ITypeConverter<String> {

        @Override
        public String convert(String text) {
            if (!text.equals("none") && !text.equals(GUIDANCE)) {
                throw new TypeConversionException("expected none or guidance, found '" + text + "'");
            }
            return text;
        }
    }

    /** {@return what is shared, as it was typed} */
    String parallel() {
        return parallel;
    }

    /** {@return the processes, which are to be closed} */
    Ranks open() {
        return parallel.equals(GUIDANCE) ? Ranks.mpi() : Ranks.alone();
    }

    /** @throws IllegalArgumentException where there are not as many as share the work, before anything is done */
    void check(Ranks ranks) {
        if (parallel.equals(GUIDANCE) && ranks.size() != 2) {
            throw new IllegalArgumentException("--parallel guidance: expected 2 ranks, found " + ranks.size()
                    + ": start the command with mpirun -n 2");
        }
    }
}
