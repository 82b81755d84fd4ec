package io.panatorch.cache.calibration;

import io.panatorch.cache.pab.BroadcastRule;
import io.panatorch.cache.calibration.ResponseModel.Choice;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/** A choice for each band, and what it is expected to do. */
final class Plan {

    private final ResponseModel model;
    private final Choice[] choices;
    private final double error;
    private final double saved;

    private Plan(ResponseModel model, Choice[] choices) {
        this.model = model;
        this.choices = choices;
        this.error = model.error(choices);
        this.saved = model.saved(choices);
    }

    /** Computes everything. */
    static Plan empty(ResponseModel model) {
        Choice[] none = new Choice[model.timeline().bands()];
        Arrays.fill(none, Choice.NONE);
        return new Plan(model, none);
    }

    /** The same with another choice for a band. */
    Plan with(int band, Choice choice) {
        Choice[] others = choices.clone();
        others[band] = choice;
        return new Plan(model, others);
    }

    Choice choice(int band) {
        return choices[band];
    }

    /** The expected mean squared error. */
    double error() {
        return error;
    }

    /** The expected saving in seconds. */
    double saved() {
        return saved;
    }

    boolean isEmpty() {
        return Arrays.stream(choices).allMatch(choice -> choice.skipRange() == 1);
    }

    /** The plan as rules: what neighbouring bands skip alike is one window. */
    List<BroadcastRule> rules() {
        List<BroadcastRule> rules = new ArrayList<>();
        for (int band = 0; band < choices.length; band++) {
            if (choices[band].skipRange() > 1) {
                Timeline timeline = model.timeline();
                model.parts().get(choices[band].part())
                        .rules(choices[band].skipRange(), timeline.low(band), timeline.high(band))
                        .forEach(rule -> append(rules, rule));
            }
        }
        rules.sort(Comparator.comparing(BroadcastRule::kind).thenComparing(rule -> -rule.high()));
        return rules;
    }

    private void append(List<BroadcastRule> rules, BroadcastRule rule) {
        for (int i = 0; i < rules.size(); i++) {
            BroadcastRule other = rules.get(i);
            boolean alike = other.kind() == rule.kind() && other.layers().equals(rule.layers())
                    && other.skipRange() == rule.skipRange();
            if (alike && model.timeline().meet(other.low(), rule.high())) {
                rules.set(i, new BroadcastRule(rule.kind(), rule.layers(), rule.skipRange(), rule.low(), other.high()));
                return;
            }
        }
        rules.add(rule);
    }
}
