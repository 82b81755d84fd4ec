package io.panatorch.tensor;

/** A tensor was used after it was closed: by itself, by its scope's end, or by its owner. */
public final class ClosedTensorException extends IllegalStateException {

    private static final long serialVersionUID = 1L;

    ClosedTensorException(String message) {
        super(message);
    }
}
