package io.panatorch.cache;

import io.panatorch.cache.CacheStatistics.SiteStatistics;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
 * <p>A session is confined to the thread that opened it.
 */
public final class CacheSession implements AutoCloseable {

    private static final char NOT_VISITED = '-';

    private final String method;
    private final CachePolicy policy;
    private final int steps;
    private final HeldTensors held = new HeldTensors();
    private final Map<Site, char[]> decisions = new LinkedHashMap<>();
    private final Thread thread = Thread.currentThread();
    private Step step;
    private boolean closed;

    CacheSession(String method, CachePolicy policy, CacheRun run) {
        this.method = method;
        this.policy = policy;
        this.steps = run.timesteps().length;
        for (Site site : run.sites()) {
            char[] letters = String.valueOf(NOT_VISITED).repeat(steps).toCharArray();
            if (decisions.put(site, letters) != null) {
                throw new IllegalArgumentException("site " + site.name() + " is named twice");
            }
        }
    }

    /**
     * Begins a call of the denoiser. Steps come in order, each once.
     *
     * @throws IllegalStateException where that is not so
     */
    public void begin(Step next) {
        checkOpen();
        int expected = step == null ? 0 : step.index() + 1;
        if (next.index() != expected || next.count() != steps) {
            throw new IllegalStateException("step " + next.index() + " of " + next.count() + " begins, expected step "
                    + expected + " of " + steps);
        }
        step = next;
    }

    /**
     * Computes the output of a site, or reuses one.
     *
     * @param input borrowed
     * @param computation what the model would compute; it runs at most once, now, on this thread
     * @return a tensor of the caller's scope
     */
    public Tensor through(Site site, Tensor input, UnaryOperator<Tensor> computation) {
        return through(site, List.of(input), inputs -> List.of(computation.apply(inputs.getFirst()))).getFirst();
    }

    /**
     * Computes the outputs of a site that has several, or reuses them.
     *
     * @param inputs borrowed; what is denoised first, then what it is denoised with
     * @param computation what the model would compute; it runs at most once, now, on this thread
     * @return tensors of the caller's scope
     * @throws IllegalStateException where no step has begun, or the run did not name the site
     */
    public List<Tensor> through(
            Site site, List<Tensor> inputs, Function<List<Tensor>, List<Tensor>> computation) {
        checkOpen();
        char[] letters = decisions.get(site);
        if (step == null || letters == null) {
            throw new IllegalStateException(step == null
                    ? "site " + site.name() + " before the first step: call begin(Step) before the model"
                    : "site " + site.name() + " is not one of the run's sites");
        }
        if (letters[step.index()] != NOT_VISITED) {
            throw new IllegalStateException("site " + site.name() + " is visited twice in step " + step.index());
        }
        SiteCall call = new SiteCall(site, step, inputs, computation, held);
        try (TensorScope scope = TensorScope.open()) {
            List<Tensor> outputs = policy.apply(call);
            letters[step.index()] = call.isComputed() ? CacheStatistics.COMPUTED : CacheStatistics.REUSED;
            return outputs.stream().map(output -> scope.promote(output.alias())).toList();
        }
    }

    /** {@return what happened so far; it stays valid after the session is closed} */
    public CacheStatistics statistics() {
        List<SiteStatistics> sites = decisions.entrySet().stream()
                .filter(entry -> new String(entry.getValue()).chars().anyMatch(c -> c != NOT_VISITED))
                .map(entry -> new SiteStatistics(entry.getKey(), visited(entry.getValue()),
                        held.bytes(entry.getKey()), held.peak(entry.getKey())))
                .toList();
        return new CacheStatistics(method, sites, held.bytes(), held.peak());
    }

    private String visited(char[] letters) {
        return new String(letters, 0, step.index() + 1);
    }

    private void checkOpen() {
        if (closed) {
            throw new IllegalStateException("this cache session is closed: open one for each generation");
        }
        if (Thread.currentThread() != thread) {
            throw new IllegalStateException("a cache session is confined to the thread that opened it");
        }
    }

    /** Frees everything held. Closing a closed session does nothing. */
    @Override
    public void close() {
        closed = true;
        held.close();
    }
}
