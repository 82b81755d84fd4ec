package io.panatorch.cache;

import io.panatorch.cache.CacheStatistics.SiteStatistics;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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

    private static final char NOT_VISITED = '-';

    private final String method;
    private final CachePolicy policy;
    private final int[] timesteps;
    private final HeldTensors held;
    private final Map<Site, char[]> decisions = new LinkedHashMap<>();
    private final Map<Site, Integer> outputs = new HashMap<>();
    private final Thread thread = Thread.currentThread();
    private Step step;
    private boolean closed;

    /** @param covered those of the run's sites that the policy decides */
    CacheSession(String method, CachePolicy policy, CacheRun run, List<Site> covered) {
        this.method = method;
        this.policy = Objects.requireNonNull(policy, () -> "cache method " + method + " made no policy");
        this.timesteps = run.timesteps();
        for (Site site : run.sites()) {
            char[] letters = String.valueOf(NOT_VISITED).repeat(timesteps.length).toCharArray();
            if (decisions.put(site, letters) != null) {
                throw new IllegalArgumentException("site " + site.name() + " is named twice");
            }
        }
        this.held = new HeldTensors(covered);
    }

    /**
     * Begins a call of the denoiser. Steps come in order, each once, with the timesteps of the run.
     *
     * @throws IllegalStateException where that is not so
     */
    public void begin(Step next) {
        checkOpen();
        int steps = timesteps.length;
        int expected = step == null ? 0 : step.index() + 1;
        if (expected == steps) {
            throw new IllegalStateException("step " + next.index() + " begins after all " + steps
                    + " steps of the run: open a cache session for each generation");
        }
        if (next.index() != expected || next.count() != steps) {
            throw new IllegalStateException("step " + next.index() + " of " + next.count() + " begins, expected step "
                    + expected + " of " + steps);
        }
        if (next.timestep() != timesteps[expected]) {
            throw new IllegalStateException("step " + expected + " begins with timestep " + next.timestep()
                    + ", the run has " + timesteps[expected]);
        }
        step = next;
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
        return visit(site, List.of(input), inputs -> Collections.singletonList(computation.apply(inputs.getFirst())), 1)
                .getFirst();
    }

    /**
     * Computes the outputs of a site that has several, or reuses them.
     *
     * @param inputs borrowed; what is denoised first, then what it is denoised with
     * @param computation what the model would compute with the inputs it is given, which a method may have chosen; it runs at
     *     most once, now, on this thread; it gives the same number of tensors at every step
     * @return tensors of the caller's scope
     * @throws IllegalStateException where no step has begun, the run did not name the site, the site has been visited in
     *     this step, or the method breaks its {@linkplain CachePolicy contract}
     */
    public List<Tensor> through(
            Site site, List<Tensor> inputs, Function<List<Tensor>, List<Tensor>> computation) {
        return visit(site, inputs, computation, outputs.getOrDefault(site, 0));
    }

    private List<Tensor> visit(
            Site site, List<Tensor> inputs, Function<List<Tensor>, List<Tensor>> computation, int outputCount) {
        char[] letters = lettersOf(site);
        SiteCall call = new SiteCall(method, site, step, inputs, computation, held, outputCount);
        try (TensorScope scope = TensorScope.open()) {
            List<Tensor> answer = call.answer(held.covers(site) ? policy : SiteCall::compute);
            outputs.put(site, call.outputs());
            letters[step.index()] = call.isComputed() ? CacheStatistics.COMPUTED : CacheStatistics.REUSED;
            return answer.stream().map(output -> scope.promote(output.alias())).toList();
        }
    }

    private char[] lettersOf(Site site) {
        checkOpen();
        if (step == null) {
            throw new IllegalStateException(
                    "site " + site.name() + " before the first step: call begin(Step) before the model");
        }
        char[] letters = decisions.get(site);
        if (letters == null) {
            throw new IllegalStateException("site " + site.name() + " is not one of the run's sites");
        }
        if (letters[step.index()] != NOT_VISITED) {
            throw new IllegalStateException("site " + site.name() + " is visited twice in step " + step.index());
        }
        return letters;
    }

    /** {@return what happened so far; it stays valid after the session is closed} */
    public CacheStatistics statistics() {
        checkThread();
        List<SiteStatistics> sites = decisions.entrySet().stream()
                .filter(entry -> held.covers(entry.getKey()) && isVisited(entry.getValue()))
                .map(entry -> new SiteStatistics(entry.getKey(), visited(entry.getValue()),
                        held.bytes(entry.getKey()), held.peak(entry.getKey())))
                .toList();
        return new CacheStatistics(method, sites, held.bytes(), held.peak());
    }

    private static boolean isVisited(char[] letters) {
        return new String(letters).chars().anyMatch(letter -> letter != NOT_VISITED);
    }

    private String visited(char[] letters) {
        return new String(letters, 0, step.index() + 1);
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
        held.close();
    }
}
