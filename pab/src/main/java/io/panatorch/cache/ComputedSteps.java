package io.panatorch.cache;

import java.util.Set;
import java.util.TreeSet;

/**
 * Steps at which nothing is reused, whatever the method. What is held stays, and what is computed in them is used as at any other step.
 *
 * @param warmup how many at the beginning; 0 or more
 * @param maxContinuous how many steps in a row may reuse something before one that may not; 1 or more
 * @param at others, by their index
 */
public record ComputedSteps(int warmup, int maxContinuous, Set<Integer> at) {

    /** None. */
    public static final ComputedSteps NONE = new ComputedSteps(0, Integer.MAX_VALUE, Set.of());

    /** Checks the numbers. */
    public ComputedSteps {
        at = Set.copyOf(at);
        if (warmup < 0) {
            throw new IllegalArgumentException("computed steps: expected a warm-up of 0 or more, found " + warmup);
        }
        if (maxContinuous < 1) {
            throw new IllegalArgumentException("computed steps: expected 1 or more in a row, found " + maxContinuous);
        }
        if (at.stream().anyMatch(index -> index < 0)) {
            throw new IllegalArgumentException("computed steps: expected indices from 0, found " + new TreeSet<>(at));
        }
    }

    /** @param reusedBefore in how many steps in a row before this one something was reused */
    boolean has(int index, int reusedBefore) {
        return index < warmup || reusedBefore >= maxContinuous || at.contains(index);
    }
}
