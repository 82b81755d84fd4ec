package io.panatorch.cache;

import java.util.Objects;

/**
 * How much memory a session may hold, and what happens to what does not fit.
 *
 * <p>Over the budget, held tensors are {@linkplain Overflow relieved}, those first whose sites are the least work for their bytes.
 * Where that is not enough, what is the least work for its bytes is let go, and its site computed instead; of equal ones, the last in
 * the model. Work is told by the kind of a site and the shapes of its inputs, never by a time, so that a request makes the same
 * video again.
 *
 * @param bytes what may be held on the device that computes
 * @param overflow what is tried before anything is let go
 * @param hostBytes what may be held on the CPU besides, where tensors are offloaded to it
 */
public record MemoryBudget(long bytes, Overflow overflow, long hostBytes) {

    /** Everything that a method holds is held, where and as it is. */
    public static final MemoryBudget UNLIMITED = new MemoryBudget(Long.MAX_VALUE, Overflow.NONE, 0);

    /** What becomes of tensors that do not fit. */
    public enum Overflow {
        /** They are let go. */
        NONE,
        /**
         * Those of float32 and float64 are kept in bfloat16, which has half the bytes of float32 and a relative error up to 2⁻⁸.
         * Others, such as those of a model that computes in bfloat16, are let go.
         */
        NARROW,
        /**
         * They are kept in the CPU's memory, pinned, and copied back while the site before computes; so there are those of two sites
         * more on the device for a moment. A session of a model that computes on the CPU lets them go.
         */
        OFFLOAD
    }

    /** Checks the numbers. */
    public MemoryBudget {
        Objects.requireNonNull(overflow, "overflow");
        if (bytes < 0 || hostBytes < 0) {
            throw new IllegalArgumentException("memory budget: expected 0 bytes or more, found " + Math.min(bytes, hostBytes));
        }
    }

    /** {@return a budget over which tensors are let go} */
    public static MemoryBudget of(long bytes) {
        return new MemoryBudget(bytes, Overflow.NONE, 0);
    }

    /** {@return a budget over which tensors are kept in bfloat16, and let go where that is not enough} */
    public static MemoryBudget narrowing(long bytes) {
        return new MemoryBudget(bytes, Overflow.NARROW, 0);
    }

    /**
     * {@return a budget over which tensors are kept on the CPU, and let go where that is full}
     *
     * @param bytes what may be held on the device that computes
     * @param hostBytes what may be held on the CPU
     */
    public static MemoryBudget offloading(long bytes, long hostBytes) {
        return new MemoryBudget(bytes, Overflow.OFFLOAD, hostBytes);
    }
}
