package io.panatorch.bindings;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Says what each of many callers is told where libtorch does not load; for {@link ChildJvm}. */
final class ReasonMain {

    private static final int THREADS = 4;

    private ReasonMain() {}

    public static void main(String[] args) throws Exception {
        List<Throwable> reasons = new ArrayList<>();
        Callable<Throwable> load = ReasonMain::reason;
        reasons.add(load.call());
        try (var pool = Executors.newFixedThreadPool(THREADS)) {
            for (Future<Throwable> reason : pool.invokeAll(List.of(load, load, load, load))) {
                reasons.add(reason.get());
            }
        }
        reasons.add(load.call());
        System.out.println(reasons.stream().map(System::identityHashCode).distinct().count() + " exceptions");
        reasons.stream().map(Throwable::toString).distinct().forEach(System.out::println);
    }

    private static Throwable reason() {
        try {
            Libtorch.load();
            return new AssertionError("loaded");
        } catch (Throwable e) { // errors of linking too
            return e;
        }
    }
}
