package io.panatorch.bindings;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.stream.Stream;

/**
 * Decides which libtorch to load: the one that a system property or the environment names, else the natives on the
 * class path.
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

    static Found find(String property, String variable, ClassLoader loader) {
        if (property != null && !property.isEmpty()) {
            return inFolder(Path.of(property), "-D" + PROPERTY);
        }
        if (variable != null && !variable.isEmpty()) {
            return inFolder(Path.of(variable), "environment variable " + VARIABLE);
        }
        return onClassPath(loader);
    }

    /** A libtorch zip (libraries in {@code lib}), a pip wheel's {@code torch} folder, or the folder of libraries itself. */
    private static Found inFolder(Path folderOrParent, String source) {
        Path named = folderOrParent.toAbsolutePath(); // a library's bare name would be looked up in the system's folders
        for (Path folder : List.of(named, named.resolve("lib"), named.resolve("torch").resolve("lib"))) {
            if (Files.isRegularFile(folder.resolve(MAIN))) {
                Stream<String> names = Stream.concat(COMPANIONS.stream(), Stream.of(MAIN, CUDA));
                List<Path> libraries = names.map(folder::resolve).filter(Files::isRegularFile).toList();
                return new Found(source, folder, libraries);
            }
        }
        throw new LibtorchLoadException("no libtorch where " + source + " points: looked for " + MAIN + " in " + named
                + ", its lib and its torch/lib; name the folder of a libtorch zip or of a pip wheel's torch package");
    }

    private static Found onClassPath(ClassLoader loader) {
        String platform = Platform.current();
        String torch = "org/bytedeco/pytorch/" + platform + "/";
        String blas = "org/bytedeco/openblas/" + platform + "/";
        if (loader.getResource(torch + MAIN) == null) {
            throw new LibtorchLoadException("no libtorch found: -D" + PROPERTY + " and the environment variable " + VARIABLE
                    + " are not set, and " + torch + MAIN + " is not on the class path; set one of the two to a libtorch"
                    + " folder, or add org.bytedeco:pytorch with the classifier " + platform + " as a dependency");
        }
        List<String> resources = new ArrayList<>();
        for (String name : COMPANIONS) {
            String resource = (loader.getResource(torch + name) != null ? torch : blas) + name;
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
