package io.panatorch.tensor;

import io.panatorch.bindings.Libtorch;
import io.panatorch.bindings.LibtorchLoadException;
import io.panatorch.bindings.NativeFrame;
import io.panatorch.bindings.generated.Panatorch;
import java.lang.foreign.MemorySegment;
import java.lang.ref.WeakReference;
import java.util.Collections;
import java.util.Map;
import java.util.StringJoiner;
import java.util.WeakHashMap;

/**
 * What one thread needs for its calls into libtorch: the innermost open scope, which owns the results; native memory for
 * arguments; and the trace, if one is running.
 */
final class CallState {

    /** What keeps the states: their threads must not, as one that survives a program would keep its class loader with it. */
    private static final Map<Thread, CallState> STATES = Collections.synchronizedMap(new WeakHashMap<>());

    private static final ThreadLocal<WeakReference<CallState>> OF_THREAD = ThreadLocal.withInitial(CallState::create);

    final NativeFrame frame = new NativeFrame();
    TensorScope innermost;
    OperatorTrace trace;

    private CallState() {
        load();
    }

    private static WeakReference<CallState> create() {
        CallState state = new CallState();
        STATES.put(Thread.currentThread(), state);
        return new WeakReference<>(state);
    }

    static CallState ofThread() {
        return OF_THREAD.get().get();
    }

    /** The libtorch of this process, loaded now if it is not yet. */
    static Libtorch load() {
        try {
            return Libtorch.load();
        } catch (LibtorchLoadException e) {
            throw new TorchException(TorchException.Kind.LOADING, e.getMessage(), e);
        }
    }

    /** To come before each operator: there must be a scope for its result before there is a result. */
    static CallState begin(String operator) {
        CallState state = ofThread();
        if (state.innermost == null) {
            throw new IllegalStateException(operator + ": no TensorScope is open on this thread to own the result;"
                    + " open one with try (var scope = TensorScope.open())");
        }
        if (state.trace != null) {
            state.trace.record(operator);
        }
        state.frame.reset();
        return state;
    }

    MemorySegment error() {
        return frame.error();
    }

    /** Wraps what an operator returned; a null handle becomes an exception that names the operands. */
    Tensor finish(String operator, MemorySegment handle, Tensor... operands) {
        if (handle.address() == 0) {
            throw failure(operator, operands);
        }
        Tensor result = new Tensor(handle);
        result.source = sourceOf(handle, operands);
        innermost.register(result);
        if (trace != null) {
            result.ownDType().ifPresent(dtype -> trace.recordResult(operator, dtype));
        }
        return result;
    }

    /** The memory that a result lies in where it is a view of an operand that lies in memory of somebody else, or null. */
    private MemorySegment sourceOf(MemorySegment handle, Tensor... operands) {
        for (Tensor operand : operands) {
            if (operand != null && operand.source != null
                    && Tensor.liesIn(operand.source, Panatorch.pt_data(handle, error()).address())) {
                return operand.source;
            }
        }
        return null;
    }

    TorchException failure(String operator, Tensor... operands) {
        String reason = frame.takeError();
        StringJoiner all = new StringJoiner(", ", " of ", "").setEmptyValue("");
        for (Tensor operand : operands) {
            if (operand != null) {
                all.add(operand.describe());
            }
        }
        return TorchException.refused(operator, all.toString(), reason);
    }
}
