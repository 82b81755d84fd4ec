package io.panatorch.nn;

import java.util.List;

/**
 * How many bytes the weights of a model's part take where they are computed with, by when they come there ({@link
 * LayerGroup.Residence}).
 *
 * @param part of what is there as long as the part is in use
 * @param blocks of each block
 * @param onDemand of what many uses do without
 */
public record WeightSizes(Size part, List<Size> blocks, Size onDemand) {

    /** Copies the list. */
    public WeightSizes {
        blocks = List.copyOf(blocks);
    }

    /**
     * Bytes of some weights.
     *
     * @param all of them
     * @param mapped those of them that are a mapped file's, which the operating system may take back and read again
     */
    public record Size(long all, long mapped) {

        /** Of nothing. */
        public static final Size NONE = new Size(0, 0);

        /** {@return both together} */
        public Size plus(Size other) {
            return new Size(all + other.all, mapped + other.mapped);
        }
    }

    /**
     * {@return the most that is there at once while the part is in use}
     *
     * @param offload how its blocks come and go
     * @param atOnce how many of those that come and go are there together: one, or two where the next one is copied ahead
     */
    public Size peak(Offload offload, int atOnce) {
        int there = offload.unit() == Offload.Unit.BLOCKS ? Math.min(blocks.size(), offload.resident() + atOnce) : blocks.size();
        return blocks.stream().sorted((one, other) -> Long.compare(other.all, one.all)).limit(there).reduce(part, Size::plus);
    }
}
