package io.panatorch.parallel;

/** Ranks could not be started, or could not exchange something; the message is one line. */
public final class RanksException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    RanksException(Throwable cause) {
        super(cause.getMessage(), cause);
    }
}
