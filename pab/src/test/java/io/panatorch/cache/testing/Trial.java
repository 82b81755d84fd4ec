package io.panatorch.cache.testing;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.CacheRun;
import io.panatorch.cache.CacheSession;
import io.panatorch.cache.CacheStatistics;
import io.panatorch.cache.HeldBytes;
import io.panatorch.cache.Site;
import io.panatorch.cache.SiteInputs;
import io.panatorch.cache.SiteKind;
import io.panatorch.cache.Step;
import io.panatorch.tensor.LiveTensors;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorOwner;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiPredicate;
import java.util.function.Function;

/** One run of a method on the fake model, in which every visit is checked. */
final class Trial implements AutoCloseable {

    private final FakeDenoiser model;
    private final CacheRun run;
    private final CacheSession session;
    private final BiPredicate<Site, Step> fails;
    private final TensorOwner owner = new TensorOwner();
    private final List<Given> given = new ArrayList<>();
    private final List<List<Float>> latents = new ArrayList<>();
    private final List<HeldBytes> held = new ArrayList<>();
    private boolean careful;
    private boolean failed;
    private float[] last;

    /** What the model was given at a visit, as it was then. */
    private record Given(String where, Tensor tensor, float[] values) {}

    /** A computation failed because the trial wants it to. */
    static final class Failure extends RuntimeException {

        private static final long serialVersionUID = 1L;

        Failure() {
            super("a computation failed, as the test wants it to");
        }
    }

    /** What a run came to. */
    record Outcome(List<List<Float>> latents, List<String> decisions) {}

    Trial(FakeDenoiser model, int steps, CacheMethod method) {
        this(model, steps, method, (_, _) -> false);
    }

    /** @param fails which computations do */
    Trial(FakeDenoiser model, int steps, CacheMethod method, BiPredicate<Site, Step> fails) {
        this.model = model;
        this.run = model.run(steps);
        this.fails = fails;
        this.last = model.start();
        this.session = method.open(run);
    }

    static Outcome outcome(FakeDenoiser model, int steps, CacheMethod method) {
        try (Trial trial = new Trial(model, steps, method)) {
            trial.toTheEnd();
            return trial.outcome();
        }
    }

    /** Also watches that nobody writes into what the model has, which takes time and keeps all outputs. */
    Trial watchingForWrites() {
        careful = true;
        return this;
    }

    int steps() {
        return run.timesteps().length;
    }

    void toTheEnd() {
        for (int i = latents.size(); i < steps(); i++) {
            step();
        }
        for (Given each : given) {
            if (!Arrays.equals(each.tensor.toFloatArray(), each.values)) {
                throw new AssertionError(each.where + " was changed later: a method never writes in place into what the model has");
            }
        }
    }

    void step() {
        Step step = model.step(latents.size(), run);
        session.begin(step);
        last = model.denoise(last, step, (site, inputs, computation) -> visit(site, step, inputs, computation));
        latents.add(list(last));
        held.add(session.statistics().bytes());
        for (float number : last) {
            if (!Float.isFinite(number)) {
                throw new AssertionError("step " + step.index() + " gave a number that is not finite");
            }
        }
    }

    private List<Tensor> visit(Site site, Step step, SiteInputs roles, Function<List<Tensor>, List<Tensor>> computation) {
        List<Tensor> inputs = roles.all();
        List<float[]> before = careful ? inputs.stream().map(Tensor::toFloatArray).toList() : List.of();
        List<Tensor> outputs = through(site, roles, in -> {
            if (fails.test(site, step)) {
                failed = true;
                throw new Failure();
            }
            return computation.apply(in);
        });
        String where = " of " + site.name() + " in step " + step.index();
        for (int i = 0; i < before.size(); i++) {
            if (!Arrays.equals(before.get(i), inputs.get(i).toFloatArray())) {
                throw new AssertionError("input " + (i + 1) + where + " was changed: a method never writes in place into inputs");
            }
        }
        checkForms(where, expected(site.kind(), roles.tokens()), outputs);
        if (careful) {
            outputs.forEach(output -> given.add(new Given("an output" + where, owner.adopt(output), output.toFloatArray())));
        }
        return outputs;
    }

    /** Through the method for one tensor where there is one, as models do. */
    private List<Tensor> through(Site site, SiteInputs inputs, Function<List<Tensor>, List<Tensor>> computation) {
        return inputs.all().size() == 1
                ? List.of(session.through(site, inputs.tokens().getFirst(), in -> computation.apply(List.of(in)).getFirst()))
                : session.through(site, inputs, computation);
    }

    private static List<Tensor> expected(SiteKind kind, List<Tensor> inputs) {
        return switch (kind) {
            case BLOCK, SPATIAL_ATTENTION -> inputs;
            case DENOISER, TEMPORAL_ATTENTION, CROSS_ATTENTION, FEED_FORWARD -> inputs.subList(0, 1);
        };
    }

    private static void checkForms(String where, List<Tensor> expected, List<Tensor> outputs) {
        List<String> forms = expected.stream().map(Tensor::describe).toList();
        List<String> found = outputs.stream().map(Tensor::describe).toList();
        if (!found.equals(forms)) {
            throw new AssertionError("the outputs" + where + " are " + found + ", computed ones " + forms
                    + ": a method gives as many tensors as the computation, of the same shapes, dtypes and devices");
        }
    }

    /** Whether a computation failed. */
    boolean failed() {
        return failed;
    }

    /** What is held after each step so far. */
    List<HeldBytes> held() {
        return held;
    }

    CacheStatistics statistics() {
        return session.statistics();
    }

    Outcome outcome() {
        return new Outcome(latents, session.statistics().sites().stream()
                .map(site -> site.site().name() + " " + site.decisions()).toList());
    }

    static List<Float> list(float[] numbers) {
        List<Float> list = new ArrayList<>();
        for (float number : numbers) {
            list.add(number);
        }
        return list;
    }

    /** Tensors that are open beyond a number. */
    static long openSince(long before) {
        return LiveTensors.count() - before;
    }

    @Override
    public void close() {
        session.close();
        owner.close();
    }
}
