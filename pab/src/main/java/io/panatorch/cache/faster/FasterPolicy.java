package io.panatorch.cache.faster;

import io.panatorch.cache.Branch;
import io.panatorch.cache.CachePolicy;
import io.panatorch.cache.Site;
import io.panatorch.cache.SiteCall;
import io.panatorch.cache.SiteKind;
import io.panatorch.cache.Step;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * One generation. Held for the denoiser is what the unconditional half of its output has more than the conditional half, of the
 * last step that computed both, in float32. Held for an attention are its outputs of the last step, and those of the step before;
 * with guidance their conditional halves alone.
 */
final class FasterPolicy implements CachePolicy {

    private final FasterSchedule schedule;
    private final FasterWeights weights;
    private final Map<Site, Attention> attentions = new HashMap<>();
    private boolean guided; // whether the step's batch has an unconditional half
    private boolean halved; // whether the step computes the conditional half alone
    private double low = 1; // what the difference's low frequencies are to be multiplied with by now
    private double high = 1;

    FasterPolicy(FasterSchedule schedule, FasterWeights weights, Map<Site, SkipRule> rules) {
        this.schedule = schedule;
        this.weights = weights;
        rules.forEach((site, rule) -> attentions.put(site, new Attention(rule)));
    }

    @Override
    public List<Tensor> apply(SiteCall call) {
        if (call.site().kind() == SiteKind.DENOISER) {
            return denoised(call);
        }
        Attention attention = attentions.get(call.site());
        return attention == null ? call.compute() : attention.apply(call);
    }

    // ---- the denoiser ---------------------------------------------------------------------------------------------

    private List<Tensor> denoised(SiteCall call) {
        guided = call.step().branch() == Branch.BOTH;
        if (guided && call.inputs().getFirst().size(0) % 2 != 0) {
            throw new IllegalArgumentException("FasterCache: step " + call.step().index() + " has both branches: expected a batch of two"
                    + " halves, found " + call.inputs().getFirst().describe());
        }
        int index = call.step().index();
        List<Tensor> differences = guided && call.mayReuse() && schedule.skipsUnconditional(index) ? call.held() : List.of();
        halved = !differences.isEmpty();
        List<Tensor> outputs = halved ? rebuilt(call, differences) : call.compute();
        if (!guided || !schedule.skipsUnconditional(index + 1)) {
            call.drop();
        } else if (!halved) {
            call.hold(outputs.stream().map(FasterPolicy::difference).toList());
            low = 1;
            high = 1;
        }
        return outputs;
    }

    private static Tensor difference(Tensor output) {
        return unconditional(output).to(DType.FLOAT32).sub(conditional(output).to(DType.FLOAT32));
    }

    private List<Tensor> rebuilt(SiteCall call, List<Tensor> differences) {
        Step step = call.step();
        low *= weights.low(step);
        high *= weights.high(step);
        long batch = call.inputs().getFirst().size(0);
        // The timestep's embedding is one for the whole batch.
        List<Tensor> outputs = call.compute(
                each(call.inputs(), input -> input.shape().dim() > 0 && input.size(0) == batch ? conditional(input) : input));
        List<Tensor> both = new ArrayList<>();
        for (int i = 0; i < outputs.size(); i++) {
            Tensor output = outputs.get(i);
            Tensor unconditional = output.to(DType.FLOAT32).add(FrequencyFilter.scaled(differences.get(i), low, high));
            both.add(Tensor.cat(0, unconditional.to(output.dtype()), output));
        }
        return both;
    }

    // ---- attentions -----------------------------------------------------------------------------------------------

    /** One site. Held are the outputs of the last step, and those of the step before. */
    private final class Attention {

        private static final String LAST = "last";
        private static final String BEFORE = "before";

        private final SkipRule rule;
        private int last = -1;

        Attention(SkipRule rule) {
            this.rule = rule;
        }

        List<Tensor> apply(SiteCall call) {
            int index = call.step().index();
            // Where a model leaves a site out of a step, what is held is not of the steps before.
            List<Tensor> before = last == index - 1 ? call.held(LAST) : List.of();
            boolean reuses = call.mayReuse() && schedule.reuses(rule, index, guided) && isSameBatch(before, call.inputs());
            List<Tensor> outputs = reuses ? extrapolated(before, call.held(BEFORE), weights.attention(call)) : call.compute();
            last = index;
            hold(call, outputs, before);
            return outputs;
        }

        /** After a single computed step there is nothing to extrapolate from yet. */
        private static List<Tensor> extrapolated(List<Tensor> latest, List<Tensor> before, double weight) {
            if (before.isEmpty()) {
                return latest;
            }
            List<Tensor> outputs = new ArrayList<>();
            for (int i = 0; i < latest.size(); i++) {
                Tensor change = latest.get(i).sub(before.get(i));
                outputs.add(latest.get(i).add(change.mul(weight)));
            }
            return outputs;
        }

        private void hold(SiteCall call, List<Tensor> outputs, List<Tensor> before) {
            int count = schedule.outputsAfter(rule, last, guided);
            if (count == 0) {
                call.drop();
                return;
            }
            List<Tensor> held = guided && !halved ? each(outputs, FasterPolicy::conditional) : outputs;
            call.hold(count == 2 && isSameBatch(before, held) ? Map.of(LAST, held, BEFORE, before) : Map.of(LAST, held));
        }
    }

    private static boolean isSameBatch(List<Tensor> held, List<Tensor> tensors) {
        return !held.isEmpty() && held.getFirst().size(0) == tensors.getFirst().size(0);
    }

    // ---- halves of a batch ----------------------------------------------------------------------------------------

    private static Tensor unconditional(Tensor batch) {
        return batch.narrow(0, 0, batch.size(0) / 2);
    }

    private static Tensor conditional(Tensor batch) {
        return batch.narrow(0, batch.size(0) / 2, batch.size(0) / 2);
    }

    private static List<Tensor> each(List<Tensor> tensors, UnaryOperator<Tensor> change) {
        return tensors.stream().map(change).toList();
    }
}
