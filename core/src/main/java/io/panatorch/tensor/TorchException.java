package io.panatorch.tensor;

import java.util.Objects;

/**
 * libtorch could not be loaded or refused an operation. The message is one line: the operation, its operands' shapes, dtypes
 * and devices, and libtorch's own words about what is wrong. {@link #kind()} is for programs, {@link #details()} for who
 * needs every word.
 */
public final class TorchException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /**
     * Kinds of failures, by what can be done about them. libtorch tells them apart by its words alone, and hands these over
     * from 2.13 on: what an older one refuses is {@link #OTHER}.
     */
    public enum Kind {
        /**
         * There is not enough memory, in main memory or on a GPU: close tensors, or ask for less. On a GPU there is no use in
         * trying the same again: libtorch has freed all that it kept there for later tensors, and tried again, before it
         * says so.
         */
        OUT_OF_MEMORY,
        /**
         * Tensors are on different devices, or a device is not there or cannot do its work. Where a kernel has failed on a
         * GPU, the process cannot use that GPU any more.
         */
        DEVICE,
        /** Sizes or dimensions do not fit, each other or the operator. */
        SHAPE,
        /** Dtypes do not fit, each other or the operator: {@link Tensor#to(DType)} converts. */
        DTYPE,
        /** There is no such operator, or it cannot do this, or not here. */
        UNSUPPORTED,
        /** A native library is missing, too old, or does not load. */
        LOADING,
        /** What is none of these, such as an index that is out of range. */
        OTHER
    }

    private final Kind kind;
    private final String details;

    /** @param message what was attempted, on what, and why it failed */
    public TorchException(Kind kind, String message) {
        this(kind, message, message, null);
    }

    /** @param message what was attempted, on what, and why it failed */
    public TorchException(Kind kind, String message, Throwable cause) {
        this(kind, message, message, cause);
    }

    private TorchException(Kind kind, String message, String details, Throwable cause) {
        super(message, cause);
        this.kind = Objects.requireNonNull(kind, "kind");
        this.details = details;
    }

    /**
     * @param operator its name, which the shim's text may begin with
     * @param operands the rest of what was attempted
     * @param text the shim's, with libtorch's words
     */
    static TorchException refused(String operator, String operands, String text) {
        String words = withoutName(text, operator).strip();
        Refusal refusal = Refusal.of(words);
        String message = operator + operands + ": " + refusal.summary();
        return new TorchException(refusal.kind(), message, refusal.summary().equals(words) ? message : words, null);
    }

    static TorchException unsupported(String message) {
        return new TorchException(Kind.UNSUPPORTED, message);
    }

    private static String withoutName(String text, String operator) {
        for (String prefix : new String[] {"aten::" + operator + ": ", operator + ": "}) {
            if (text.startsWith(prefix)) {
                return text.substring(prefix.length());
            }
        }
        return text;
    }

    /** {@return what kind of failure this is} */
    public Kind kind() {
        return kind;
    }

    /** {@return all that libtorch says, which may take many lines; the message where nothing of that is missing there} */
    public String details() {
        return details;
    }
}
