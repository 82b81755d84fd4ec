package io.panatorch.cogvideox;

/**
 * A generation has come to NaN or infinity, of which no picture can be made. The message says where that began, such as the step,
 * and what to try.
 */
public final class NonFiniteException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    NonFiniteException(String message) {
        super(message);
    }
}
