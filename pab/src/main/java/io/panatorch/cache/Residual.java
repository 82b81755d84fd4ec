package io.panatorch.cache;

import io.panatorch.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BinaryOperator;

/**
 * What a row of blocks adds to the tokens that go through it. It is carried, and held, for the row's last block.
 *
 * <p>Where a step begins and does not come to the last block, or where the session's {@link MemoryBudget} takes what is held,
 * nothing is held, and the row is to be computed.
 */
final class Residual {

    private static final int NEVER = -1;

    private final Site last;
    private int added = NEVER;

    /** @param last the row's last block, a covered site */
    Residual(Site last) {
        this.last = last;
    }

    /**
     * Begins a step in which the row is computed. The tokens are carried to its end, exactly as they are; the residual that was
     * held is of no use any more.
     *
     * @param tokens what goes into the row; the first of its inputs, or all
     */
    void begin(SiteCall call, List<Tensor> tokens) {
        call.drop(last);
        call.carry(last, tokens);
    }

    /**
     * Ends it, at the last block: from here on the residual is held. Where the row was not begun in this step, it does nothing.
     *
     * @param outputs of the last block; of those beyond the tokens that were given at the beginning, nothing is held
     */
    void end(SiteCall call, List<Tensor> outputs) {
        List<Tensor> start = call.takeCarried(last);
        if (!start.isEmpty()) {
            call.hold(last, each(start, outputs, (before, after) -> after.sub(before)));
        }
    }

    /** {@return whether a residual is held: that of the last step that was computed} */
    boolean isHeld(SiteCall call) {
        return call.isHeld(last);
    }

    /**
     * {@return the tokens with the residual added; those beyond the ones that it is of, as they are}
     *
     * @throws IllegalStateException where none is {@linkplain #isHeld held}
     */
    List<Tensor> addTo(SiteCall call, List<Tensor> tokens) {
        if (!isHeld(call)) {
            throw new IllegalStateException("no residual is held for " + last.name() + ": ask isHeld first");
        }
        List<Tensor> residual = call.held(last);
        added = call.step().index();
        List<Tensor> sums = each(residual, tokens, (own, token) -> token.add(own));
        sums.addAll(tokens.subList(residual.size(), tokens.size()));
        return sums;
    }

    /** {@return whether the residual was added in this step} */
    boolean isAdded(SiteCall call) {
        return added == call.step().index();
    }

    /** Frees it. */
    void drop(SiteCall call) {
        call.drop(last);
    }

    private static List<Tensor> each(List<Tensor> held, List<Tensor> given, BinaryOperator<Tensor> combination) {
        List<Tensor> results = new ArrayList<>();
        for (int i = 0; i < held.size(); i++) {
            results.add(combination.apply(held.get(i), given.get(i)));
        }
        return results;
    }
}
