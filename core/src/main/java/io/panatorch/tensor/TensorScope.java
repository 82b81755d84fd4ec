package io.panatorch.tensor;

import java.util.ArrayList;

/**
 * Owns tensors for a stretch of code.
 *
 * <p>The garbage collector does not see native memory, so it must not decide when that memory goes. A scope does: every new
 * tensor belongs to the innermost scope that is open on its thread, whatever its operands belong to, and the end of the
 * scope frees what is left, youngest first, also when an exception passes. One verb lets a result survive:
 *
 * <pre>{@code
 * Tensor mlp(Tensor x) {
 *     try (var scope = TensorScope.open()) {
 *         Tensor hidden = up.forward(x).gelu();          // freed at the end
 *         return scope.promote(down.forward(hidden));    // moves to the scope around this one
 *     }
 * }
 * }</pre>
 *
 * <p>Python frees a temporary at its last use, a scope at its end: keep scopes small and {@linkplain Tensor#close() close}
 * a large temporary early where memory counts. A tensor that must outlive all scopes (a weight, a cached output) belongs to
 * a {@link TensorOwner}.
 *
 * <p>The end of a scope also passes on what libtorch has warned of meanwhile, to the {@link System.Logger} named
 * {@code io.panatorch}: each text the first time as {@code WARNING}, from then on as {@code DEBUG}. libtorch prints it no more.
 *
 * <p>A scope is confined to the thread that opened it, and scopes are closed in the reverse order of opening, which
 * try-with-resources does by itself.
 */
public final class TensorScope implements AutoCloseable {

    private static final int COMPACT_FROM = 64;

    private static final ArrayList<Tensor> NONE = new ArrayList<>(0);

    private final CallState state;
    private final TensorScope outer;
    private ArrayList<Tensor> tensors = new ArrayList<>();
    private int closedEarly;
    private boolean closed;

    private TensorScope(CallState state) {
        this.state = state;
        this.outer = state.innermost;
    }

    /**
     * Opens a scope inside the innermost one of this thread.
     *
     * @throws TorchException where libtorch cannot be loaded
     */
    public static TensorScope open() {
        CallState state = CallState.ofThread();
        TensorScope scope = new TensorScope(state);
        state.innermost = scope;
        return scope;
    }

    /** One for the steps of an operator, inside the scope that is to own its result. */
    static TensorScope openFor(String operator) {
        CallState.requireScope(operator);
        return open();
    }

    /**
     * Moves a tensor of this scope to the scope around it, which frees it at its own end.
     *
     * @return the same tensor
     * @throws IllegalStateException where there is no scope around this one, or the tensor is closed or belongs to another
     *     owner
     */
    public Tensor promote(Tensor tensor) {
        checkThread();
        if (outer == null) {
            throw new IllegalStateException("promote: there is no scope around this one to take " + tensor.describe());
        }
        if (tensor.isClosed()) {
            throw new IllegalStateException("promote: " + tensor.describe());
        }
        if (tensor.owner != this) {
            throw new IllegalStateException("promote: " + tensor.describe() + " does not belong to this scope");
        }
        tensors.remove(tensors.lastIndexOf(tensor));
        outer.register(tensor);
        return tensor;
    }

    /** {@return how many tensors this scope would free now} */
    public int size() {
        return tensors.size() - closedEarly;
    }

    /**
     * Frees the tensors of this scope, youngest first. Closing a closed scope does nothing.
     *
     * @throws IllegalStateException on another thread than that which opened it, where nothing is freed; or where a scope inside
     *     this one is still open, which is freed and closed with it, so that the thread can go on
     */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        checkThread();
        int leftOpen = 0;
        for (TensorScope inner = state.innermost; inner != this; inner = inner.outer) {
            inner.release();
            leftOpen++;
        }
        release();
        Warnings.log();
        if (leftOpen > 0) {
            throw new IllegalStateException("scopes are closed in the reverse order of opening: " + leftOpen + " inside this one "
                    + (leftOpen == 1 ? "was" : "were") + " still open, and freed with it; close each, as with"
                    + " try (var scope = TensorScope.open())");
        }
    }

    void release() {
        closed = true;
        state.end();
        state.innermost = outer;
        for (int i = tensors.size() - 1; i >= 0; i--) {
            tensors.get(i).retire();
        }
        tensors = NONE;
        closedEarly = 0;
    }

    /** Before there is a result: that there is a place for it, since afterwards it would be lost. */
    void reserve() {
        tensors.ensureCapacity(tensors.size() + 1);
    }

    Tensor register(Tensor tensor) {
        tensor.owner = this;
        tensors.add(tensor);
        return tensor;
    }

    boolean isOf(CallState thread) {
        return state == thread;
    }

    void close(Tensor tensor) {
        checkThread();
        if (tensor.retire()) {
            closedEarly();
        }
    }

    /** A tensor of this scope was closed early; its place in the list is given back once half of the list is such places. */
    private void closedEarly() {
        closedEarly++;
        if (tensors.size() >= COMPACT_FROM && closedEarly > tensors.size() / 2) {
            tensors.removeIf(Tensor::isClosed);
            closedEarly = 0;
        }
    }

    private void checkThread() {
        if (CallState.ofThread() != state) {
            throw new IllegalStateException("a TensorScope is confined to the thread that opened it");
        }
    }
}
