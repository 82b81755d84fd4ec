package io.panatorch.bindings;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The processes that an MPI has started together, as one communicator of their own. What they exchange goes as bytes.
 *
 * <p>MPI's handles are of a type that each implementation chooses. Open MPI's are addresses of objects that it exports; those of the
 * standard ABI (MPI 5.0, chapter 20; {@code mpi.h} of mpi-forum/mpi-abi-stubs) are small numbers. Both are passed as pointers.
 *
 * <p>MPI is asked for serialized threads, and so all calls but {@link #abort} take one lock, whichever communicator they are for.
 */
public final class Mpi {

    /** The property that names another library, by its path, or by the name that the system's loader looks for. */
    public static final String PROPERTY = "panatorch.mpi";

    private static final String STANDARD = "libmpi_abi.so";
    private static final String OPEN_MPI_WORLD = "ompi_mpi_comm_world";
    private static final List<String> NAMES = List.of("libmpi.so.40", STANDARD + ".1", STANDARD, "libmpi.so");

    private static final int MAX_ERROR_STRING = 512; // the larger one: Open MPI's is 256

    /** A library that is not there, or a call that failed, in one line. */
    public static final class Failure extends Exception {

        private static final long serialVersionUID = 1L;

        Failure(String message) {
            super(message);
        }
    }

    /**
     * What stands for constants of {@code mpi.h}.
     *
     * @param world MPI_COMM_WORLD
     * @param bytes MPI_BYTE
     * @param returned MPI_ERRORS_RETURN
     * @param serialized MPI_THREAD_SERIALIZED
     */
    private record Constants(MemorySegment world, MemorySegment bytes, MemorySegment returned, int serialized) {}

    private final SymbolLookup functions;
    private final Constants constants;
    private final Map<String, MethodHandle> handles = new ConcurrentHashMap<>();
    private boolean isOwn; // started here
    private MemorySegment communicator;

    private Mpi(SymbolLookup functions, Constants constants) {
        this.functions = functions;
        this.constants = constants;
    }

    /**
     * Starts the process's MPI, or takes part in one that runs already; all processes do so together. To be {@link #close closed}.
     *
     * @param named what {@link #PROPERTY} says, or null
     * @param given the communicator of a program that has one, as its MPI's C handle; 0 for that of all processes
     */
    public static Mpi open(String named, long given) throws Failure {
        Mpi mpi = load(named == null ? NAMES : List.of(named));
        synchronized (Mpi.class) {
            mpi.start();
            try {
                mpi.join(given == 0 ? mpi.constants.world : MemorySegment.ofAddress(given));
            } catch (Failure e) {
                mpi.finish();
                throw e;
            }
        }
        return mpi;
    }

    private static Mpi load(List<String> names) throws Failure {
        for (String name : names) {
            Optional<SymbolLookup> library = library(name);
            if (library.isPresent()) {
                return new Mpi(library.get(), constants(name, library.get()));
            }
        }
        String reason = Shim.reason(new NativeFrame().string(names.getFirst()));
        throw new Failure("no MPI is there (" + reason + "): install Open MPI, as by apt-get install openmpi-bin, or name its library by -D"
                + PROPERTY);
    }

    private static Optional<SymbolLookup> library(String name) {
        try {
            return Optional.of(SymbolLookup.libraryLookup(name, Arena.global()));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** By the name first: a library of the standard ABI may come with one of Open MPI's own, whose objects are found through it. */
    private static Constants constants(String name, SymbolLookup library) throws Failure {
        if (Path.of(name).getFileName().toString().startsWith(STANDARD)) {
            return new Constants(handle(0x101), handle(0x247), handle(0x143), 2048);
        }
        if (library.find(OPEN_MPI_WORLD).isEmpty()) {
            throw new Failure("the MPI " + name + " has handles of its own: expected Open MPI, or a library of MPI's standard ABI, "
                    + STANDARD + "; name one by -D" + PROPERTY);
        }
        return new Constants(object(library, OPEN_MPI_WORLD), object(library, "ompi_mpi_byte"),
                object(library, "ompi_mpi_errors_return"), 2);
    }

    private static MemorySegment handle(long number) {
        return MemorySegment.ofAddress(number);
    }

    private static MemorySegment object(SymbolLookup library, String name) throws Failure {
        return library.find(name).orElseThrow(() -> new Failure("the MPI has no " + name));
    }

    private void start() throws Failure {
        if (number("MPI_Finalized") != 0) {
            throw new Failure("MPI has ended in this process, and starts only once");
        }
        isOwn = number("MPI_Initialized") == 0;
        int level;
        if (isOwn) {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment provided = arena.allocate(ValueLayout.JAVA_INT);
                call("MPI_Init_thread", MemorySegment.NULL, MemorySegment.NULL, constants.serialized, provided);
                level = provided.get(ValueLayout.JAVA_INT, 0);
            }
        } else {
            level = number("MPI_Query_thread");
        }
        if (level < constants.serialized) {
            finish();
            throw new Failure("MPI was started for one thread of the process: expected MPI_THREAD_SERIALIZED or more");
        }
    }

    /** A copy, so that nothing here meets messages of the program itself, and its failures are returned here alone. */
    private void join(MemorySegment given) throws Failure {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment copy = arena.allocate(ValueLayout.ADDRESS);
            call("MPI_Comm_dup", given, copy);
            communicator = copy.get(ValueLayout.ADDRESS, 0);
            call("MPI_Comm_set_errhandler", communicator, constants.returned);
        }
    }

    /** {@return which of the processes this is, from 0} */
    public int rank() throws Failure {
        return number("MPI_Comm_rank", communicator);
    }

    /** {@return how many processes there are} */
    public int size() throws Failure {
        return number("MPI_Comm_size", communicator);
    }

    /**
     * Gives a part to all processes and gets those of all, in the order of their ranks. It waits for all of them.
     *
     * @param part as many bytes in each process
     * @param all native memory for those of all
     */
    public void allGather(MemorySegment part, MemorySegment all) throws Failure {
        if (part.byteSize() > Integer.MAX_VALUE) {
            throw new Failure("expected at most " + Integer.MAX_VALUE + " bytes of a process at once, found " + part.byteSize());
        }
        int count = (int) part.byteSize();
        synchronized (Mpi.class) {
            call("MPI_Allgather", part, count, constants.bytes, all, count, constants.bytes, communicator);
        }
    }

    /** Ends all processes, this one too, which runs no shutdown hooks then. */
    public void abort(int status) throws Failure {
        call("MPI_Abort", communicator, status);
    }

    /** Leaves, and ends the process's MPI if it was started here, for which it waits for all processes. */
    public void close() throws Failure {
        synchronized (Mpi.class) {
            if (number("MPI_Finalized") != 0) {
                return; // by the program that started it
            }
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment freed = arena.allocate(ValueLayout.ADDRESS);
                freed.set(ValueLayout.ADDRESS, 0, communicator);
                call("MPI_Comm_free", freed);
            }
            finish();
        }
    }

    private void finish() throws Failure {
        if (isOwn) {
            call("MPI_Finalize");
        }
    }

    /** A function whose last parameter is where an int goes. */
    private int number(String function, Object... arguments) throws Failure {
        synchronized (Mpi.class) {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment result = arena.allocate(ValueLayout.JAVA_INT);
                Object[] all = Arrays.copyOf(arguments, arguments.length + 1);
                all[arguments.length] = result;
                call(function, all);
                return result.get(ValueLayout.JAVA_INT, 0);
            }
        }
    }

    private void call(String function, Object... arguments) throws Failure {
        int status = status(function, arguments);
        if (status != 0) {
            throw new Failure("MPI fails (" + function + ": " + error(status) + ")");
        }
    }

    private String error(int status) throws Failure {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocate(MAX_ERROR_STRING);
            boolean isTold = status("MPI_Error_string", status, text, arena.allocate(ValueLayout.JAVA_INT)) == 0;
            return isTold ? text.getString(0) : "error " + status;
        }
    }

    /** Calls a function of ints and pointers; all of them return an error or 0. */
    private int status(String function, Object... arguments) throws Failure {
        MethodHandle handle = handles.get(function);
        if (handle == null) {
            MemorySegment address = functions.find(function).orElseThrow(() -> new Failure("the MPI has no function " + function));
            MemoryLayout[] parameters = Arrays.stream(arguments)
                    .map(argument -> argument instanceof Integer ? ValueLayout.JAVA_INT : ValueLayout.ADDRESS)
                    .toArray(MemoryLayout[]::new);
            handle = Linker.nativeLinker().downcallHandle(address, FunctionDescriptor.of(ValueLayout.JAVA_INT, parameters));
            handles.put(function, handle);
        }
        try {
            return (int) handle.invokeWithArguments(arguments);
        } catch (Throwable e) { // that of invokeWithArguments; the functions throw nothing
            throw new IllegalStateException(e);
        }
    }
}
