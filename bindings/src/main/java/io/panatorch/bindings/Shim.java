package io.panatorch.bindings;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The C shim and where its functions are.
 *
 * <p>It is opened by its path, and never closed. So every class loader of a JVM that has these classes gets its functions,
 * those of its own build where builds differ, and a class loader that is collected takes nothing away under libtorch.
 */
public final class Shim {

    private static final String FILE = "libpanatorch.so";
    private static final int RTLD_NOW = 2;

    private static volatile SymbolLookup functions = name -> Optional.empty();
    private static Path opened;

    private Shim() {}

    /** The address of a function of the shim; empty for others, and before {@link Libtorch#load()}. */
    public static Optional<MemorySegment> find(String function) {
        return functions.find(function);
    }

    /** Whether the folder of a run-time image's native parts has the shim, which makes it one. */
    static boolean isIn(Path image) {
        return Files.isRegularFile(image.resolve(FILE));
    }

    /**
     * Opens the shim: that of the run-time image, else the one on the class path. Once open it stays the one of this class
     * loader, which {@link Libtorch} sees to by asking on one thread at a time.
     *
     * @param image the folder of a run-time image's native parts, whether or not it exists
     * @return its file
     */
    static Path load(Path image, ClassLoader loader) {
        if (opened != null) {
            return opened;
        }
        Path file = isIn(image) ? image.resolve(FILE) : unpack(image, loader);
        try {
            functions = SymbolLookup.libraryLookup(file, Arena.global());
            opened = file;
            return file;
        } catch (IllegalCallerException e) {
            throw new LibtorchLoadException("native access is not allowed: start java with --enable-native-access="
                    + nativeAccessName(), e);
        } catch (IllegalArgumentException e) { // tells the path alone
            throw new LibtorchLoadException(
                    "cannot load the native part: " + reason(file.toString()) + CacheFolder.adviceOnLoading(file.getParent()), e);
        }
    }

    private static Path unpack(Path image, ClassLoader loader) {
        String resource = "panatorch/" + Platform.current() + "/" + FILE;
        if (loader.getResource(resource) == null) {
            throw new LibtorchLoadException("no native part for this platform: there is neither " + FILE + " in "
                    + image + " nor " + resource + " on the class path; panatorch-native must be there, built for "
                    + Platform.current());
        }
        try {
            return ResourceCache.unpack("shim", List.of(resource), loader).resolve(FILE);
        } catch (IOException e) {
            throw new LibtorchLoadException("cannot load the native part: " + e.getMessage(), e);
        }
    }

    /** Why a library does not open, in the words of the system's loader. */
    static String reason(String library) {
        Linker linker = Linker.nativeLinker();
        SymbolLookup system = linker.defaultLookup();
        try (Arena arena = Arena.ofConfined()) {
            var open = linker.downcallHandle(system.find("dlopen").orElseThrow(),
                    FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
            var error = linker.downcallHandle(
                    system.find("dlerror").orElseThrow(), FunctionDescriptor.of(ValueLayout.ADDRESS));
            var opened = (MemorySegment) open.invokeExact(arena.allocateFrom(library), RTLD_NOW);
            var words = (MemorySegment) error.invokeExact();
            return opened.address() == 0 && words.address() != 0 ? NativeFrame.text(words) : library;
        } catch (Throwable e) { // that of invokeExact; the functions throw nothing
            throw new IllegalStateException(e);
        }
    }

    private static String nativeAccessName() {
        Module module = Shim.class.getModule();
        return module.isNamed() ? module.getName() : "ALL-UNNAMED";
    }
}
