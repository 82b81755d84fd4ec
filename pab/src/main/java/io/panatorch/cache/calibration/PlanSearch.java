package io.panatorch.cache.calibration;

import io.panatorch.cache.calibration.ResponseModel.Choice;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Finds the plan that saves most within an error: first by taking what saves most for its error, then by exchanging the choices of
 * two bands at once. The same model gives the same plan.
 */
final class PlanSearch {

    /** Savings that differ by less are the same. */
    private static final double SAME = 1e-12;

    private final ResponseModel model;
    private final List<Choice> choices = new ArrayList<>();

    PlanSearch(ResponseModel model, int maxSkipRange) {
        this.model = model;
        choices.add(Choice.NONE);
        for (int part = 0; part < model.parts().size(); part++) {
            for (int skipRange = 2; skipRange <= maxSkipRange; skipRange++) {
                choices.add(new Choice(part, skipRange));
            }
        }
    }

    /** The best plan found whose expected error is at most this. */
    Plan within(double error) {
        Plan plan = grown(Plan.empty(model), error);
        while (true) {
            Plan better = exchanged(plan, error);
            if (better == plan) {
                return plan;
            }
            plan = grown(better, error);
        }
    }

    /** Of the plans that skip in one band alone, the one with the smallest expected error. */
    Plan least() {
        return changed(Plan.empty(model)).stream().filter(plan -> plan.saved() > SAME)
                .min(Comparator.comparingDouble(Plan::error)).orElse(Plan.empty(model));
    }

    /** Makes the change that saves most for its error, while there is one that fits. */
    private Plan grown(Plan from, double error) {
        Plan plan = from;
        while (true) {
            Plan best = plan;
            double most = 0;
            for (Plan next : changed(plan)) {
                double gain = next.saved() - plan.saved();
                double cost = Math.max(next.error() - plan.error(), Double.MIN_NORMAL);
                if (gain > SAME && next.error() <= error && gain / cost > most) {
                    best = next;
                    most = gain / cost;
                }
            }
            if (best == plan) {
                return plan;
            }
            plan = best;
        }
    }

    /** The plan that saves most after two changes, or after one. */
    private Plan exchanged(Plan plan, double error) {
        Plan best = plan;
        for (Plan between : changed(plan)) {
            for (Plan next : changed(between)) {
                if (next.saved() > best.saved() + SAME && next.error() <= error) {
                    best = next;
                }
            }
        }
        return best;
    }

    private List<Plan> changed(Plan plan) {
        List<Plan> plans = new ArrayList<>();
        for (int band = 0; band < model.timeline().bands(); band++) {
            for (Choice choice : choices) {
                if (!choice.equals(plan.choice(band))) {
                    plans.add(plan.with(band, choice));
                }
            }
        }
        return plans;
    }
}
