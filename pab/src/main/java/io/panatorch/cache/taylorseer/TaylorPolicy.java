package io.panatorch.cache.taylorseer;

import io.panatorch.cache.CachePolicy;
import io.panatorch.cache.Site;
import io.panatorch.cache.SiteCall;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** One generation. Held for a site are the factors of its first output, then as many of its second, and so on. */
final class TaylorPolicy implements CachePolicy {

    private final TaylorSchedule schedule;
    private final DType factorsDtype;
    private final Map<Site, Computed> sites = new HashMap<>();

    /** What is known of a site's last computed step, apart from what is held. */
    private record Computed(int index, List<DType> outputs) {}

    TaylorPolicy(TaylorSchedule schedule, DType factorsDtype, List<Site> predicted) {
        this.schedule = schedule;
        this.factorsDtype = factorsDtype;
        predicted.forEach(site -> sites.put(site, new Computed(0, List.of())));
    }

    @Override
    public List<Tensor> apply(SiteCall call) {
        if (!sites.containsKey(call.site())) {
            return call.compute();
        }
        // A site that the model left out of a step may have nothing to predict from.
        boolean compute = schedule.computes(call.step().index()) || call.held().isEmpty();
        return compute ? computed(call) : predicted(call);
    }

    private List<Tensor> computed(SiteCall call) {
        int index = call.step().index();
        List<Tensor> outputs = call.compute();
        int factors = schedule.factorsAfter(index, call.step().count());
        Computed before = sites.put(call.site(), new Computed(index, outputs.stream().map(Tensor::dtype).toList()));
        if (factors == 0) {
            call.drop();
            return outputs;
        }
        List<List<Tensor>> old = split(call.held(), outputs.size());
        List<Tensor> updated = new ArrayList<>();
        for (int i = 0; i < outputs.size(); i++) {
            updated.addAll(factors(outputs.get(i), old.get(i), index - before.index, factors));
        }
        call.hold(updated);
        return outputs;
    }

    private List<Tensor> factors(Tensor output, List<Tensor> old, int distance, int count) {
        List<Tensor> factors = new ArrayList<>(List.of(output));
        for (int order = 1; order < count && order <= old.size(); order++) {
            Tensor before = old.get(order - 1).to(output.dtype());
            factors.add(factors.getLast().sub(before).div(distance));
        }
        return factors.stream().map(factor -> factor.to(factorsDtype)).toList();
    }

    private List<Tensor> predicted(SiteCall call) {
        int index = call.step().index();
        Computed computed = sites.get(call.site());
        List<List<Tensor>> factors = split(call.held(), computed.outputs.size());
        List<Tensor> predictions = new ArrayList<>();
        for (int i = 0; i < factors.size(); i++) {
            predictions.add(sum(factors.get(i), computed.outputs.get(i), index - computed.index));
        }
        int needed = schedule.factorsAfter(index, call.step().count());
        if (needed == 0) {
            call.drop();
        } else if (needed < factors.getFirst().size()) {
            call.hold(factors.stream().flatMap(own -> own.stream().limit(needed)).toList());
        }
        return predictions;
    }

    private static Tensor sum(List<Tensor> factors, DType dtype, int distance) {
        Tensor sum = factors.getFirst().to(dtype);
        double power = 1;
        double factorial = 1;
        for (int order = 1; order < factors.size(); order++) {
            power *= distance;
            factorial *= order;
            sum = sum.add(factors.get(order).to(dtype).mul(power / factorial));
        }
        return sum;
    }

    private static List<List<Tensor>> split(List<Tensor> held, int outputs) {
        int each = held.size() / outputs;
        List<List<Tensor>> parts = new ArrayList<>();
        for (int i = 0; i < outputs; i++) {
            parts.add(held.subList(i * each, (i + 1) * each));
        }
        return parts;
    }
}
