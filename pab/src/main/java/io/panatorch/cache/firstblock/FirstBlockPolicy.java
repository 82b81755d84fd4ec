package io.panatorch.cache.firstblock;

import io.panatorch.cache.CachePolicy;
import io.panatorch.cache.Site;
import io.panatorch.cache.SiteCall;
import io.panatorch.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BinaryOperator;

/**
 * One generation. Held for the first block is its residual of the last step that was computed as a whole. Held for the last
 * block is what all blocks after the first added in that step, and while such a step is under way the first block's output,
 * from which that is calculated.
 */
final class FirstBlockPolicy implements CachePolicy {

    private final FirstBlockRule rule;
    private final Site first;
    private final Site last;
    private boolean comparable; // whether the last step that was computed came to its last block
    private boolean skipping;

    FirstBlockPolicy(FirstBlockRule rule, Site first, Site last) {
        this.rule = rule;
        this.first = first;
        this.last = last;
    }

    @Override
    public List<Tensor> apply(SiteCall call) {
        if (call.site().equals(first)) {
            return first(call);
        }
        if (skipping) {
            return call.inputs();
        }
        List<Tensor> outputs = call.compute();
        if (call.site().equals(last) && !call.held().isEmpty()) {
            call.hold(combined(outputs, call.held(), Tensor::sub));
            comparable = true;
        }
        return outputs;
    }

    private List<Tensor> first(SiteCall call) {
        List<Tensor> outputs = call.compute();
        Tensor residual = outputs.getFirst().sub(call.inputs().getFirst());
        skipping = comparable && rule.skips(change(residual, call.held().getFirst()));
        List<Tensor> answer = skipping ? combined(outputs, call.held(last), Tensor::add) : outputs;
        if (call.step().index() == call.step().count() - 1) {
            call.drop();
            call.drop(last);
        } else if (!skipping) {
            comparable = false;
            call.hold(List.of(residual));
            call.hold(last, outputs);
        }
        return answer;
    }

    private static double change(Tensor residual, Tensor before) {
        return residual.sub(before).abs().mean().div(before.abs().mean()).item();
    }

    private static List<Tensor> combined(List<Tensor> these, List<Tensor> those, BinaryOperator<Tensor> combination) {
        List<Tensor> results = new ArrayList<>();
        for (int i = 0; i < these.size(); i++) {
            results.add(combination.apply(these.get(i), those.get(i)));
        }
        return results;
    }
}
