package io.panatorch.cache.teacache;

import io.panatorch.cache.CachePolicy;
import io.panatorch.cache.Site;
import io.panatorch.cache.SiteCall;
import io.panatorch.cache.SiteKind;
import io.panatorch.cache.Step;
import io.panatorch.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BinaryOperator;

/**
 * One generation. Held for the denoiser is the timestep's embedding of the step before; for the last block what all blocks added
 * in the last computed step, and while such a step is under way the tokens before the first block, from which that is calculated.
 */
final class TeaPolicy implements CachePolicy {

    private final TeaRule.Sum sum;
    private final Site first;
    private final Site last;
    private boolean addable; // whether the last step that was computed came to its last block
    private boolean skipping;

    TeaPolicy(TeaRule rule, Site first, Site last) {
        this.sum = rule.new Sum();
        this.first = first;
        this.last = last;
    }

    @Override
    public List<Tensor> apply(SiteCall call) {
        if (call.site().kind() == SiteKind.DENOISER) {
            decide(call);
            return call.compute();
        }
        boolean isFirst = call.site().equals(first);
        if (skipping) {
            return isFirst ? skipped(call) : call.inputs();
        }
        if (isFirst) {
            keepStart(call);
        }
        List<Tensor> outputs = call.compute();
        if (call.site().equals(last) && !call.held().isEmpty()) {
            call.hold(combined(outputs, call.held(), Tensor::sub));
            addable = true;
        }
        return outputs;
    }

    private void decide(SiteCall call) {
        Step step = call.step();
        Tensor embedding = call.inputs().getLast();
        List<Tensor> before = call.held();
        double change = before.isEmpty() ? 0 : change(embedding, before.getFirst());
        skipping = sum.skips(step.index(), step.count(), change) && addable;
        if (nextMaySkip(call)) {
            call.hold(List.of(embedding));
        } else {
            call.drop();
        }
    }

    private static double change(Tensor embedding, Tensor before) {
        return embedding.sub(before).abs().mean().div(before.abs().mean()).item();
    }

    private List<Tensor> skipped(SiteCall call) {
        List<Tensor> answer = combined(call.inputs(), call.held(last), Tensor::add);
        if (!nextMaySkip(call)) {
            call.drop(last);
        }
        return answer;
    }

    private void keepStart(SiteCall call) {
        addable = false;
        if (nextMaySkip(call)) {
            call.hold(last, call.inputs());
        } else {
            call.drop(last);
        }
    }

    private static boolean nextMaySkip(SiteCall call) {
        return TeaRule.isBetween(call.step().index() + 1, call.step().count());
    }

    private static List<Tensor> combined(List<Tensor> these, List<Tensor> those, BinaryOperator<Tensor> combination) {
        List<Tensor> results = new ArrayList<>();
        for (int i = 0; i < these.size(); i++) {
            results.add(combination.apply(these.get(i), those.get(i)));
        }
        return results;
    }
}
