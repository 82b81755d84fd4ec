package io.panatorch.bindings;

import java.io.File;
import java.lang.ref.WeakReference;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;

/**
 * Runs {@link OneMain} in class loaders that know nothing of each other: two beside each other, then a third when those are gone;
 * for {@link ChildJvm}.
 */
final class ClassLoadersMain {

    private static final int ATTEMPTS = 200;

    private ClassLoadersMain() {}

    public static void main(String[] args) throws Exception {
        List<WeakReference<ClassLoader>> gone = runTwo();
        for (int i = 0; i < ATTEMPTS && gone.stream().anyMatch(loader -> loader.get() != null); i++) {
            System.gc();
            Thread.sleep(10);
        }
        System.out.println("collected " + gone.stream().filter(loader -> loader.get() == null).count());
        try (URLClassLoader third = loader()) {
            runWhileLocked(third);
        }
    }

    /** Says how the class loader fares while another one loads, for which the lock stands in. */
    private static void runWhileLocked(ClassLoader loader) throws Exception {
        FutureTask<Void> task = new FutureTask<>(() -> {
            run(loader);
            return null;
        });
        Thread thread = new Thread(task);
        synchronized (ResourceCache.IN_PROCESS) {
            thread.start();
            while (thread.getState() != Thread.State.BLOCKED && thread.isAlive()) {
                Thread.sleep(1);
            }
            System.out.println("third " + thread.getState());
        }
        task.get();
    }

    private static List<WeakReference<ClassLoader>> runTwo() throws Exception {
        try (URLClassLoader first = loader();
                URLClassLoader second = loader()) {
            run(first);
            run(second);
            run(first);
            return List.of(new WeakReference<>(first), new WeakReference<>(second));
        }
    }

    static URLClassLoader loader() throws Exception {
        List<URL> urls = new ArrayList<>();
        for (String path : System.getProperty("java.class.path").split(File.pathSeparator)) {
            urls.add(Path.of(path).toUri().toURL());
        }
        return new URLClassLoader(urls.toArray(URL[]::new), ClassLoader.getPlatformClassLoader());
    }

    static void run(ClassLoader loader) throws Exception {
        var main = loader.loadClass("io.panatorch.bindings.OneMain").getDeclaredMethod("main", String[].class);
        main.setAccessible(true);
        main.invoke(null, (Object) new String[0]);
    }
}
