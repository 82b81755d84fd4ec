package io.panatorch.cogvideox.hub;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/**
 * What the hub does not give, or cannot be reached for. The message is one line that names the model and says what to do where there is
 * something; it never has a token, nor the address of a redirect, which may be a key itself.
 */
public final class HubException extends IOException {

    private static final long serialVersionUID = 1L;

    /** What it means for whoever asked. */
    enum Kind {
        /** It may be otherwise in a moment: no connection, silence, a hub that is busy or broken. */
        TRANSIENT,
        /** The hub does not give it to this user. What it gave before may be used. */
        REFUSED,
        /** The same, and nothing is known of such a model: it may be meant as something else. */
        UNKNOWN,
        /** There is no such thing. */
        MISSING
    }

    private final Kind kind;
    /** Null where the hub did not say. */
    private final Duration retryAfter;
    /** Null where it is not about a file of a commit. */
    private final String commit;

    HubException(Kind kind, String message) {
        this(kind, message, null);
    }

    HubException(Kind kind, String message, Throwable cause) {
        this(kind, message, cause, null, null);
    }

    private HubException(Kind kind, String message, Throwable cause, Duration retryAfter, String commit) {
        super(message, cause);
        this.kind = kind;
        this.retryAfter = retryAfter;
        this.commit = commit;
    }

    /** The hub is busy, and may have said when to come back. */
    static HubException busy(String message, Optional<Duration> retryAfter) {
        return new HubException(Kind.TRANSIENT, message, null, retryAfter.orElse(null), null);
    }

    /** A commit has no such file; the hub may have said which commit. */
    static HubException missingFile(String message, Optional<String> commit) {
        return new HubException(Kind.MISSING, message, null, null, commit.orElse(null));
    }

    /** {@return the same, with more at the end of its message} */
    HubException with(String more) {
        return new HubException(kind, getMessage() + more, this, retryAfter, commit);
    }

    boolean isUnknown() {
        return kind == Kind.UNKNOWN;
    }

    boolean isTransient() {
        return kind == Kind.TRANSIENT;
    }

    boolean isMissing() {
        return kind == Kind.MISSING;
    }

    /** {@return when the hub asks to be asked again} */
    Optional<Duration> retryAfter() {
        return Optional.ofNullable(retryAfter);
    }

    /** {@return the commit that does not have the file that was asked for} */
    Optional<String> missingIn() {
        return Optional.ofNullable(commit);
    }
}
