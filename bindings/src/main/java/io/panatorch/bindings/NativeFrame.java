package io.panatorch.bindings;

import io.panatorch.bindings.generated.Panatorch;
import io.panatorch.bindings.generated.pt_value;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Native memory for the arguments of one downcall: small arrays that go in, and the place where an error comes out.
 *
 * <p>One frame belongs to one thread at a time and is used again for each call, so that a call allocates nothing. What
 * an array method returns is valid until the next {@link #reset()}.
 */
public final class NativeFrame {

    /** What the names of files are written in, and what the system's loader says about them. */
    static final Charset FILE_NAMES =
            Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"), StandardCharsets.UTF_8);

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
        return bytes(text.getBytes(StandardCharsets.UTF_8));
    }

    private MemorySegment bytes(byte[] bytes) {
        MemorySegment copy = allocate(bytes.length + 1L);
        MemorySegment.copy(bytes, 0, copy, ValueLayout.JAVA_BYTE, 0, bytes.length);
        copy.set(ValueLayout.JAVA_BYTE, bytes.length, (byte) 0);
        return copy;
    }

    /** A {@code pt_value} of a whole number. */
    public MemorySegment value(long number) {
        return integer(Panatorch.PT_INT(), number);
    }

    /** A {@code pt_value} of a boolean. */
    public MemorySegment value(boolean flag) {
        return integer(Panatorch.PT_BOOLEAN(), flag ? 1 : 0);
    }

    /** A {@code pt_value} of a number. */
    public MemorySegment value(double number) {
        MemorySegment value = integer(Panatorch.PT_DOUBLE(), 0);
        pt_value.number(value, number);
        return value;
    }

    private MemorySegment integer(int kind, long number) {
        MemorySegment value = allocate(pt_value.sizeof());
        pt_value.kind(value, kind);
        pt_value.length(value, 0);
        pt_value.integer(value, number);
        return value;
    }

    /** The path as a C string, in the encoding that the system's calls take names in. */
    public MemorySegment path(Path path) {
        return bytes(path.toAbsolutePath().toString().getBytes(FILE_NAMES));
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
        return takeError(StandardCharsets.UTF_8);
    }

    String takeError(Charset charset) {
        MemorySegment text = error.get(ValueLayout.ADDRESS, 0);
        error.set(ValueLayout.ADDRESS, 0, MemorySegment.NULL);
        return text.address() == 0 ? "no reason given" : takeText(text, charset);
    }

    /** A copy of a text that the shim has made, which is freed. */
    public static String takeText(MemorySegment text) {
        return takeText(text, StandardCharsets.UTF_8);
    }

    private static String takeText(MemorySegment text, Charset charset) {
        try {
            return text(text, charset);
        } finally {
            Panatorch.pt_free(text);
        }
    }

    /** A copy of the C string at an address. */
    public static String text(MemorySegment address) {
        return text(address, StandardCharsets.UTF_8);
    }

    /** Not {@code getString} alone, which knows the standard encodings only. */
    static String text(MemorySegment address, Charset charset) {
        MemorySegment endless = address.reinterpret(Long.MAX_VALUE);
        String bytes = endless.getString(0, StandardCharsets.ISO_8859_1);
        return new String(bytes.getBytes(StandardCharsets.ISO_8859_1), charset);
    }

    /** The {@code bytes} bytes at a native address, which the caller knows to be there while it uses the result. */
    public static MemorySegment view(MemorySegment address, long bytes) {
        return address.reinterpret(bytes);
    }

    /** The same memory, to be looked at until the arena closes. */
    public static MemorySegment readOnly(MemorySegment memory, Arena arena) {
        return memory.reinterpret(arena, null).asReadOnly();
    }
}
