package io.panatorch.cache;

import java.util.Objects;
import java.util.Optional;
import java.util.function.DoubleUnaryOperator;

/**
 * What a session does besides what its method says; see {@link CacheMethod#with}.
 *
 * @param memory how much may be held
 * @param measuring whether the relative change from each computed output to the next is measured, for which the session keeps
 *     the last output of every covered site besides what the method holds; on an accelerator, whose work runs behind the
 *     program, also whether the session waits for each visit to end, without which no times are measured there
 * @param computed steps at which nothing is reused
 * @param agreement makes of a number that a method decides by the one that all processes of a generation decide by: NaN where there is
 *     nothing to compare with. It is called in the same order in each; so that what is held is the same in each too, they need equal
 *     budgets and parts of equal size, or no budget
 * @param shared what the session takes its memory from, with others; empty where it has it for itself
 */
public record SessionOptions(MemoryBudget memory, boolean measuring, ComputedSteps computed, DoubleUnaryOperator agreement,
        Optional<SharedBudget> shared) {

    /** No limit, and nothing measured that costs time or memory. */
    public static final SessionOptions DEFAULT = new SessionOptions(MemoryBudget.UNLIMITED, false, ComputedSteps.NONE, number -> number,
            Optional.empty());

    /** Checks that all is there. */
    public SessionOptions {
        Objects.requireNonNull(memory, "memory");
        Objects.requireNonNull(computed, "computed");
        Objects.requireNonNull(agreement, "agreement");
        Objects.requireNonNull(shared, "shared");
    }

    /** {@return what a session may hold: its memory, and no more than it can have of what it shares} */
    public MemoryBudget budget() {
        return shared.map(all -> all.partOf(memory)).orElse(memory);
    }

    /** {@return the same with another budget} */
    public SessionOptions withMemory(MemoryBudget budget) {
        return new SessionOptions(budget, measuring, computed, agreement, shared);
    }

    /** {@return the same, measuring} */
    public SessionOptions withMeasuring() {
        return new SessionOptions(memory, true, computed, agreement, shared);
    }

    /** {@return the same with steps at which nothing is reused} */
    public SessionOptions withComputed(ComputedSteps steps) {
        return new SessionOptions(memory, measuring, steps, agreement, shared);
    }

    /** {@return the same for one of several processes that compute a generation together} */
    public SessionOptions withAgreement(DoubleUnaryOperator number) {
        return new SessionOptions(memory, measuring, computed, number, shared);
    }

    /** {@return the same for sessions that share memory: each takes what its own budget says, or all that there is} */
    public SessionOptions within(SharedBudget all) {
        return new SessionOptions(memory, measuring, computed, agreement, Optional.of(all));
    }
}
