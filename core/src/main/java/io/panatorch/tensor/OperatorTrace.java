package io.panatorch.tensor;

import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * Counts the operators that the calling thread runs, by name, and the dtypes of their results, from {@link #start()} to {@link #close()}.
 *
 * <pre>{@code
 * try (var trace = OperatorTrace.start()) {
 *     model.forward(x);
 *     long products = trace.count("linear");
 * }
 * }</pre>
 *
 * <p>Views (reshape, transpose and their like) are operators too. Traces may be nested: each counts what runs in its own
 * time.
 */
public final class OperatorTrace implements AutoCloseable {

    private final CallState state;
    private final OperatorTrace outer;
    private final Map<String, Long> counts = new TreeMap<>();
    private final Map<DType, Map<String, Long>> results = new EnumMap<>(DType.class);

    private OperatorTrace(CallState state) {
        this.state = state;
        this.outer = state.trace;
    }

    /** Begins to count on this thread. */
    public static OperatorTrace start() {
        CallState state = CallState.ofThread();
        OperatorTrace trace = new OperatorTrace(state);
        state.trace = trace;
        return trace;
    }

    /** {@return how often the operator ran, by torch's name such as {@code layer_norm}} */
    public long count(String operator) {
        return counts.getOrDefault(operator, 0L);
    }

    /** {@return all counts by name} */
    public Map<String, Long> counts() {
        return Map.copyOf(counts);
    }

    /** {@return how many results of a dtype each operator gave, by name; without those that gave none} */
    public Map<String, Long> counts(DType dtype) {
        return Map.copyOf(results.getOrDefault(dtype, Map.of()));
    }

    /** Stops counting. */
    @Override
    public void close() {
        if (state != CallState.ofThread() || state.trace != this) {
            throw new IllegalStateException("a trace is closed on the thread that started it, the inner one first");
        }
        state.trace = outer;
    }

    void record(String operator) {
        for (OperatorTrace trace = this; trace != null; trace = trace.outer) {
            trace.counts.merge(operator, 1L, Long::sum);
        }
    }

    void recordResult(String operator, DType dtype) {
        for (OperatorTrace trace = this; trace != null; trace = trace.outer) {
            trace.results.computeIfAbsent(dtype, _ -> new TreeMap<>()).merge(operator, 1L, Long::sum);
        }
    }
}
