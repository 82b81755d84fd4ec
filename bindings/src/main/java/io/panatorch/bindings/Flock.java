package io.panatorch.bindings;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The lock of {@code flock(2)}, which is that of Python's filelock and of most programs. Java's own locks are those of {@code
 * fcntl(2)}, which the others do not see. It is held by one open of a file: another thread of this process does not have it either,
 * and a process that is killed does not leave it behind.
 */
public final class Flock implements AutoCloseable {

    private static final int READ_WRITE = 2;
    private static final int CREATE_AND_CLOSE_ON_EXEC = 0x40 | 0x80000; // Linux's
    private static final int GROUP_MAY_WRITE = 0b110_110_100;
    private static final int EXCLUSIVE = 2;
    private static final int WITHOUT_WAITING = 4;

    private static final int TRY_AGAIN = 11; // EAGAIN
    private static final int NO_SUCH_FOLDER = 2; // ENOENT

    private static final Linker LINKER = Linker.nativeLinker();
    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

    private static final MethodHandle OPEN = handle("open",
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT),
            Linker.Option.firstVariadicArg(2), Linker.Option.captureCallState("errno"));
    private static final MethodHandle FLOCK = handle("flock",
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT),
            Linker.Option.captureCallState("errno"));
    private static final MethodHandle CLOSE = handle("close", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));

    private int descriptor;

    private Flock(int descriptor) {
        this.descriptor = descriptor;
    }

    private static MethodHandle handle(String name, FunctionDescriptor type, Linker.Option... options) {
        return LINKER.downcallHandle(LINKER.defaultLookup().find(name).orElseThrow(), type, options);
    }

    /**
     * {@return the lock, or nothing while another has it; to be closed by the caller} On a file system that has no such locks it is
     * one that keeps nobody out.
     *
     * @param file which is created where it is not there, and stays
     * @throws IOException where the file can be neither opened nor created
     */
    public static Optional<Flock> tryAcquire(Path file) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            MemorySegment name = new NativeFrame().path(file);
            int descriptor = (int) OPEN.invokeExact(state, name, READ_WRITE | CREATE_AND_CLOSE_ON_EXEC, GROUP_MAY_WRITE);
            if (descriptor < 0) {
                throw failure(file, errno(state));
            }
            Flock lock = new Flock(descriptor);
            int refused = (int) FLOCK.invokeExact(state, descriptor, EXCLUSIVE | WITHOUT_WAITING);
            if (refused != 0 && errno(state) == TRY_AGAIN) {
                lock.close();
                return Optional.empty();
            }
            return Optional.of(lock);
        } catch (IOException | RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) { // that of invokeExact; the functions throw nothing
            throw new IllegalStateException(e);
        }
    }

    private static int errno(MemorySegment state) {
        return (int) ERRNO.get(state, 0L);
    }

    private static FileSystemException failure(Path file, int errno) {
        return new FileSystemException(file.toString(), null, "a lock cannot be made there: "
                + (errno == NO_SUCH_FOLDER ? "the folder does not exist" : "error " + errno + " of the system")
                + "; choose a folder that you may write to");
    }

    /** Gives it back. Closing it again does nothing. */
    @Override
    public synchronized void close() {
        if (descriptor < 0) {
            return;
        }
        try {
            int _ = (int) CLOSE.invokeExact(descriptor);
            descriptor = -1;
        } catch (Throwable e) { // as above
            throw new IllegalStateException(e);
        }
    }
}
