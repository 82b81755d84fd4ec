package io.panatorch.bindings;

import io.panatorch.bindings.generated.Panatorch;
import io.panatorch.bindings.generated.pt_value;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;

/** A few operators, a failure and many repetitions on whichever libtorch is named; for {@link ChildJvm}. */
final class OldestMain {

    private static final NativeFrame FRAME = new NativeFrame();
    private static final int SIDE = 256;
    private static final int REPETITIONS = 4000;

    private OldestMain() {}

    public static void main(String[] args) throws IOException {
        System.out.println("version " + Libtorch.load().version());
        System.out.println("has error text " + Libtorch.load().has(Panatorch.PT_ERROR_TEXT()));
        MemorySegment x = filled();
        printFirst("gelu", check(Panatorch.pt_gelu(x, 1, FRAME.error())));
        printFirst("norm", check(Panatorch.pt_rms_norm(x, FRAME.longs(SIDE), 1, MemorySegment.NULL, 0, FRAME.error())));
        MemorySegment row = check(Panatorch.pt_narrow(x, 1, 0, 3, FRAME.error()));
        if (Panatorch.pt_matmul(x, row, FRAME.error()).address() != 0) {
            printFirst("matmul", row);
        }
        if (Panatorch.pt_matmul(row, row, FRAME.error()).address() == 0) {
            System.out.println("refused: " + FRAME.takeError());
        }
        work(x);
        long before = residentKilobytes();
        for (int i = 0; i < REPETITIONS; i++) {
            work(x);
        }
        System.out.println("grown " + (residentKilobytes() - before));
    }

    private static MemorySegment filled() {
        MemorySegment empty = check(Panatorch.pt_empty(FRAME.longs(SIDE, SIDE), 2, Panatorch.PT_FLOAT32(),
                Panatorch.PT_CPU(), 0, FRAME.error()));
        NativeFrame.view(Panatorch.pt_data(empty, FRAME.error()), 4L * SIDE * SIDE).fill((byte) 0);
        return check(Panatorch.pt_add_scalar(empty, FRAME.value(1), FRAME.error()));
    }

    /** Optional arguments and lists, which libtorch before 2.13 takes over in another way; 256 KB each time. */
    private static void work(MemorySegment x) {
        FRAME.reset();
        MemorySegment result = check(Panatorch.pt_clamp(x, 0, 1, FRAME.error()));
        MemorySegment values = FRAME.allocate(3 * pt_value.sizeof());
        tensor(pt_value.asSlice(values, 0), result);
        integer(pt_value.asSlice(values, 1), 2);
        integer(pt_value.asSlice(values, 2), 0);
        MemorySegment list = FRAME.allocate(pt_value.sizeof());
        pt_value.kind(list, Panatorch.PT_TENSORS());
        if (Panatorch.pt_call(FRAME.string("aten::chunk"), FRAME.string(""), values, 3, list, 1, FRAME.error()) != 0) {
            throw new IllegalStateException(FRAME.takeError());
        }
        long count = pt_value.length(list);
        MemorySegment halves = NativeFrame.view(pt_value.data(list), count * ValueLayout.ADDRESS.byteSize());
        for (int i = 0; i < count; i++) {
            Panatorch.pt_release(halves.getAtIndex(ValueLayout.ADDRESS, i));
        }
        Panatorch.pt_free(halves);
        Panatorch.pt_release(result);
    }

    private static void tensor(MemorySegment value, MemorySegment tensor) {
        pt_value.kind(value, Panatorch.PT_TENSOR());
        pt_value.tensor(value, tensor);
    }

    private static void integer(MemorySegment value, long number) {
        pt_value.kind(value, Panatorch.PT_INT());
        pt_value.integer(value, number);
    }

    private static MemorySegment check(MemorySegment result) {
        if (result.address() == 0) {
            throw new IllegalStateException(FRAME.takeError());
        }
        return result;
    }

    private static void printFirst(String name, MemorySegment tensor) {
        MemorySegment data = NativeFrame.view(Panatorch.pt_data(tensor, FRAME.error()), 4);
        System.out.printf("%s %.4f%n", name, data.get(ValueLayout.JAVA_FLOAT, 0));
    }

    private static long residentKilobytes() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElseThrow();
    }
}
