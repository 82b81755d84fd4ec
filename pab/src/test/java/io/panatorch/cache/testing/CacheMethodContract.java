package io.panatorch.cache.testing;

import io.panatorch.cache.Branch;
import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.CachePolicy;
import io.panatorch.cache.CacheRun;
import io.panatorch.cache.CacheSession;
import io.panatorch.cache.CacheStatistics;
import io.panatorch.cache.ComputedSteps;
import io.panatorch.cache.HeldBytes;
import io.panatorch.cache.MemoryBudget;
import io.panatorch.cache.SessionOptions;
import io.panatorch.cache.Site;
import io.panatorch.cache.SiteKind;
import io.panatorch.cache.Step;
import io.panatorch.cache.testing.Trial.Failure;
import io.panatorch.cache.testing.Trial.Outcome;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.LiveTensors;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BiPredicate;
import java.util.function.IntPredicate;
import java.util.function.Predicate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The rules of {@link io.panatorch.cache} for a {@link CacheMethod}, as tests. Extend it and name the methods.
 *
 * <p>Each rule is tried on runs of {@link FakeDenoiser}. A failure names the method, the circumstances and the rule. Tensors are
 * counted in the whole process, so no other test may run meanwhile; JUnit sees to that.
 */
@Tag("cpu")
@Isolated
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class CacheMethodContract {

    private static final int STEPS = 10;
    private static final int FEW_STEPS = 5;
    private static final int DRAWS = 4;

    /** For a class that names its methods. */
    protected CacheMethodContract() {}

    /** {@return the methods to be tested, with settings under which they skip something in ten steps from 999 to 99} */
    protected abstract List<CacheMethod> methods();

    /** {@return whether a method ever skips anything, as one that calibrates does not} */
    protected boolean skips(CacheMethod method) {
        return true;
    }

    /**
     * {@return whether a method gives other outputs than the model also where it holds nothing, such as one that always merges
     * tokens}
     */
    protected boolean approximatesWithoutHolding(CacheMethod method) {
        return false;
    }

    private static final Map<String, FakeDenoiser> MODELS = models();

    private static Map<String, FakeDenoiser> models() {
        Map<String, FakeDenoiser> models = new LinkedHashMap<>();
        models.put("batch 1", FakeDenoiser.SMALL);
        models.put("batch 2", FakeDenoiser.SMALL.withGuidance());
        models.put("one block", FakeDenoiser.SMALL.withBlocks(1));
        models.put("bfloat16", FakeDenoiser.SMALL.withGuidance().withDtype(DType.BFLOAT16));
        return models;
    }

    /** Of the two, the one on which a method skips more: some need a batch of two halves. */
    private static final List<FakeDenoiser> BATCHES = List.of(FakeDenoiser.SMALL, FakeDenoiser.SMALL.withGuidance());

    // ---- what a method is -----------------------------------------------------------------------------------------

    @ParameterizedTest(name = "{0}")
    @MethodSource("methods")
    void alwaysHasTheSameNameAndKinds(CacheMethod method) {
        String rule = "a method has a name and kinds of sites, the same at every call";
        check(method.name() != null && !method.name().isBlank(), method, "", rule, "the name is empty");
        check(method.kinds() != null && !method.kinds().isEmpty(), method, "", rule, "there are no kinds");
        String name = method.name();
        Set<SiteKind> kinds = EnumSet.copyOf(method.kinds());
        run(method, "a run", () -> Trial.outcome(FakeDenoiser.SMALL, STEPS, method));
        check(name.equals(method.name()), method, "", rule, name + ", then " + method.name());
        check(kinds.equals(method.kinds()), method, "", rule, kinds + ", then " + method.kinds());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("methods")
    void skipsSomethingSoThatTheRulesAreTried(CacheMethod method) {
        boolean skipped = BATCHES.stream().anyMatch(model -> run(method, "a run", () -> {
            try (Trial trial = new Trial(model, STEPS, method)) {
                trial.toTheEnd();
                CacheStatistics statistics = trial.statistics();
                return statistics.reused() + statistics.partial() > 0;
            }
        }));
        check(!skipped || method.canReuse(FakeDenoiser.SMALL.run(STEPS).of(method.kinds())), method, "",
                "a method that reuses says that it can", "canReuse says no");
        check(skipped == skips(method), method, "", "a method skips something in this test, if it ever does",
                skipped ? "it does, though skips(method) says no" : "it computes everything: give methods() other settings");
    }

    // ---- what it gives --------------------------------------------------------------------------------------------

    /** The model's side of each visit is checked in every trial; so are the steps of a session. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("methods")
    void givesOutputsLikeTheComputationsWhateverTheRun(CacheMethod method) {
        MODELS.forEach((name, model) -> {
            for (int steps : new int[] {1, 2, STEPS}) {
                run(method, name + ", " + steps + " steps", () -> {
                    try (Trial trial = new Trial(model, steps, method).watchingForWrites()) {
                        trial.toTheEnd();
                        return null;
                    }
                });
            }
        });
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("methods")
    void givesTheSameAgain(CacheMethod method) {
        for (FakeDenoiser model : BATCHES) {
            Outcome first = outcome(method, "a run", model);
            run(method, "a run of another size between", () -> Trial.outcome(model.withFrames(3).withBlocks(2), FEW_STEPS, method));
            run(method, "an unfinished run between", () -> {
                try (Trial trial = new Trial(model, STEPS, method)) {
                    trial.step();
                    return trial.outcome();
                }
            });
            checkSame(method, "a run after others", first, outcome(method, "a run", model));
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("methods")
    void servesTwoRunsAtOnce(CacheMethod method) throws Exception {
        FakeDenoiser other = FakeDenoiser.SMALL.withFrames(3);
        Outcome alone = outcome(method, "a run", FakeDenoiser.SMALL);
        Outcome otherAlone = outcome(method, "a run", other);
        run(method, "two runs in turns", () -> {
            try (Trial first = new Trial(FakeDenoiser.SMALL, STEPS, method); Trial second = new Trial(other, STEPS, method)) {
                for (int i = 0; i < STEPS; i++) {
                    first.step();
                    second.step();
                }
                checkSame(method, "two runs in turns", alone, first.outcome());
                checkSame(method, "two runs in turns", otherAlone, second.outcome());
                return null;
            }
        });
        try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
            Future<Outcome> first = threads.submit(() -> outcome(method, "two threads", FakeDenoiser.SMALL));
            Future<Outcome> second = threads.submit(() -> outcome(method, "two threads", other));
            checkSame(method, "two runs in two threads", alone, first.get());
            checkSame(method, "two runs in two threads", otherAlone, second.get());
        }
    }

    /** Guidance in calls of its own, and of latents of another size, so that nothing of one branch fits the other. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("methods")
    void keepsTheBranchesOfAStepApart(CacheMethod method) {
        FakeDenoiser other = FakeDenoiser.SMALL.withFrames(3);
        List<List<Float>> conditional = outcome(method, "a run", FakeDenoiser.SMALL).latents();
        List<List<Float>> unconditional = outcome(method, "a run", other).latents();
        String where = "two calls in each step";
        run(method, where, () -> {
            CacheRun run = FakeDenoiser.SMALL.run(STEPS);
            float[] one = FakeDenoiser.SMALL.start();
            float[] two = other.start();
            try (CacheSession session = method.open(run)) {
                for (int i = 0; i < STEPS; i++) {
                    one = called(session, FakeDenoiser.SMALL, one, Step.of(i, run.timesteps(), Branch.CONDITIONAL));
                    two = called(session, other, two, Step.of(i, run.timesteps(), Branch.UNCONDITIONAL));
                    check(Trial.list(one).equals(conditional.get(i)) && Trial.list(two).equals(unconditional.get(i)), method,
                            where + ", step " + i, "each branch is as if it were alone", "its latents are not");
                }
            }
            return null;
        });
    }

    private static float[] called(CacheSession session, FakeDenoiser model, float[] latents, Step step) {
        session.begin(step);
        return model.denoise(latents, step, session);
    }

    // ---- what it keeps --------------------------------------------------------------------------------------------

    @ParameterizedTest(name = "{0}")
    @MethodSource("methods")
    void holdsNothingAfterTheLastStep(CacheMethod method) {
        MODELS.forEach((name, model) -> {
            for (int steps : new int[] {1, 2, STEPS}) {
                String where = name + ", " + steps + " steps";
                run(method, where, () -> {
                    try (Trial trial = new Trial(model, steps, method)) {
                        trial.toTheEnd();
                        List<String> sites = trial.statistics().sites().stream().filter(site -> site.bytes().now() > 0)
                                .map(site -> site.bytes().now() + " bytes for " + site.site().name()).toList();
                        check(sites.isEmpty(), method, where, "nothing is held after the last step", String.join(", ", sites));
                        return null;
                    }
                });
            }
        });
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("methods")
    void keepsTensorsOnlyByHoldingThem(CacheMethod method) {
        for (FakeDenoiser model : BATCHES) {
            long before = LiveTensors.count();
            run(method, "a budget of no bytes", () -> {
                try (Trial trial = new Trial(model, STEPS, within(method, MemoryBudget.of(0)))) {
                    for (int i = 0; i < STEPS; i++) {
                        trial.step();
                        check(Trial.openSince(before) == 0, method, "after step " + i,
                                "tensors survive a call only by being held", Trial.openSince(before) + " others are open");
                    }
                    return null;
                }
            });
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("methods")
    void leavesNothingBehindWhenARunIsCancelled(CacheMethod method) {
        for (FakeDenoiser model : BATCHES) {
            for (int steps = 0; steps <= STEPS; steps++) {
                int done = steps;
                leavesNothing(method, "cancelled after " + done + " of " + STEPS + " steps", () -> {
                    try (Trial trial = new Trial(model, STEPS, method)) {
                        for (int i = 0; i < done; i++) {
                            trial.step();
                        }
                        return null;
                    }
                });
            }
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("methods")
    void leavesNothingBehindWhenAComputationFails(CacheMethod method) {
        FakeDenoiser model = FakeDenoiser.SMALL.withGuidance().withBlocks(2);
        for (SiteKind kind : SiteKind.values()) {
            Site site = FakeDenoiser.site(kind, kind.ordinal() % 2);
            for (int index = 0; index < FEW_STEPS; index++) {
                int step = index;
                String where = "the computation of " + site.name() + " fails in step " + step;
                leavesNothing(method, where, () -> {
                    fail(method, where, model, (at, when) -> at.equals(site) && when.index() == step);
                    return null;
                });
            }
        }
    }

    private static void fail(CacheMethod method, String where, FakeDenoiser model, BiPredicate<Site, Step> fails) {
        try (Trial trial = new Trial(model, FEW_STEPS, method, fails)) {
            try {
                trial.toTheEnd();
            } catch (RuntimeException e) {
                if (!trial.failed()) {
                    throw e;
                }
                check(e instanceof Failure, method, where, "an exception of the computation passes through as it is",
                        "it came out as " + e);
            }
        }
    }

    private static void leavesNothing(CacheMethod method, String where, Attempt<Void> attempt) {
        long before = LiveTensors.count();
        run(method, where, attempt);
        check(Trial.openSince(before) == 0, method, where, "nothing is left when a session is closed",
                Trial.openSince(before) + " tensors are open");
    }

    // ---- where what it held is gone -------------------------------------------------------------------------------

    @ParameterizedTest(name = "{0}")
    @MethodSource("methods")
    void computesWhereNothingIsHeld(CacheMethod method) {
        for (FakeDenoiser model : BATCHES) {
            List<List<Float>> computed = outcome(CacheMethod.none(), "a run", model).latents();
            for (CacheMethod without : List.of(within(method, MemoryBudget.of(0)), new Forgetting(method, _ -> true))) {
                Outcome found = outcome(without, "nothing stays held", model);
                check(found.latents().equals(computed) || approximatesWithoutHolding(method), method, "nothing stays held",
                        "where nothing is held, a method computes", "the run is not as without a cache: " + found.decisions());
            }
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("methods")
    void computesWhereNothingMayBeReused(CacheMethod method) {
        for (FakeDenoiser model : BATCHES) {
            List<List<Float>> computed = outcome(CacheMethod.none(), "a run", model).latents();
            CacheMethod never = method.with(SessionOptions.DEFAULT.withComputed(new ComputedSteps(STEPS, 1, Set.of())));
            Outcome found = outcome(never, "all steps are computed", model);
            check(found.latents().equals(computed) || approximatesWithoutHolding(method), method, "all steps are computed",
                    "where nothing may be reused, a method computes", "the run is not as without a cache: " + found.decisions());
            for (int index = 1; index < STEPS; index++) {
                int step = index;
                CacheMethod once = method.with(
                        SessionOptions.DEFAULT.withComputed(new ComputedSteps(0, STEPS, Set.of(step))));
                boolean same = outcome(once, "step " + step + " is computed", model).decisions().stream()
                        .allMatch(decisions -> decisions.charAt(decisions.length() - STEPS + step) == CacheStatistics.COMPUTED);
                check(same, method, "step " + step + " is computed", "where nothing may be reused, a method computes",
                        "it went past some of it");
            }
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("methods")
    void worksWhereAnythingHeldMayBeGone(CacheMethod method) {
        for (int seed = 0; seed < DRAWS; seed++) {
            Random random = new Random(seed);
            FakeDenoiser model = BATCHES.get(seed % 2);
            run(method, "some of what is held gets lost, draw " + seed, () -> Trial.outcome(model, STEPS,
                    new Forgetting(method, _ -> random.nextInt(4) == 0)));
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("methods")
    void worksWithinAnyMemoryBudget(CacheMethod method) {
        for (FakeDenoiser model : BATCHES) {
            long peak = peak(method, model);
            for (long bytes : new long[] {peak / 4, peak * 3 / 4}) {
                for (MemoryBudget budget : List.of(MemoryBudget.of(bytes), MemoryBudget.narrowing(bytes))) {
                    run(method, "with a " + budget, () -> {
                        try (Trial trial = new Trial(model, STEPS, within(method, budget))) {
                            trial.toTheEnd();
                            check(trial.held().stream().mapToLong(HeldBytes::now).allMatch(now -> now <= bytes), method,
                                    "with a " + budget, "a session keeps to its budget", trial.held().toString());
                            checkSame(method, "with a " + budget, trial.outcome(),
                                    Trial.outcome(model, STEPS, within(method, budget)));
                            return null;
                        }
                    });
                }
            }
        }
    }

    private static long peak(CacheMethod method, FakeDenoiser model) {
        return run(method, "a run", () -> {
            try (Trial trial = new Trial(model, STEPS, method)) {
                trial.toTheEnd();
                return trial.statistics().bytes().peak();
            }
        });
    }

    /** A method of whose held tensors some are dropped, before it is asked. */
    private record Forgetting(CacheMethod method, Predicate<Site> loses) implements CacheMethod {

        @Override
        public String name() {
            return method.name();
        }

        @Override
        public Set<SiteKind> kinds() {
            return method.kinds();
        }

        @Override
        public CachePolicy policy(CacheRun run) {
            CachePolicy policy = method.policy(run);
            return call -> {
                run.sites().stream().filter(loses).forEach(call::drop);
                return policy.apply(call);
            };
        }

        @Override
        public String toString() {
            return method.toString();
        }
    }

    // ---- models that are not as it expects ------------------------------------------------------------------------

    @ParameterizedTest(name = "{0}")
    @MethodSource("methods")
    void worksWhereAModelGoesPastSites(CacheMethod method) {
        for (SiteKind kind : SiteKind.values()) {
            for (int parity = 0; parity < 2; parity++) {
                int odd = parity;
                BiPredicate<Site, Step> which = (site, step) -> site.kind() == kind && step.index() % 2 == odd;
                run(method, "no " + kind + " in every second step",
                        () -> Trial.outcome(BATCHES.get(odd).leavingOut(which), STEPS, method));
            }
        }
        for (int seed = 0; seed < DRAWS; seed++) {
            Random random = new Random(seed);
            FakeDenoiser model = BATCHES.get(seed % 2).leavingOut((_, _) -> random.nextInt(3) == 0);
            run(method, "sites left out, draw " + seed, () -> Trial.outcome(model, STEPS, method));
        }
    }

    /** As where guidance begins or ends midway. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("methods")
    void computesWhereTheBatchHasChanged(CacheMethod method) {
        for (int change = 1; change < STEPS; change++) {
            int step = change;
            for (IntPredicate guided : List.<IntPredicate>of(index -> index < step, index -> index >= step)) {
                String where = "guidance " + (guided.test(0) ? "ends" : "begins") + " at step " + step;
                Outcome found = outcome(method, where, FakeDenoiser.SMALL.withGuidance(guided));
                boolean reused = found.decisions().stream()
                        .anyMatch(site -> site.charAt(site.length() - STEPS + step) == CacheStatistics.REUSED);
                check(!reused || approximatesWithoutHolding(method), method, where,
                        "nothing that is held outlives a change of the batch", found.decisions().toString());
            }
        }
    }

    /** A method may refuse, with an {@link IllegalArgumentException}, to begin a run without the sites that it needs. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("methods")
    void worksOnModelsThatNameOtherSites(CacheMethod method) {
        List<Set<SiteKind>> named = new ArrayList<>(List.of(Set.of(), EnumSet.complementOf(EnumSet.copyOf(method.kinds()))));
        for (SiteKind kind : SiteKind.values()) {
            named.add(Set.of(kind));
        }
        for (Set<SiteKind> kinds : named) {
            FakeDenoiser model = FakeDenoiser.SMALL.withKinds(kinds).withBlocks(1);
            try (CacheSession _ = method.open(model.run(STEPS))) {
                run(method, "a model of one block that names " + kinds, () -> Trial.outcome(model, STEPS, method));
            } catch (IllegalArgumentException e) {
                check(e.getMessage() != null && !e.getMessage().isBlank(), method, "a model that names " + kinds,
                        "a refusal says why", e.toString());
            }
        }
    }

    // ---- saying it ------------------------------------------------------------------------------------------------

    private interface Attempt<T> {
        T make();
    }

    private static CacheMethod within(CacheMethod method, MemoryBudget budget) {
        return method.with(SessionOptions.DEFAULT.withMemory(budget));
    }

    private static Outcome outcome(CacheMethod method, String where, FakeDenoiser model) {
        return run(method, where, () -> Trial.outcome(model, STEPS, method));
    }

    private static void checkSame(CacheMethod method, String where, Outcome expected, Outcome found) {
        check(expected.equals(found), method, where, "every run is on its own, and the same run gives the same",
                expected.decisions().equals(found.decisions()) ? "other latents than the run alone"
                        : "decided " + found.decisions() + ", alone " + expected.decisions());
    }

    private static <T> T run(CacheMethod method, String where, Attempt<T> attempt) {
        try {
            return attempt.make();
        } catch (AssertionError | RuntimeException e) {
            String text = e.getMessage() == null ? e.toString() : e.getMessage();
            throw new AssertionError(text.startsWith(method.toString()) ? text : method + ", " + where + ": " + text, e);
        }
    }

    private static void check(boolean holds, CacheMethod method, String where, String rule, String found) {
        if (!holds) {
            throw new AssertionError(method + (where.isEmpty() ? "" : ", " + where) + ": " + rule + ": " + found);
        }
    }
}
