package io.panatorch.cache.testing;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.CachePolicy;
import io.panatorch.cache.CacheRun;
import io.panatorch.cache.CacheStatistics;
import io.panatorch.cache.Site;
import io.panatorch.cache.SiteCall;
import io.panatorch.cache.Step;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.Shape;
import io.panatorch.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Drives a method step by step over stand-ins for tensors, and records what it does at each site. libtorch is not loaded, so it is
 * for methods that only pass tensors on: every operator on a {@linkplain Tensor#standIn stand-in} is refused.
 *
 * <pre>{@code
 * RecordingRun run = new RecordingRun(method, new CacheRun(sites, timesteps)).toTheEnd();
 * assertThat(run.decisions(site)).isEqualTo("CRCR");
 * assertThat(run.holds(site)).isEqualTo("H.H.");
 * assertThat(run.sources(site)).containsExactly(0, 0, 2, 2);
 * }</pre>
 *
 * <p>Sites are visited one after another, as if none were inside another; each gives two tensors.
 */
public final class RecordingRun {

    /** How {@link #holds} writes that something is held after a step. */
    public static final char HELD = 'H';
    /** How {@link #holds} writes that nothing is. */
    public static final char NOT_HELD = '.';

    private static final int OUTPUTS = 2;

    /** What a policy did. */
    public enum Action {
        /** It ran the computation on the model's inputs. */
        COMPUTE,
        /** It ran the computation on other inputs. */
        COMPUTE_PARTIALLY,
        /** It held tensors. */
        HOLD,
        /** It dropped what was held. */
        DROP,
        /** It gave its answer without computing. */
        REUSE
    }

    /**
     * One thing that a policy did.
     *
     * @param step the index of the step
     * @param site for which; that of the visit, or the one that a tensor is held for
     * @param action what it was
     */
    public record Event(int step, Site site, Action action) {}

    private final CacheRun run;
    private final CachePolicy policy;
    private final Map<Site, Map<String, List<Tensor>>> held = new HashMap<>();
    private final Map<Site, List<Tensor>> carried = new HashMap<>();
    private final Map<Site, StringBuilder> decisions = new LinkedHashMap<>();
    private final Map<Site, StringBuilder> holds = new HashMap<>();
    private final Map<Site, List<Integer>> sources = new HashMap<>();
    private final Map<Tensor, Integer> made = new IdentityHashMap<>();
    private final List<Event> events = new ArrayList<>();
    private int steps;

    /** Begins a run over the sites that the method covers. */
    public RecordingRun(CacheMethod method, CacheRun run) {
        this.run = run.of(method.kinds());
        this.policy = method.policy(this.run);
        this.run.sites().forEach(site -> {
            decisions.put(site, new StringBuilder());
            holds.put(site, new StringBuilder());
            sources.put(site, new ArrayList<>());
        });
    }

    /** Makes all steps that are left, at all sites. */
    public RecordingRun toTheEnd() {
        while (steps < run.timesteps().length) {
            step();
        }
        return this;
    }

    /** Makes one step, at all sites. */
    public RecordingRun step() {
        return step(run.sites());
    }

    /** Makes one step in which the model visits these sites alone. */
    public RecordingRun step(List<Site> visited) {
        Step step = Step.of(steps, run.timesteps());
        carried.clear();
        Set<Site> left = new HashSet<>(run.sites());
        for (Site site : visited) {
            if (!left.remove(site)) {
                throw new IllegalArgumentException(site.name() + " is no covered site of the run, or is visited twice");
            }
            visit(site, step);
        }
        left.forEach(site -> decisions.get(site).append(CacheStatistics.NOT_VISITED));
        run.sites().forEach(site -> holds.get(site).append(held.containsKey(site) ? HELD : NOT_HELD));
        steps++;
        return this;
    }

    /** Lets go what is held for a site, as a memory budget does. */
    public RecordingRun lose(Site site) {
        held.remove(site);
        return this;
    }

    private void visit(Site site, Step step) {
        Visit visit = new Visit(site, step, outputs());
        List<Tensor> answer = policy.apply(visit);
        if (answer.size() != OUTPUTS) {
            throw new AssertionError(site.name() + ", step " + step.index() + ": the policy returned " + answer.size()
                    + " output(s), the computation gives " + OUTPUTS);
        }
        if (visit.decision == CacheStatistics.REUSED) {
            record(step, site, Action.REUSE);
        }
        decisions.get(site).append(visit.decision);
        sources.get(site).add(made.getOrDefault(answer.getFirst(), step.index()));
    }

    private static List<Tensor> outputs() {
        List<Tensor> outputs = new ArrayList<>();
        for (int i = 0; i < OUTPUTS; i++) {
            outputs.add(Tensor.standIn(Shape.of(1, i + 1L), DType.FLOAT32, Device.CPU));
        }
        return outputs;
    }

    private void record(Step step, Site site, Action action) {
        events.add(new Event(step.index(), site, action));
    }

    /** {@return what was decided at a site, one letter a step, as in {@link CacheStatistics}} */
    public String decisions(Site site) {
        return decisions.get(site).toString();
    }

    /** {@return whether something was held for a site after each step: {@value #HELD} or {@value #NOT_HELD}} */
    public String holds(Site site) {
        return holds.get(site).toString();
    }

    /** {@return for each visit of a site the step that computed the first tensor of the answer} */
    public List<Integer> sources(Site site) {
        return List.copyOf(sources.get(site));
    }

    /** {@return everything, in order} */
    public List<Event> events() {
        return List.copyOf(events);
    }

    private final class Visit implements SiteCall {

        private final Site site;
        private final Step step;
        private final List<Tensor> inputs;
        private char decision = CacheStatistics.REUSED;

        Visit(Site site, Step step, List<Tensor> inputs) {
            this.site = site;
            this.step = step;
            this.inputs = inputs;
        }

        @Override
        public Site site() {
            return site;
        }

        @Override
        public Step step() {
            return step;
        }

        @Override
        public List<Tensor> inputs() {
            return inputs;
        }

        @Override
        public List<Tensor> compute(List<Tensor> given) {
            if (decision != CacheStatistics.REUSED) {
                throw new AssertionError(site.name() + ", step " + step.index()
                        + ": a policy runs the computation at most once in a call");
            }
            boolean whole = given == inputs;
            decision = whole ? CacheStatistics.COMPUTED : CacheStatistics.PARTIAL;
            record(step, site, whole ? Action.COMPUTE : Action.COMPUTE_PARTIALLY);
            List<Tensor> results = outputs();
            results.forEach(result -> made.put(result, step.index()));
            return results;
        }

        @Override
        public List<Tensor> held(Site holder, String slot) {
            return held.getOrDefault(covered(holder), Map.of()).getOrDefault(slot, List.of());
        }

        @Override
        public boolean isHeld(Site holder) {
            return held.containsKey(covered(holder));
        }

        @Override
        public void hold(Site holder, Map<String, List<Tensor>> slots) {
            held.put(covered(holder), Map.copyOf(slots));
            record(step, holder, Action.HOLD);
        }

        @Override
        public void drop(Site holder) {
            if (held.remove(covered(holder)) != null) {
                record(step, holder, Action.DROP);
            }
        }

        @Override
        public void carry(Site holder, List<Tensor> tensors) {
            carried.put(covered(holder), List.copyOf(tensors));
        }

        @Override
        public List<Tensor> takeCarried(Site holder) {
            List<Tensor> taken = carried.remove(covered(holder));
            return taken == null ? List.of() : taken;
        }

        private Site covered(Site holder) {
            if (!decisions.containsKey(holder)) {
                throw new AssertionError("site " + holder.name() + " is not one that the method covers in this run");
            }
            return holder;
        }
    }
}
