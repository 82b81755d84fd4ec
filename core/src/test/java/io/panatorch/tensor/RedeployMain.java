package io.panatorch.tensor;

import java.io.File;
import java.lang.ref.WeakReference;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Computes on this thread in a class loader of its own, and says whether that is collected; for {@link RedeployTest}. */
final class RedeployMain {

    private static final int ATTEMPTS = 200;

    private RedeployMain() {}

    /** What is deployed. */
    static final class Program {

        private Program() {}

        public static void run() {
            try (var _ = TensorScope.open();
                    var trace = OperatorTrace.start()) {
                float sum = Tensor.of(new float[] {1, 2}, 2).add(1).toFloatArray()[1];
                System.out.println(sum + " " + trace.counts().keySet().contains("add"));
            }
        }
    }

    public static void main(String[] args) throws Exception {
        WeakReference<ClassLoader> gone = deploy();
        for (int i = 0; i < ATTEMPTS && gone.get() != null; i++) {
            System.gc();
            Thread.sleep(10);
        }
        System.out.println(gone.get() == null ? "collected" : "kept");
    }

    private static WeakReference<ClassLoader> deploy() throws Exception {
        List<URL> urls = new ArrayList<>();
        for (String path : System.getProperty("java.class.path").split(File.pathSeparator)) {
            urls.add(Path.of(path).toUri().toURL());
        }
        try (var loader = new URLClassLoader(urls.toArray(URL[]::new), ClassLoader.getPlatformClassLoader())) {
            Method run = loader.loadClass(Program.class.getName()).getMethod("run");
            run.setAccessible(true);
            run.invoke(null);
            return new WeakReference<>(loader);
        }
    }
}
