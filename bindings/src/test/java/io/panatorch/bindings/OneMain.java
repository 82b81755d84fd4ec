package io.panatorch.bindings;

import io.panatorch.bindings.generated.Panatorch;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Computes 0 · 0 + 1 and says with which libtorch; for {@link ChildJvm} and {@link ClassLoadersMain}. */
final class OneMain {

    private OneMain() {}

    public static void main(String[] args) {
        Libtorch libtorch = Libtorch.load();
        NativeFrame frame = new NativeFrame();
        MemorySegment zero = Panatorch.pt_empty(
                frame.longs(1), 1, Panatorch.PT_FLOAT32(), Panatorch.PT_CPU(), 0, frame.error());
        NativeFrame.view(Panatorch.pt_data(zero, frame.error()), Float.BYTES).fill((byte) 0);
        MemorySegment product = Panatorch.pt_mul(zero, zero, frame.error());
        MemorySegment one = Panatorch.pt_add_scalar(product, frame.value(1), frame.error());
        float value = NativeFrame.view(Panatorch.pt_data(one, frame.error()), Float.BYTES).get(ValueLayout.JAVA_FLOAT, 0);
        for (MemorySegment tensor : new MemorySegment[] {zero, product, one}) {
            Panatorch.pt_release(tensor);
        }
        System.out.println(value + " by " + libtorch.version() + " from " + libtorch.source() + " in " + libtorch.folder());
    }
}
