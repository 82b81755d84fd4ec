package io.panatorch.bindings;

/** libtorch or the shim could not be loaded; the message says what was looked for, where, and what to do. */
public final class LibtorchLoadException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    LibtorchLoadException(String message) {
        super(message);
    }

    LibtorchLoadException(String message, Throwable cause) {
        super(message, cause);
    }
}
