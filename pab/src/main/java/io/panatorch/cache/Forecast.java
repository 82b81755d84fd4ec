package io.panatorch.cache;

import io.panatorch.tensor.DType;
import io.panatorch.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * What some tensors will be at a step that is not computed, from the last steps that were: the sum of a Taylor series whose
 * derivatives are divided differences. Of order 0 it is what they were. Held, for one site, are as many factors as an order has: the
 * tensors, their first difference for each step, the difference of that, and so on.
 *
 * <p>State of one branch of a run. Where the session lets go what is held, the next computed step begins anew.
 */
public final class Forecast {

    private final Site holder;
    private final DType heldIn;
    private int computedAt; // of the last step that was
    private List<DType> dtypes = List.of(); // of the tensors in it

    /** @param holder the covered site that holds; nothing else may be held for it */
    public Forecast(Site holder) {
        this(holder, null);
    }

    /**
     * A forecast that holds in another dtype than it computes in.
     *
     * @param heldIn null for none other
     */
    public Forecast(Site holder, DType heldIn) {
        this.holder = Objects.requireNonNull(holder, "holder");
        this.heldIn = heldIn;
    }

    /**
     * {@return an order}
     *
     * @throws IllegalArgumentException for a number below 0
     */
    public static int requireOrder(int order) {
        if (order < 0) {
            throw new IllegalArgumentException("forecast order: expected 0 or more, found " + order);
        }
        return order;
    }

    /** {@return whether there is anything to predict from} */
    public boolean isHeld(SiteCall call) {
        return call.isHeld(holder);
    }

    /**
     * Takes what was computed in the call's step.
     *
     * @param values the same number in each step, of the same shapes
     * @param factors how many to hold, at most; 1 more than the order, 0 for none
     */
    public void update(SiteCall call, List<Tensor> values, int factors) {
        int index = call.step().index();
        if (factors == 0) {
            call.drop(holder);
        } else {
            List<List<Tensor>> updated = new ArrayList<>(List.of(values));
            while (updated.size() < factors) {
                List<Tensor> before = call.held(holder, slot(updated.size() - 1));
                if (before.isEmpty()) {
                    break;
                }
                updated.add(difference(updated.getLast(), before, index - computedAt));
            }
            hold(call, updated.stream().map(this::narrowed).toList());
        }
        computedAt = index;
        dtypes = values.stream().map(Tensor::dtype).toList();
    }

    /**
     * {@return what the tensors are expected to be in the call's step}
     *
     * @param factors how many later steps still need
     * @throws IllegalStateException where nothing {@linkplain #isHeld is held}
     */
    public List<Tensor> predict(SiteCall call, int factors) {
        List<List<Tensor>> held = new ArrayList<>();
        for (List<Tensor> next = call.held(holder, slot(0)); !next.isEmpty(); next = call.held(holder, slot(held.size()))) {
            held.add(next);
        }
        if (held.isEmpty()) {
            throw new IllegalStateException("nothing is held for " + holder.name() + " to predict from: ask isHeld first");
        }
        List<Tensor> predictions = new ArrayList<>();
        for (int i = 0; i < dtypes.size(); i++) {
            predictions.add(sum(held, i, call.step().index() - computedAt));
        }
        if (factors == 0) {
            call.drop(holder);
        } else if (factors < held.size()) {
            hold(call, held.subList(0, factors));
        }
        return predictions;
    }

    private Tensor sum(List<List<Tensor>> factors, int tensor, int distance) {
        DType dtype = dtypes.get(tensor);
        Tensor sum = factors.getFirst().get(tensor).to(dtype);
        double power = 1;
        double factorial = 1;
        for (int order = 1; order < factors.size(); order++) {
            power *= distance;
            factorial *= order;
            sum = sum.add(factors.get(order).get(tensor).to(dtype).mul(power / factorial));
        }
        return sum;
    }

    private void hold(SiteCall call, List<List<Tensor>> factors) {
        Map<String, List<Tensor>> slots = new LinkedHashMap<>();
        factors.forEach(factor -> slots.put(slot(slots.size()), factor));
        call.hold(holder, slots);
    }

    private static String slot(int order) {
        return "order " + order;
    }

    private static List<Tensor> difference(List<Tensor> now, List<Tensor> before, int distance) {
        List<Tensor> differences = new ArrayList<>();
        for (int i = 0; i < now.size(); i++) {
            differences.add(now.get(i).sub(before.get(i).to(now.get(i).dtype())).div(distance));
        }
        return differences;
    }

    private List<Tensor> narrowed(List<Tensor> factor) {
        return heldIn == null ? factor : factor.stream().map(tensor -> tensor.to(heldIn)).toList();
    }
}
