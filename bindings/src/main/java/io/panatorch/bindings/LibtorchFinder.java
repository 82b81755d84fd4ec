package io.panatorch.bindings;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.stream.Stream;

/**
 * Decides which libtorch to load: the one that the system property {@value #PROPERTY} names, else the one that the
 * environment variable {@value #VARIABLE} names, else the one in a run-time image, else the natives on the class path.
 *
 * <p>A run-time image is a JDK made by jlink or jpackage that has the native parts in its folder {@code lib/panatorch}:
 * the shim, {@code libpanatorch.so}, without which the folder is not looked at, and side by side with it the libraries of
 * libtorch and those that it needs. They are loaded from there, nothing is unpacked.
 */
final class LibtorchFinder {

    static final String PROPERTY = "panatorch.libtorch";
    static final String VARIABLE = "LIBTORCH";

    /** Loaded before libtorch where they lie beside it, dependencies first: the jars' libraries carry no search path. */
    private static final List<String> COMPANIONS =
            List.of("libgomp.so.1", "libquadmath.so.0", "libgfortran.so.5", "libopenblas.so.0", "libc10.so");

    private static final String MAIN = "libtorch_cpu.so";
    private static final String CUDA = "libtorch_cuda.so";

    /**
     * @param source where it comes from, for people
     * @param libraries paths in loading order
     */
    record Found(String source, Path folder, List<Path> libraries) {}

    private LibtorchFinder() {}

    /**
     * @param property the value of {@value #PROPERTY}, or null
     * @param variable the value of {@value #VARIABLE}, or null
     * @param image the folder of a run-time image's native parts, whether or not it exists
     * @param loader finds the natives on the class path
     */
    static Found find(String property, String variable, Path image, ClassLoader loader) {
        if (property != null && !property.isEmpty()) {
            return named(property, "-D" + PROPERTY);
        }
        if (variable != null && !variable.isEmpty()) {
            return named(variable, "environment variable " + VARIABLE);
        }
        if (Shim.isIn(image) && hasLibtorch(image)) {
            return inFolder(image, "the run-time image");
        }
        return onClassPath(image, loader);
    }

    /** A libtorch zip (libraries in {@code lib}), a pip wheel's {@code torch} folder, or the folder of libraries itself. */
    private static Found named(String folderOrParent, String source) {
        Path named = path(folderOrParent, source).toAbsolutePath(); // a bare name would be looked up in the system's folders
        for (Path folder : places(named)) {
            if (hasLibtorch(folder)) {
                return inFolder(folder, source);
            }
        }
        throw new LibtorchLoadException("no libtorch where " + source + " points: looked for " + MAIN + " in " + named
                + ", its lib and its torch/lib; name the folder of a libtorch zip or of a pip wheel's torch package");
    }

    private static Path path(String name, String source) {
        try {
            return CacheFolder.named(name, source);
        } catch (IOException e) {
            throw new LibtorchLoadException("no libtorch: " + e.getMessage(), e);
        }
    }

    private static List<Path> places(Path named) {
        return List.of(named, named.resolve("lib"), named.resolve("torch").resolve("lib"));
    }

    /**
     * What names a libtorch, and which, where that is not the one in use.
     *
     * @param property as for {@link #find}
     * @param variable as for {@link #find}
     * @param used the folder of the one in use
     */
    static Optional<String> unused(String property, String variable, Path used) {
        boolean isProperty = property != null && !property.isEmpty();
        String named = isProperty ? property : variable;
        if (named == null || named.isEmpty()) {
            return Optional.empty();
        }
        String source = isProperty ? "-D" + PROPERTY : "environment variable " + VARIABLE;
        boolean isUsed = places(path(named, source)).stream().anyMatch(place -> isSame(place, used));
        return isUsed ? Optional.empty() : Optional.of(source + " names " + named);
    }

    private static boolean isSame(Path place, Path used) {
        try {
            return Files.isSameFile(place, used);
        } catch (IOException e) {
            return false; // there is none
        }
    }

    private static boolean hasLibtorch(Path folder) {
        return Files.isRegularFile(folder.resolve(MAIN));
    }

    private static Found inFolder(Path folder, String source) {
        Stream<String> names = Stream.concat(COMPANIONS.stream(), Stream.of(MAIN, CUDA));
        return new Found(source, folder, names.map(folder::resolve).filter(Files::isRegularFile).toList());
    }

    private static Found onClassPath(Path image, ClassLoader loader) {
        String platform = Platform.current();
        String torch = "org/bytedeco/pytorch/" + platform + "/";
        String blas = "org/bytedeco/openblas/" + platform + "/";
        if (loader.getResource(torch + MAIN) == null) {
            throw new LibtorchLoadException("no libtorch found: -D" + PROPERTY + " and the environment variable " + VARIABLE
                    + " are not set, there is none in the run-time image's " + image + ", and " + torch + MAIN
                    + " is not on the class path; set one of the two to a libtorch folder, or add org.bytedeco:pytorch"
                    + " with the classifier " + platform + " as a dependency, on the class path also where the program is on"
                    + " the module path");
        }
        List<String> resources = new ArrayList<>();
        for (String name : COMPANIONS) {
            String resource = (loader.getResource(torch + name) != null ? torch : blas) + name;
            if (loader.getResource(resource) == null) {
                throw new LibtorchLoadException("libtorch on the class path needs " + resource + ", which is not there: add"
                        + " org.bytedeco:openblas with the classifier " + platform + " as a dependency");
            }
            resources.add(resource);
        }
        resources.add(torch + MAIN);
        try {
            String bundle = "libtorch-" + version(loader);
            Path folder = ResourceCache.unpack(bundle, resources, loader);
            List<Path> libraries = Stream.concat(COMPANIONS.stream(), Stream.of(MAIN)).map(folder::resolve).toList();
            return new Found("org.bytedeco:pytorch on the class path", folder, libraries);
        } catch (IOException e) {
            throw new LibtorchLoadException(e.getMessage(), e);
        }
    }

    private static String version(ClassLoader loader) throws IOException {
        try (InputStream in = loader.getResourceAsStream("META-INF/maven/org.bytedeco/pytorch/pom.properties")) {
            Properties properties = new Properties();
            if (in != null) {
                properties.load(in);
            }
            return properties.getProperty("version", "unversioned");
        }
    }
}
