package io.panatorch.bindings;

import io.panatorch.bindings.generated.Panatorch;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/**
 * Native memory for the arguments of one downcall: small arrays that go in, and the place where an error comes out.
 *
 * <p>One frame belongs to one thread at a time and is used again for each call, so that a call allocates nothing. What
 * an array method returns is valid until the next {@link #reset()}.
 */
public final class NativeFrame {

    private static final long CAPACITY = 4096;

    // Automatic: frames live as long as their thread, and a thread's end tells nobody.
    private final Arena arena = Arena.ofAuto();
    private final MemorySegment error = arena.allocate(ValueLayout.ADDRESS);
    private final MemorySegment block = arena.allocate(CAPACITY, Long.BYTES);
    private long used;

    /** Holds what does not fit in the block, until the next call: nobody but this field keeps it from the collector. */
    private Arena overflow;

    /** Makes the whole frame free for the next call. */
    public NativeFrame reset() {
        used = 0;
        overflow = null;
        return this;
    }

    /** The {@code char **error} of a call. */
    public MemorySegment error() {
        return error;
    }

    /** A copy of the numbers as a C array of int64. */
    public MemorySegment longs(long... values) {
        MemorySegment array = allocate((long) values.length * Long.BYTES);
        MemorySegment.copy(values, 0, array, ValueLayout.JAVA_LONG, 0, values.length);
        return array;
    }

    /** A copy of the numbers as a C array of double. */
    public MemorySegment doubles(double... values) {
        MemorySegment array = allocate((long) values.length * Double.BYTES);
        MemorySegment.copy(values, 0, array, ValueLayout.JAVA_DOUBLE, 0, values.length);
        return array;
    }

    /** The addresses as a C array of pointers. */
    public MemorySegment pointers(MemorySegment... addresses) {
        MemorySegment array = pointers(addresses.length);
        for (int i = 0; i < addresses.length; i++) {
            array.setAtIndex(ValueLayout.ADDRESS, i, addresses[i]);
        }
        return array;
    }

    /** An array of {@code count} null pointers. */
    public MemorySegment pointers(int count) {
        return allocate((long) count * ValueLayout.ADDRESS.byteSize()).fill((byte) 0);
    }

    /** The text as a C string. */
    public MemorySegment string(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        MemorySegment copy = allocate(bytes.length + 1L);
        MemorySegment.copy(bytes, 0, copy, ValueLayout.JAVA_BYTE, 0, bytes.length);
        copy.set(ValueLayout.JAVA_BYTE, bytes.length, (byte) 0);
        return copy;
    }

    /** {@code bytes} of memory, aligned to eight. */
    public MemorySegment allocate(long bytes) {
        long start = used;
        long end = start + (bytes + Long.BYTES - 1) / Long.BYTES * Long.BYTES;
        if (end > CAPACITY) {
            if (overflow == null) {
                overflow = Arena.ofAuto();
            }
            return overflow.allocate(bytes, Long.BYTES);
        }
        used = end;
        return block.asSlice(start, bytes);
    }

    /** The text of the error that the last call reported; it is freed. To be called only after a failure. */
    public String takeError() {
        MemorySegment text = error.get(ValueLayout.ADDRESS, 0);
        error.set(ValueLayout.ADDRESS, 0, MemorySegment.NULL);
        return text.address() == 0 ? "no reason given" : takeText(text);
    }

    /** A copy of a text that the shim has made; the text is freed. */
    public static String takeText(MemorySegment text) {
        try {
            return text(text);
        } finally {
            Panatorch.pt_free(text);
        }
    }

    /** A copy of the C string at an address. */
    public static String text(MemorySegment address) {
        return address.reinterpret(Long.MAX_VALUE).getString(0);
    }

    /** The {@code bytes} bytes at a native address, which the caller knows to be there while it uses the result. */
    public static MemorySegment view(MemorySegment address, long bytes) {
        return address.reinterpret(bytes);
    }
}
