package io.panatorch.cache.magcache;

import io.panatorch.cache.Branch;
import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.CachePolicy;
import io.panatorch.cache.CacheRun;
import io.panatorch.cache.Site;
import io.panatorch.cache.SiteCall;
import io.panatorch.cache.SiteKind;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Computes everything and measures, at each step, the mean over all tokens of how the length of what the blocks added relates
 * to its length in the step before.
 */
final class MagCalibration implements CacheMethod {

    private static final System.Logger LOGGER = System.getLogger(MagCache.class.getName());
    private static final double EPS = 1e-8;

    private final Consumer<? super List<Double>> whenDone;

    MagCalibration(Consumer<? super List<Double>> whenDone) {
        this.whenDone = Objects.requireNonNull(whenDone, "whenDone");
    }

    @Override
    public String name() {
        return "magcache-calibration";
    }

    @Override
    public Set<SiteKind> kinds() {
        return Set.of(SiteKind.BLOCK);
    }

    @Override
    public CachePolicy policy(CacheRun run) {
        List<Site> blocks = run.sites();
        if (blocks.isEmpty()) {
            throw new IllegalArgumentException("MagCache calibration: this model has no blocks");
        }
        return new Measurement(blocks.getFirst(), lastOfStack(blocks));
    }

    /** A stack that follows has other tokens. */
    private static Site lastOfStack(List<Site> blocks) {
        return blocks.stream().filter(block -> block.stack() == blocks.getFirst().stack()).toList().getLast();
    }

    /**
     * One generation. Held for the last block is the residual of the step before; for the first block, during a step, the
     * tokens before it.
     */
    private final class Measurement implements CachePolicy {

        private final Site first;
        private final Site last;
        private final List<Double> ratios = new ArrayList<>();
        private boolean complete = true; // whether all was held that a ratio is made of

        Measurement(Site first, Site last) {
            this.first = first;
            this.last = last;
        }

        @Override
        public List<Tensor> apply(SiteCall call) {
            boolean isLast = call.site().equals(last);
            if (call.site().equals(first) && !isLast) {
                call.hold(call.tokens().subList(0, 1));
            }
            List<Tensor> outputs = call.compute();
            if (isLast) {
                List<Tensor> start = first.equals(last) ? call.tokens() : call.held(first);
                complete &= !start.isEmpty();
                if (complete) {
                    measure(call, outputs.getFirst().sub(start.getFirst()));
                }
                end(call);
            }
            return outputs;
        }

        private void measure(SiteCall call, Tensor residual) {
            List<Tensor> before = call.held();
            complete = ratios.isEmpty() || !before.isEmpty();
            if (complete) {
                ratios.add(before.isEmpty() ? 1 : lengths(residual).div(lengths(before.getFirst()).add(EPS)).mean().item());
                call.hold(List.of(residual));
            }
        }

        private void end(SiteCall call) {
            if (!first.equals(last)) {
                call.drop(first);
            }
            if (call.step().index() < call.step().count() - 1) {
                return;
            }
            call.drop();
            if (call.step().branch() == Branch.UNCONDITIONAL) {
                return; // the numbers are those of the prompt
            }
            if (complete && ratios.size() == call.step().count()) {
                whenDone.accept(List.copyOf(ratios));
            } else {
                LOGGER.log(System.Logger.Level.WARNING, "MagCache calibration gives no ratios: " + (complete
                        ? "the blocks were computed at " + ratios.size() + " of " + call.step().count() + " steps"
                        : "what it compares was not held, because the memory budget of its session is too small"));
            }
        }

        /** The Euclidean norm of each token. */
        private static Tensor lengths(Tensor tokens) {
            return tokens.to(DType.FLOAT32).norm(-1);
        }
    }
}
