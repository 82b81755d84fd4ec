package io.panatorch.bindings;

import io.panatorch.bindings.generated.Panatorch;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The C shim and where its functions are.
 *
 * <p>It is opened by its path, and never closed. So every class loader of a JVM that has these classes gets its functions,
 * those of its own build where builds differ, and a class loader that is collected takes nothing away under libtorch.
 */
public final class Shim {

    private static final String FILE = "libpanatorch.so";
    private static final String RESOURCE = "panatorch/" + Platform.current() + "/" + FILE;
    private static final String CANNOT = "cannot load the native part: ";
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
        SymbolLookup found = open(file, CANNOT);
        List<String> missing = functions().filter(name -> found.find(name).isEmpty()).toList();
        if (!missing.isEmpty()) {
            throw new LibtorchLoadException(CANNOT + (isIn(image) ? file : loader.getResource(RESOURCE)) + " lacks "
                    + missing.size() + " of its functions, such as " + missing.getFirst()
                    + ": panatorch-native must be of the same version as panatorch-bindings, and first on the class path");
        }
        functions = found;
        opened = file;
        return file;
    }

    /** The names of all functions of the shim that there are bindings of. */
    private static Stream<String> functions() {
        return Arrays.stream(Panatorch.class.getMethods())
                .map(Method::getName)
                .filter(name -> name.startsWith("pt_") && !name.contains("$"))
                .sorted();
    }

    /**
     * Opens a library, which stays open.
     *
     * @param cannot what the message begins with where it does not open
     */
    static SymbolLookup open(Path library, String cannot) {
        String reason = ElfFile.damage(library).orElse(null);
        try {
            if (reason == null) {
                return SymbolLookup.libraryLookup(library.toString(), Arena.global());
            }
        } catch (IllegalCallerException e) {
            throw new LibtorchLoadException("native access is not allowed: start java with --enable-native-access="
                    + nativeAccessName(), e);
        } catch (IllegalArgumentException e) { // tells the path alone
            reason = reason(new NativeFrame().path(library));
        }
        throw new LibtorchLoadException(cannot + reason + CacheFolder.adviceOnLoading(library.getParent()));
    }

    private static Path unpack(Path image, ClassLoader loader) {
        if (loader.getResource(RESOURCE) == null) {
            throw new LibtorchLoadException("no native part for this platform: there is neither " + FILE + " in "
                    + image + " nor " + RESOURCE + " on the class path; panatorch-native must be there, built for "
                    + Platform.current());
        }
        try {
            return ResourceCache.unpack("shim", List.of(RESOURCE), loader).resolve(FILE);
        } catch (IOException e) {
            throw new LibtorchLoadException(CANNOT + e.getMessage(), e);
        }
    }

    /** Why a library does not open, in the words of the system's loader. */
    static String reason(MemorySegment library) {
        Linker linker = Linker.nativeLinker();
        SymbolLookup system = linker.defaultLookup();
        try {
            var open = linker.downcallHandle(system.find("dlopen").orElseThrow(),
                    FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
            var error = linker.downcallHandle(
                    system.find("dlerror").orElseThrow(), FunctionDescriptor.of(ValueLayout.ADDRESS));
            var opened = (MemorySegment) open.invokeExact(library, RTLD_NOW);
            var words = (MemorySegment) error.invokeExact();
            return NativeFrame.text(opened.address() == 0 && words.address() != 0 ? words : library, NativeFrame.FILE_NAMES);
        } catch (Throwable e) { // that of invokeExact; the functions throw nothing
            throw new IllegalStateException(e);
        }
    }

    private static String nativeAccessName() {
        Module module = Shim.class.getModule();
        return module.isNamed() ? module.getName() : "ALL-UNNAMED";
    }
}
