package io.panatorch.testing;

import io.panatorch.tensor.Operator;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The operators that libtorch's own C++ cannot compute on {@link io.panatorch.tensor.Device#META}: those of PyTorch are
 * written in Python. They check what the kernels of a GPU check, above all that the dtypes of operands are equal.
 *
 * <p>Besides these, an embedding, a norm, a convolution, a Fourier transform or attention on the meta device is an error.
 */
public final class MetaKernels {

    private static final String SOURCE = "meta_kernels.c";

    private static boolean registered;

    private MetaKernels() {}

    /** Compiles them with the C compiler of the environment, {@code CC} or {@code cc}, and registers them, once in a process. */
    public static synchronized void register() {
        if (registered) {
            return;
        }
        try {
            Path folder = Files.createTempDirectory("meta-kernels");
            Path source = folder.resolve(SOURCE);
            Path library = folder.resolve("meta_kernels.so");
            try (InputStream in = MetaKernels.class.getResourceAsStream(SOURCE)) {
                Files.copy(in, source);
                compile(source, library);
                Operator.loadLibrary(library);
                registered = true;
            } finally {
                Files.deleteIfExists(library);
                Files.deleteIfExists(source);
                Files.delete(folder);
            }
        } catch (IOException e) {
            throw new AssertionError("the kernels of the meta device cannot be compiled", e);
        }
    }

    /** Makes a shared library of a file of C with the C compiler of the environment. */
    public static void compile(Path source, Path library) throws IOException {
        String compiler = System.getenv().getOrDefault("CC", "cc");
        Process process = new ProcessBuilder(compiler, "-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror", "-fexceptions", "-shared",
                "-fPIC", source.toString(), "-o", library.toString()).redirectErrorStream(true).start();
        String words = new String(process.getInputStream().readAllBytes());
        try {
            if (process.waitFor() != 0) {
                throw new AssertionError(compiler + ": " + words);
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
