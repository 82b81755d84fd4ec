package io.panatorch.bindings;

import io.panatorch.bindings.generated.Panatorch;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;

/**
 * The libtorch of this process. It is loaded once, at first use, and stays.
 *
 * @param version major.minor.patch
 * @param folder where its libraries are
 * @param source why that folder: a property, the environment, or the class path
 * @param shim the file of the C shim
 * @param shimVersion the shim's own version
 * @param features bits of {@code pt_feature}
 */
public record Libtorch(
        String version, Path folder, String source, Path shim, String shimVersion, long features) {

    private static final String SHIM = "libpanatorch.so";

    /** Loading happens in this class's initialiser, so that it is done by one thread while others wait. */
    private static final class Holder {
        static final Libtorch LOADED;
        static final RuntimeException FAILURE;

        static {
            Libtorch loaded = null;
            RuntimeException failure = null;
            try {
                loaded = loadNow();
            } catch (RuntimeException e) { // kept, so that each caller sees the reason and not only the first
                failure = e;
            }
            LOADED = loaded;
            FAILURE = failure;
        }
    }

    /**
     * Loads libtorch and the shim, if that has not happened yet.
     *
     * @throws LibtorchLoadException where one is missing, too old, or does not load
     */
    public static Libtorch load() {
        if (Holder.FAILURE != null) {
            throw Holder.FAILURE;
        }
        return Holder.LOADED;
    }

    /** Whether a bit of {@code pt_feature} is set. */
    public boolean has(int feature) {
        return (features & feature) != 0;
    }

    private static Libtorch loadNow() {
        ClassLoader loader = Libtorch.class.getClassLoader();
        Path shim = loadShim(loader);
        LibtorchFinder.Found found = LibtorchFinder.find(
                System.getProperty(LibtorchFinder.PROPERTY), System.getenv(LibtorchFinder.VARIABLE), loader);
        NativeFrame frame = new NativeFrame();
        List<Path> libraries = found.libraries();
        MemorySegment[] paths =
                libraries.stream().map(path -> frame.string(path.toString())).toArray(MemorySegment[]::new);
        if (Panatorch.pt_load(frame.pointers(paths), paths.length, frame.error()) != 0) {
            throw new LibtorchLoadException(frame.takeError() + " (libtorch from " + found.source() + ")");
        }
        long version = Panatorch.pt_libtorch_version();
        String text = (version >> 16) + "." + (version >> 8 & 0xff) + "." + (version & 0xff);
        String shimVersion = NativeFrame.text(Panatorch.pt_version());
        return new Libtorch(text, found.folder(), found.source(), shim, shimVersion, Panatorch.pt_features());
    }

    private static Path loadShim(ClassLoader loader) {
        String resource = "panatorch/" + Platform.current() + "/" + SHIM;
        if (loader.getResource(resource) == null) {
            throw new LibtorchLoadException("no native part for this platform: " + resource
                    + " is not on the class path; panatorch-native must be there, built for " + Platform.current());
        }
        try {
            Path file = ResourceCache.unpack("shim", List.of(resource), loader).resolve(SHIM);
            System.load(file.toAbsolutePath().toString());
            return file;
        } catch (IOException | UnsatisfiedLinkError e) {
            throw new LibtorchLoadException("cannot load the native part: " + e.getMessage(), e);
        } catch (IllegalCallerException e) {
            throw new LibtorchLoadException("native access is not allowed: start java with --enable-native-access="
                    + nativeAccessName(), e);
        }
    }

    private static String nativeAccessName() {
        Module module = Libtorch.class.getModule();
        return module.isNamed() ? module.getName() : "ALL-UNNAMED";
    }
}
