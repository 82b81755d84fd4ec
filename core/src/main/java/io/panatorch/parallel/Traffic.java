package io.panatorch.parallel;

/**
 * What a rank has exchanged.
 *
 * @param calls in which all ranks took part
 * @param bytes that this rank has sent: in each call its part, once for each of the others
 */
public record Traffic(long calls, long bytes) {

    /** Nothing. */
    public static final Traffic NONE = new Traffic(0, 0);

    /** {@return what was exchanged since} */
    public Traffic since(Traffic before) {
        return new Traffic(calls - before.calls, bytes - before.bytes);
    }
}
