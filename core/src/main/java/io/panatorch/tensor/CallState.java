package io.panatorch.tensor;

import io.panatorch.bindings.Libtorch;
import io.panatorch.bindings.LibtorchLoadException;
import io.panatorch.bindings.NativeFrame;
import java.lang.foreign.MemorySegment;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;

/**
 * What one thread needs for its calls into libtorch: the innermost open scope, which owns the results; native memory for
 * arguments; the trace, if one is running; and the call that is running.
 *
 * <p>A call is {@link #begin}, a downcall and {@link #finish}. In between its operands cannot be freed. Those of this thread's
 * scopes cannot anyway: only this thread closes them, and it is here. The others, of a {@link TensorOwner} or another thread's
 * scope, are {@linkplain Tensor#acquire acquired}, and let go at the end. Where a call does not get to its end (no memory, no
 * stack), the next one lets go for it.
 */
final class CallState {

    /**
     * What keeps the states: their threads must not, as one that survives a program would keep its class loader with it. Those of
     * threads that have ended are looked for when new ones come: always while they are few, then whenever they have doubled.
     */
    private static final Map<Thread, CallState> STATES = new HashMap<>();

    private static final int FEW = 64;
    private static int searchedAt = FEW;

    private static final ThreadLocal<WeakReference<CallState>> OF_THREAD = ThreadLocal.withInitial(CallState::create);
    private static final Tensor[] NONE = {};

    final NativeFrame frame = new NativeFrame();
    TensorScope innermost;
    OperatorTrace trace;

    private final List<Tensor> acquired = new ArrayList<>();
    private String operator;
    private Tensor[] operands = NONE;

    private CallState() {
        load();
    }

    private static WeakReference<CallState> create() {
        CallState state = new CallState();
        Map<Thread, CallState> ended = new HashMap<>();
        synchronized (STATES) {
            if (STATES.size() <= FEW || STATES.size() >= 2 * searchedAt) {
                STATES.forEach((thread, other) -> {
                    if (thread.getState() == Thread.State.TERMINATED) {
                        ended.put(thread, other);
                    }
                });
                STATES.keySet().removeAll(ended.keySet());
                searchedAt = Math.max(FEW, STATES.size());
            }
            STATES.put(Thread.currentThread(), state);
        }
        ended.forEach((thread, other) -> other.abandon(thread));
        return new WeakReference<>(state);
    }

    /** Frees what a thread has left open when it ended; nobody else can close its scopes. */
    private void abandon(Thread thread) {
        end();
        int scopes = 0;
        int tensors = 0;
        while (innermost != null) {
            scopes++;
            tensors += innermost.size();
            innermost.release();
        }
        if (scopes > 0) {
            System.getLogger(Warnings.LOGGER).log(System.Logger.Level.WARNING, "thread " + thread.getName() + " has ended with "
                    + scopes + " scope" + (scopes == 1 ? "" : "s") + " open, whose " + tensors
                    + " tensors are freed now; close each, as with try (var scope = TensorScope.open())");
        }
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

    /**
     * To come before each operator that makes tensors: there must be a scope for its result before there is a result.
     *
     * @throws NullPointerException where an operand is not there
     */
    static CallState begin(String operator, Tensor... operands) {
        return beginOptional(operator, operands.length, operands);
    }

    /**
     * The same for an operator of which operands may be left out.
     *
     * @param needed how many of the first must be there; of the others each may be null
     */
    static CallState beginOptional(String operator, int needed, Tensor... operands) {
        for (int i = 0; i < operands.length; i++) {
            if (operands[i] != null) {
                operands[i].requireMemory(operator); // libtorch need not be there to refuse a stand-in
            } else if (i < needed) {
                throw new NullPointerException(operator + ": operand " + (i + 1) + ": expected a tensor, found null");
            }
        }
        CallState state = requireScope(operator);
        state.innermost.reserve();
        if (state.trace != null) {
            state.trace.record(operator);
        }
        return state.look(operator, operands);
    }

    static CallState requireScope(String operator) {
        CallState state = ofThread();
        if (state.innermost == null) {
            throw new IllegalStateException(operator + ": no TensorScope is open on this thread to own the result;"
                    + " open one with try (var scope = TensorScope.open())");
        }
        return state;
    }

    /** To come before what makes no tensor. */
    CallState look(String operator, Tensor... operands) {
        end();
        try {
            for (Tensor operand : operands) {
                if (operand != null && !operand.isOf(this)) {
                    operand.acquire();
                    acquired.add(operand);
                }
            }
        } catch (ClosedTensorException e) {
            end();
            throw new ClosedTensorException(operator + ": " + e.getMessage());
        }
        this.operator = operator;
        this.operands = operands;
        frame.reset();
        return this;
    }

    /** The end of a call: its operands may be freed. */
    void end() {
        while (!acquired.isEmpty()) {
            acquired.removeLast().letGo();
        }
        operands = NONE;
    }

    MemorySegment error() {
        return frame.error();
    }

    /** Wraps what an operator returned and ends the call; a null handle becomes an exception that names the operands. */
    Tensor finish(MemorySegment handle) {
        if (handle.address() == 0) {
            throw failure();
        }
        Tensor result = own(handle);
        end();
        return result;
    }

    /** Wraps one of several results; the innermost scope owns it. */
    Tensor own(MemorySegment handle) {
        Tensor result = innermost.register(new Tensor(handle));
        LiveTensors.born(result);
        if (trace != null) {
            result.ownDType().ifPresent(dtype -> trace.recordResult(operator, dtype));
        }
        return result;
    }

    /** Ends the call that has failed. */
    TorchException failure() {
        String reason = frame.takeError();
        StringJoiner all = new StringJoiner(", ", " of ", "").setEmptyValue("");
        for (Tensor operand : operands) {
            if (operand != null) {
                all.add(operand.describe());
            }
        }
        end();
        return TorchException.refused(operator, all.toString(), reason);
    }
}
