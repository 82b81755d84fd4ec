package io.panatorch.cache;

import io.panatorch.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * A policy that skips rows of blocks: in a step that is skipped, what the row added to the tokens in the last computed step is
 * added again in its place, or what it is {@linkplain #forecastOrder expected} to add. A denoiser with several stacks of blocks has a
 * row in each, all skipped at the same steps. A method of this kind says {@linkplain #skips when}.
 *
 * <p>Where a step does not come to a row's end, or the session's {@link MemoryBudget} takes what is held, the row is computed.
 */
public abstract class RowPolicy implements CachePolicy {

    private static final int NEVER = -1;

    /** By its blocks. */
    private final Map<Site, Row> rows = new HashMap<>();

    private final List<Row> all = new ArrayList<>();
    private final int steps;
    private int skipped = NEVER; // the last step that was

    /** What it adds is carried, and held, for its last block. */
    private static final class Row {

        private final Site first;
        private final Site last;
        private final Forecast residual;
        private int added = NEVER; // the last step in which the residual was

        private Row(List<Site> blocks) {
            this.first = blocks.getFirst();
            this.last = blocks.getLast();
            this.residual = new Forecast(last);
        }
    }

    /**
     * For the blocks of a run.
     *
     * @param always how many blocks at the beginning are computed at every step
     * @param alwaysAtTheEnd how many at the end
     * @throws IllegalArgumentException where none is left between them
     */
    protected RowPolicy(CacheRun run, int always, int alwaysAtTheEnd) {
        this.steps = run.timesteps().length;
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
            Row row = new Row(stack);
            all.add(row);
            stack.forEach(block -> rows.put(block, row));
        });
    }

    /**
     * {@return whether the step is skipped} It is asked before the first block that may be; where it {@linkplain #canSkip cannot} be, the
     * answer does not matter.
     */
    protected abstract boolean skips(SiteCall call);

    /**
     * {@return whether a step may be skipped, whatever is computed until then} For one that may not nothing is held.
     *
     * @param index of a step, from 0
     */
    protected abstract boolean maySkip(int index);

    /** {@return of the tokens of a row those to which it adds, the first or all; what it adds to others is left out of a skipped step} */
    protected List<Tensor> addedTo(List<Tensor> tokens) {
        return tokens;
    }

    /**
     * {@return the order of the series that foretells what a row adds} 0 repeats it, and holds it once; n holds it n + 1 times.
     */
    protected int forecastOrder() {
        return 0;
    }

    /** {@return how much a tensor changes from one step to the next, for its size: {@code mean|now − before| / mean|before|}} */
    public static double relativeChange(Tensor now, Tensor before) {
        return now.sub(before).abs().mean().div(before.abs().mean()).item();
    }

    /** {@return the outputs of a site that is no block, or a block that is computed at every step} */
    protected List<Tensor> others(SiteCall call) {
        return call.compute();
    }

    /** {@return whether the step can be skipped: something may be reused in it, and it is held what all rows have added} */
    protected final boolean canSkip(SiteCall call) {
        return call.mayReuse() && all.stream().allMatch(row -> row.residual.isHeld(call));
    }

    @Override
    public final List<Tensor> apply(SiteCall call) {
        Row row = rows.get(call.site());
        if (row == null) {
            return others(call);
        }
        int index = call.step().index();
        boolean isFirst = call.site().equals(row.first);
        if (isFirst && row == all.getFirst()) {
            skipped = skips(call) && canSkip(call) ? index : NEVER;
        }
        if (isFirst && skipped == index && row.residual.isHeld(call)) {
            row.added = index;
            return sums(row.residual.predict(call, factorsAfter(index)), call.tokens());
        }
        if (row.added == index) {
            return call.tokens();
        }
        if (isFirst) {
            begin(call, row);
        }
        List<Tensor> outputs = call.compute();
        if (call.site().equals(row.last)) {
            end(call, row, outputs);
        }
        return outputs;
    }

    /** The tokens are carried to the row's end, exactly as they are. */
    private void begin(SiteCall call, Row row) {
        int factors = factorsAfter(call.step().index());
        if (factors > 0) {
            call.carry(row.last, addedTo(call.tokens()));
        }
        if (factors <= 1) {
            call.drop(row.last); // of no use any more
        }
    }

    /** A row that was not begun in this step has nothing to subtract. */
    private void end(SiteCall call, Row row, List<Tensor> outputs) {
        List<Tensor> start = call.takeCarried(row.last);
        if (!start.isEmpty()) {
            List<Tensor> residual = new ArrayList<>();
            for (int i = 0; i < start.size(); i++) {
                residual.add(outputs.get(i).sub(start.get(i)));
            }
            row.residual.update(call, residual, factorsAfter(call.step().index()));
        }
    }

    /** What it is not known of what was added to them stays as it is. */
    private static List<Tensor> sums(List<Tensor> residual, List<Tensor> tokens) {
        List<Tensor> sums = new ArrayList<>(tokens);
        for (int i = 0; i < residual.size(); i++) {
            sums.set(i, tokens.get(i).add(residual.get(i)));
        }
        return sums;
    }

    /** A series is made of all steps that are computed before one that is skipped, not of the last alone. */
    private int factorsAfter(int index) {
        int until = forecastOrder() == 0 ? Math.min(index + 2, steps) : steps;
        return IntStream.range(index + 1, until).anyMatch(this::maySkip) ? forecastOrder() + 1 : 0;
    }
}
