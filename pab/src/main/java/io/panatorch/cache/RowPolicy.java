package io.panatorch.cache;

import io.panatorch.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A policy that skips rows of blocks: in a step that is skipped, what the row added to the tokens in the last computed step is
 * added again in its place. A denoiser with several stacks of blocks has a row in each, all skipped at the same steps. A method of this
 * kind says {@linkplain #skips when}.
 *
 * <p>Where a step does not come to a row's end, or the session's {@link MemoryBudget} takes what is held, the row is computed.
 */
public abstract class RowPolicy implements CachePolicy {

    private static final int NEVER = -1;

    /** By its blocks. */
    private final Map<Site, Row> rows = new HashMap<>();

    private final List<Row> all = new ArrayList<>();
    private int skipped = NEVER; // the last step that was

    private record Row(Site first, Site last, Residual residual) {}

    /**
     * For the blocks of a run.
     *
     * @param always how many blocks at the beginning are computed at every step
     * @param alwaysAtTheEnd how many at the end
     * @throws IllegalArgumentException where none is left between them
     */
    protected RowPolicy(CacheRun run, int always, int alwaysAtTheEnd) {
        List<Site> blocks = run.sites().stream().filter(site -> site.kind() == SiteKind.BLOCK).toList();
        if (blocks.size() <= always + alwaysAtTheEnd) {
            throw new IllegalArgumentException("blocks: expected more than the " + (always + alwaysAtTheEnd)
                    + " that are computed at every step, found " + blocks.size());
        }
        Map<Integer, List<Site>> stacks = new LinkedHashMap<>();
        for (Site block : blocks.subList(always, blocks.size() - alwaysAtTheEnd)) {
            stacks.computeIfAbsent(block.stack(), _ -> new ArrayList<>()).add(block);
        }
        stacks.values().forEach(stack -> {
            Row row = new Row(stack.getFirst(), stack.getLast(), new Residual(stack.getLast()));
            all.add(row);
            stack.forEach(block -> rows.put(block, row));
        });
    }

    /**
     * {@return whether the step is skipped} It is asked before the first block that may be; where not {@linkplain #isHeld all is
     * held} for that, the answer does not matter.
     */
    protected abstract boolean skips(SiteCall call);

    /** {@return whether the step after one may be skipped; where not, nothing is held for it} */
    protected abstract boolean nextMaySkip(Step step);

    /** {@return of the inputs of a row those to which it adds, the first or all; what it adds to others is left out of a skipped step} */
    protected List<Tensor> tokens(List<Tensor> inputs) {
        return inputs;
    }

    /** {@return how much a tensor changes from one step to the next, for its size: {@code mean|now − before| / mean|before|}} */
    public static double relativeChange(Tensor now, Tensor before) {
        return now.sub(before).abs().mean().div(before.abs().mean()).item();
    }

    /** {@return the outputs of a site that is no block, or a block that is computed at every step} */
    protected List<Tensor> others(SiteCall call) {
        return call.compute();
    }

    /** {@return whether it is held what all rows have added in the last computed step} */
    protected final boolean isHeld(SiteCall call) {
        return all.stream().allMatch(row -> row.residual.isHeld(call));
    }

    @Override
    public final List<Tensor> apply(SiteCall call) {
        Row row = rows.get(call.site());
        if (row == null) {
            return others(call);
        }
        boolean isFirst = call.site().equals(row.first);
        if (isFirst && row == all.getFirst()) {
            skipped = skips(call) && isHeld(call) ? call.step().index() : NEVER;
        }
        if (isFirst && skipped == call.step().index() && row.residual.isHeld(call)) {
            return skipped(call, row.residual);
        }
        if (row.residual.isAdded(call)) {
            return call.inputs();
        }
        if (isFirst) {
            begin(call, row.residual);
        }
        List<Tensor> outputs = call.compute();
        if (call.site().equals(row.last)) {
            row.residual.end(call, outputs);
        }
        return outputs;
    }

    private List<Tensor> skipped(SiteCall call, Residual residual) {
        List<Tensor> answer = residual.addTo(call, call.inputs());
        if (!nextMaySkip(call.step())) {
            residual.drop(call);
        }
        return answer;
    }

    private void begin(SiteCall call, Residual residual) {
        if (nextMaySkip(call.step())) {
            residual.begin(call, tokens(call.inputs()));
        } else {
            residual.drop(call);
        }
    }
}
