package io.panatorch.cache;

/**
 * Memory that a session holds, in bytes. Memory that several tensors share is counted once; a view counts as all of what it is a
 * view of, since it keeps all of it alive.
 *
 * @param now on the device that computes, at this moment
 * @param peak the most there at once, between two calls of a policy
 * @param offloaded on the CPU, at this moment
 * @param offloadedPeak the most there at once
 */
public record HeldBytes(long now, long peak, long offloaded, long offloadedPeak) {

    /** Nothing, ever. */
    public static final HeldBytes NONE = new HeldBytes(0, 0, 0, 0);
}
