package io.panatorch.cache;

import io.panatorch.cache.CacheStatistics.SiteStatistics;
import io.panatorch.tensor.Shape;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * One generation's cache: the model sends work through it, a {@link CachePolicy} decides, and this class keeps the contract
 * between the two.
 *
 * <p>It guarantees the model that a computation runs at most once and on the calling thread, and that what
 * {@link #through} returns belongs to the caller's scope whether it was computed or reused. It guarantees the user that
 * everything held is freed by {@link #close()}.
 *
 * <p>Outputs may share memory with what the session holds, so a model must not write into them in place.
 *
 * <p>A session is confined to the thread that opened it.
 */
public final class CacheSession implements AutoCloseable {

    private static final System.Logger LOGGER = System.getLogger(CacheSession.class.getName());

    private final CacheMethod method;
    private final CacheRun run;
    private final boolean measuring;
    private final ComputedSteps computed;
    private final DoubleUnaryOperator agreement;
    private final int[] timesteps;
    private final Map<Branch, BranchState> branches = new EnumMap<>(Branch.class);
    private BranchState spare; // of the branch that comes first
    private BranchState current;
    private final HeldTensors held;
    private final Runnable giveBack; // what was taken of a shared budget
    private final ChangeMeter meter = new ChangeMeter();
    private final VisitTimes times;
    private final Thread thread = Thread.currentThread();
    private Step step;
    private int depth; // of the visits that are going on
    private boolean reused; // something in this step
    private int reusedInARow; // in how many steps before it
    private boolean mayReuse; // in this step
    private boolean closed;

    CacheSession(CacheMethod method, CacheRun run) {
        SessionOptions options = method.options();
        this.method = method;
        this.run = run;
        this.measuring = options.measuring();
        this.times = new VisitTimes(measuring);
        this.computed = options.computed();
        this.agreement = options.agreement();
        this.timesteps = run.timesteps();
        Set<Site> named = new HashSet<>();
        for (Site site : run.sites()) {
            if (!named.add(site)) {
                throw new IllegalArgumentException("site " + site.name() + " is named twice");
            }
        }
        this.spare = new BranchState(method, run); // settings that do not fit are refused now
        CacheRun covered = run.of(method.kinds());
        if (timesteps.length > 1 && !method.canReuse(covered)) {
            LOGGER.log(System.Logger.Level.WARNING, method.name() + " reuses nothing in this run of " + timesteps.length
                    + " steps, in which it covers " + covered.sites().size() + (covered.sites().size() == 1 ? " site" : " sites") + ": its settings are " + method);
        }
        MemoryBudget memory = options.budget();
        this.held = new HeldTensors(covered.sites(), memory,
                place -> branches.get(place.branch()).records.get(place.site()).work());
        this.giveBack = options.shared().<Runnable>map(shared -> () -> shared.giveBack(memory)).orElse(() -> {});
        options.shared().ifPresent(shared -> shared.take(memory)); // at last: from here on there is somebody who closes this
    }

    /**
     * Begins a call of the denoiser. Steps come in order, with the timesteps of the run; in each there is one call for each branch
     * that is predicted there. A branch, and a denoiser of several, that is left out of a whole step has nothing held any more.
     *
     * @throws IllegalStateException where that is not so
     */
    public void begin(Step next) {
        checkOpen();
        int steps = timesteps.length;
        boolean isSameStep = step != null && next.index() == step.index()
                && (!branches.containsKey(next.branch()) || branches.get(next.branch()).begun < next.index());
        int expected = step == null ? 0 : isSameStep ? step.index() : step.index() + 1;
        if (expected == steps) {
            throw new IllegalStateException("step " + next.index() + " begins after all " + steps
                    + " steps of the run: open a cache session for each generation");
        }
        if (next.index() != expected || next.count() != steps) {
            boolean isRepeated = step != null && next.index() == step.index();
            throw new IllegalStateException("step " + next.index() + " of " + next.count() + " begins, expected step "
                    + expected + " of " + steps + (isRepeated ? "; its call of branch " + next.branch() + " has begun before" : ""));
        }
        if (next.timestep() != timesteps[expected]) {
            throw new IllegalStateException("step " + expected + " begins with timestep " + next.timestep()
                    + ", the run has " + timesteps[expected]);
        }
        held.endStep();
        for (Branch other : branches.keySet()) { // of a batch of both nothing is of use for one alone, nor the other way round
            if ((other == Branch.BOTH) != (next.branch() == Branch.BOTH)) {
                held.dropAll(other);
            }
        }
        if (!isSameStep) {
            dropWhatWasLeftOut(next.index() - 1);
            reusedInARow = reused ? reusedInARow + 1 : 0;
            reused = false;
        }
        current = branches.computeIfAbsent(next.branch(), _ -> newBranch());
        step = next;
        current.begun = next.index();
        mayReuse = !computed.has(next.index(), reusedInARow);
    }

    private BranchState newBranch() {
        BranchState state = spare == null ? new BranchState(method, run) : spare;
        spare = null;
        return state;
    }

    /** Of branches and denoisers that were not called in a step in which others were. */
    private void dropWhatWasLeftOut(int index) {
        if (branches.values().stream().flatMap(state -> state.denoisers.stream()).noneMatch(each -> each.visited == index)) {
            return;
        }
        branches.forEach((branch, state) -> state.denoisers.stream().filter(each -> each.visited < index)
                .forEach(each -> each.sites.forEach(site -> held.drop(new Place(branch, site)))));
    }

    /**
     * Computes the output of a site, or reuses one.
     *
     * @param input borrowed
     * @param computation what the model would compute with the input it is given; it runs at most once, now, on this thread
     * @return a tensor of the caller's scope
     * @throws IllegalStateException as the method for several tensors
     */
    public Tensor through(Site site, Tensor input, UnaryOperator<Tensor> computation) {
        return visit(site, SiteInputs.of(input), inputs -> Collections.singletonList(computation.apply(inputs.getFirst())),
                SiteOutputs.of(1)).getFirst();
    }

    /**
     * Computes the outputs of a site that has several, or reuses them. All inputs are {@linkplain SiteInputs#tokens transformed}.
     *
     * @param inputs borrowed
     * @param computation what the model would compute with the inputs it is given, which a method may have chosen; it runs at
     *     most once, now, on this thread; it gives the same number of tensors at every step
     * @return tensors of the caller's scope
     * @throws IllegalStateException where no step has begun, the run did not name the site, the site has been visited in
     *     this step, or the method breaks its {@linkplain CachePolicy contract}
     */
    public List<Tensor> through(
            Site site, List<Tensor> inputs, Function<List<Tensor>, List<Tensor>> computation) {
        return visit(site, SiteInputs.of(inputs), computation, SiteOutputs.UNKNOWN);
    }

    /**
     * Computes the outputs of a site, or reuses them; as the method for several tensors.
     *
     * @param inputs by their role
     * @param computation is given the tokens, then the conditions
     */
    public List<Tensor> through(Site site, SiteInputs inputs, Function<List<Tensor>, List<Tensor>> computation) {
        return visit(site, inputs, computation, SiteOutputs.UNKNOWN);
    }

    private List<Tensor> visit(
            Site site, SiteInputs roles, Function<List<Tensor>, List<Tensor>> computation, SiteOutputs expected) {
        SiteRecord visited = recordOf(site);
        BranchState state = current;
        SessionCall call = new SessionCall(method.name(), site, step, roles, computation, held, visited, agreement, mayReuse,
                state.outputs.getOrDefault(site, expected));
        List<Tensor> inputs = call.inputs();
        boolean covered = held.covers(site);
        visited.given(step.index(), site.kind(), inputs);
        if (depth == 0) {
            dropWhatDoesNotFit(site, inputs);
        }
        if (covered) {
            state.denoiserOf(site).visited = step.index();
            held.comeBackAfter(new Place(step.branch(), site));
        }
        depth++;
        try (TensorScope scope = TensorScope.open()) {
            VisitTimes.Visit time = times.begin(inputs);
            List<Tensor> answer = call.answer(covered ? state.denoiserOf(site).policy : SiteCall::compute);
            state.outputs.put(site, call.outputs());
            reused |= call.decision() != CacheStatistics.COMPUTED;
            visited.visited(step.index(), call.decision(), time.end(covered));
            if (covered && call.decision() == CacheStatistics.REUSED && step.index() == timesteps.length - 1) {
                dropWhatIsInside(site);
            }
            if (measuring && covered && call.decision() == CacheStatistics.COMPUTED) {
                times.exclude(() -> measure(visited, site, call.computed()));
            }
            return answer.stream().map(output -> scope.promote(output.alias())).toList();
        } finally {
            depth--;
        }
    }

    /**
     * What is held is of other shapes where the batch, the size or the number of tokens has changed since, as when guidance ends
     * midway; then it is let go, and every method computes. A site within others may be given parts of a batch, so the outermost
     * ones tell.
     */
    private void dropWhatDoesNotFit(Site site, List<Tensor> inputs) {
        List<Shape> shapes = inputs.stream().map(Tensor::shape).toList();
        List<Shape> before = current.outermost.put(site, shapes);
        if (before != null && !before.equals(shapes) && current.droppedIn != step.index()) {
            held.dropAll(step.branch());
            current.droppedIn = step.index();
        }
    }

    /** Of a site that was not computed in the last step: nobody comes there any more. */
    private void dropWhatIsInside(Site site) {
        List<Site> all = run.sites();
        for (Site other : all.subList(all.indexOf(site) + 1, all.size())) {
            if (!site.kind().contains(other.kind())) {
                return;
            }
            if (held.covers(other)) {
                held.drop(new Place(step.branch(), other));
            }
        }
    }

    private void measure(SiteRecord visited, Site site, List<Tensor> computed) {
        if (computed.stream().noneMatch(Tensor::isClosed)) { // a policy may have closed what it had made of
            visited.changed(step.index(), meter.change(new Place(step.branch(), site), computed));
        }
    }

    private SiteRecord recordOf(Site site) {
        checkOpen();
        if (step == null) {
            throw new IllegalStateException(
                    "site " + site.name() + " before the first step: call begin(Step) before the model");
        }
        SiteRecord record = current.records.get(site);
        if (record == null) {
            throw new IllegalStateException("site " + site.name() + " is not one of the run's sites");
        }
        if (record.isVisited(step.index())) {
            throw new IllegalStateException("site " + site.name() + " is visited twice in step " + step.index());
        }
        return record;
    }

    /** {@return what happened so far; it stays valid after the session is closed} */
    public CacheStatistics statistics() {
        checkThread();
        List<SiteStatistics> sites = new ArrayList<>();
        Map<SiteKind, HeldBytes> kinds = new EnumMap<>(SiteKind.class);
        for (Site site : run.of(method.kinds()).sites()) {
            branches.forEach((branch, state) -> {
                SiteRecord record = state.records.get(site);
                Place place = new Place(branch, site);
                if (record.wasVisited()) {
                    sites.add(record.statistics(place, step.index(), held.bytes(place), held.evictions(place)));
                    kinds.put(site.kind(), held.bytes(site.kind()));
                }
            });
        }
        return new CacheStatistics(method.name(), sites, kinds, held.bytes(), ComputedWork.part(run, branches.values()));
    }

    private void checkOpen() {
        checkThread();
        if (closed) {
            throw new IllegalStateException("this cache session is closed: open one for each generation");
        }
    }

    private void checkThread() {
        if (Thread.currentThread() != thread) {
            throw new IllegalStateException("a cache session is confined to the thread that opened it");
        }
    }

    /**
     * Frees everything held. Closing a closed session does nothing.
     *
     * @throws IllegalStateException on another thread than the one that opened it, which may be using what is held
     */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        checkThread();
        closed = true;
        try (held; meter) {
            // closes both, whatever fails
        } finally {
            giveBack.run();
        }
    }
}
