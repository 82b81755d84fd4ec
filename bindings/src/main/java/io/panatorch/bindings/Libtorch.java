package io.panatorch.bindings;

import io.panatorch.bindings.generated.Panatorch;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The libtorch of this process. It is loaded once, at first use, and stays; other class loaders of the process use the same.
 *
 * @param version major.minor.patch
 * @param folder where its libraries are
 * @param source why that folder: a property, the environment, the run-time image, the class path, or that it was there
 * @param shim the file of the C shim
 * @param shimVersion the shim's own version
 * @param features bits of {@code pt_feature}
 */
public record Libtorch(
        String version, Path folder, String source, Path shim, String shimVersion, long features) {

    private static final String PRESENT = "loaded before in this process";

    private static volatile Libtorch loaded;

    /**
     * Loads libtorch and the shim, if that has not happened yet.
     *
     * @throws LibtorchLoadException where one is missing, too old, or does not load; the next call tries again
     */
    public static Libtorch load() {
        Libtorch present = loaded;
        return present != null ? present : loadOnce();
    }

    /** One class loader after the other: they share the shim, which another one must not ask or use while it loads. */
    private static synchronized Libtorch loadOnce() {
        if (loaded == null) {
            synchronized (ResourceCache.IN_PROCESS) {
                loaded = loadNow();
            }
        }
        return loaded;
    }

    /** Whether a bit of {@code pt_feature} is set. */
    public boolean has(int feature) {
        return (features & feature) != 0;
    }

    /**
     * Opens another library beside libtorch, such as one that registers operators with it. It stays open.
     *
     * @throws LibtorchLoadException where it does not open
     */
    public void open(Path library) {
        Shim.open(library.toAbsolutePath(), "cannot load "); // a bare name would be looked up in the system's folders
    }

    private static Libtorch loadNow() {
        ClassLoader loader = Libtorch.class.getClassLoader();
        Path image = Path.of(System.getProperty("java.home"), "lib", "panatorch");
        Path shim = Shim.load(image, loader);
        String source = PRESENT;
        if (Panatorch.pt_libtorch_version() == 0) { // otherwise it is there for another class loader
            takePresent();
            if (Panatorch.pt_libtorch_version() == 0) {
                LibtorchFinder.Found found = LibtorchFinder.find(System.getProperty(LibtorchFinder.PROPERTY),
                        System.getenv(LibtorchFinder.VARIABLE), image, loader);
                load(found);
                source = found.source();
            }
            limitThreads();
        }
        long version = Panatorch.pt_libtorch_version();
        String text = (version >> 16) + "." + (version >> 8 & 0xff) + "." + (version & 0xff);
        String shimVersion = NativeFrame.text(Panatorch.pt_version());
        Libtorch libtorch = new Libtorch(text, loadedFolder(), source, shim, shimVersion, Panatorch.pt_features());
        if (source.equals(PRESENT)) {
            libtorch.warnOfAnother();
        }
        return libtorch;
    }

    /** Takes the libtorch that something else has loaded into this process, if there is one: there cannot be two. */
    private static void takePresent() {
        String reason = refusal(List.of());
        if (reason != null) {
            throw new LibtorchLoadException(reason + " (" + PRESENT + ")");
        }
    }

    private static void load(LibtorchFinder.Found found) {
        String reason = refusal(found.libraries());
        if (reason != null) {
            throw new LibtorchLoadException(
                    reason + " (libtorch from " + found.source() + ")" + CacheFolder.adviceOnLoading(found.folder()));
        }
    }

    /** Why the shim does not load the libraries; null where it does. */
    private static String refusal(List<Path> libraries) {
        Optional<String> damage = libraries.stream().flatMap(path -> ElfFile.damage(path).stream()).findFirst();
        if (damage.isPresent()) {
            return "cannot load " + damage.get();
        }
        NativeFrame frame = new NativeFrame();
        MemorySegment[] paths = libraries.stream().map(frame::path).toArray(MemorySegment[]::new);
        boolean isLoaded = Panatorch.pt_load(frame.pointers(paths), paths.length, frame.error()) == 0;
        return isLoaded ? null : frame.takeError(NativeFrame.FILE_NAMES);
    }

    private void warnOfAnother() {
        LibtorchFinder.unused(System.getProperty(LibtorchFinder.PROPERTY), System.getenv(LibtorchFinder.VARIABLE), folder)
                .ifPresent(named -> System.getLogger(Libtorch.class.getName()).log(System.Logger.Level.WARNING, named
                        + ", which is not used: this process has libtorch " + version + " from " + folder
                        + " already, and cannot have two"));
    }

    private static void limitThreads() {
        int number = threads((int) Panatorch.pt_num_threads(), Runtime.getRuntime().availableProcessors(), System.getenv());
        Panatorch.pt_set_num_threads(number, new NativeFrame().error()); // where it cannot be set it is as libtorch has it
    }

    /**
     * How many threads an operator uses. libtorch takes a thread for each core of the machine; the process may be confined
     * to fewer processors, or a container to less time, and Java knows both. What the user has set for OpenMP, libtorch
     * has taken over, and it stays.
     */
    static int threads(int libtorchs, int available, Map<String, String> environment) {
        boolean isSet = Stream.of("OMP_NUM_THREADS", "MKL_NUM_THREADS")
                .anyMatch(name -> environment.getOrDefault(name, "").strip().matches("[1-9].*"));
        return isSet ? libtorchs : Math.min(libtorchs, available);
    }

    private static Path loadedFolder() {
        return Path.of(NativeFrame.text(Panatorch.pt_libtorch_path(), NativeFrame.FILE_NAMES)).getParent();
    }
}
