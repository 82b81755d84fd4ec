package io.panatorch.tensor;

import io.panatorch.bindings.generated.Panatorch;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;

/**
 * Counts the tensors of the process that are not closed yet.
 *
 * <p>With the system property {@value #TRACE_PROPERTY} set to true, where each was born is recorded too, at a cost that
 * suits tests and not production.
 */
public final class LiveTensors {

    /** The system property that turns on the record of births. */
    public static final String TRACE_PROPERTY = "panatorch.traceLeaks";

    private static final boolean TRACE = Boolean.getBoolean(TRACE_PROPERTY);
    private static final int FRAMES = 12;
    private static final int WALKED = 200;
    private static final AtomicLong COUNT = new AtomicLong();
    private static final Map<Tensor, Birth> BIRTHS = new ConcurrentHashMap<>();

    private record Birth(long number, List<StackWalker.StackFrame> stack) {}

    private static final AtomicLong NUMBERS = new AtomicLong();

    private LiveTensors() {}

    /** {@return how many tensors are open now} */
    public static long count() {
        return COUNT.get();
    }

    /**
     * {@return the bytes of C's heap that are in use in this process, in which tensors of the CPU lie; -1 where the C library does
     * not count them}
     *
     * <p>The JVM's own native memory is among them, not its heap, and not what is mapped. It shows what counting tensors cannot: one
     * that is lost inside libtorch. Memory on a GPU is not in it.
     *
     * @throws TorchException where libtorch cannot be loaded
     */
    public static long heapBytes() {
        CallState.load();
        return Panatorch.pt_heap_bytes();
    }

    /**
     * {@return a line for each open tensor, oldest first, followed by where it was made}; empty unless births are recorded.
     */
    public static List<String> report() {
        return BIRTHS.entrySet().stream()
                .sorted(Comparator.comparingLong(entry -> entry.getValue().number))
                .map(entry -> entry.getKey().describe() + "\n        at "
                        + entry.getValue().stack.stream().map(Object::toString).collect(Collectors.joining("\n        at ")))
                .toList();
    }

    static void born(Tensor tensor) {
        COUNT.incrementAndGet();
        if (TRACE) {
            List<StackWalker.StackFrame> stack = StackWalker.getInstance()
                    .walk(frames -> frames.limit(WALKED) // a deep recursion within the library would take a second for each tensor
                            .filter(frame -> !frame.getClassName().startsWith("io.panatorch.tensor."))
                            .limit(FRAMES)
                            .toList());
            BIRTHS.put(tensor, new Birth(NUMBERS.incrementAndGet(), stack));
        }
    }

    static void gone(Tensor tensor) {
        COUNT.decrementAndGet();
        if (TRACE) {
            BIRTHS.remove(tensor);
        }
    }
}
