package io.panatorch.cogvideox;

import io.panatorch.nn.WeightSizes.Size;
import java.util.Comparator;
import java.util.List;

/**
 * How much memory a generation will take where it is computed, stage by stage, in bytes; of {@link PipelineLoader#estimate}.
 *
 * <p>It is arithmetic, with factors that were measured on CPUs. The JVM and libtorch themselves are not in it, and neither are adapters, the
 * one matrix in 8 bits that is computed with, and what a GPU's libraries take to work with. What a cache will hold is found by asking the
 * method about random tensors.
 *
 * @param stages in their order
 */
public record MemoryEstimate(List<Stage> stages) {

    /** Copies the list. */
    public MemoryEstimate {
        stages = List.copyOf(stages);
    }

    /**
     * What is there at once at most in a stage.
     *
     * @param name {@code encode prompt}, {@code encode input}, {@code denoise} or {@code decode}
     * @param weights those that were needed until now and have not left
     * @param activations what is computed, and what that takes on its way
     * @param cache what the cache method holds
     */
    public record Stage(String name, Size weights, long activations, long cache) {

        /** {@return all together} */
        public long total() {
            return weights.all() + activations + cache;
        }

        /** {@return what the operating system cannot take back, as it can the pages of mapped files} */
        public long firm() {
            return total() - weights.mapped();
        }
    }

    /** {@return the stage that takes the most that cannot be taken back: what has to fit into memory} */
    public Stage largest() {
        return stages.stream().max(Comparator.comparingLong(Stage::firm)).orElseThrow();
    }

    /** {@return the most that is there at once} */
    public long peak() {
        return stages.stream().mapToLong(Stage::total).max().orElseThrow();
    }
}
