package io.panatorch.tensor;

/**
 * libtorch could not be loaded or refused an operation. The message names the operation and its operands' shapes, dtypes
 * and devices, and ends with libtorch's own words.
 */
public final class TorchException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** @param message what was attempted, on what, and why it failed */
    public TorchException(String message) {
        super(message);
    }

    /** @param message what was attempted, on what, and why it failed */
    public TorchException(String message, Throwable cause) {
        super(message, cause);
    }
}
