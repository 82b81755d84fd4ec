package io.panatorch.tensor;

import io.panatorch.bindings.NativeFrame;
import io.panatorch.bindings.generated.Panatorch;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** libtorch's warnings, which it would print: they go to the program's logger. {@link TensorScope} says when. */
final class Warnings {

    static final String LOGGER = "io.panatorch";

    /** Texts may hold shapes, of which there may be many. */
    private static final int REMEMBERED = 1000;

    private static final Set<String> SEEN = ConcurrentHashMap.newKeySet();

    private Warnings() {}

    /** Logs those that have come since the last time, on whichever thread: a text the first time as a warning, then as debug. */
    static void log() {
        for (String text = take(); text != null; text = take()) {
            Level level = SEEN.size() < REMEMBERED && SEEN.add(text) ? Level.WARNING : Level.DEBUG;
            System.getLogger(LOGGER).log(level, "libtorch: " + text.strip().replaceAll("\\s*\\R\\s*", " "));
        }
    }

    private static String take() {
        MemorySegment text = Panatorch.pt_take_warning();
        return text.address() == 0 ? null : NativeFrame.takeText(text);
    }
}
