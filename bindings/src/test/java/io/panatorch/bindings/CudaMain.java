package io.panatorch.bindings;

import io.panatorch.bindings.generated.Panatorch;
import java.lang.foreign.MemorySegment;

/** Says what there is of CUDA, waits for a GPU, and moves a tensor there; for {@link ChildJvm}. */
final class CudaMain {

    private CudaMain() {}

    public static void main(String[] args) {
        System.out.println(Cuda.read(Libtorch.load()));
        NativeFrame frame = new NativeFrame();
        System.out.println("synchronize " + Panatorch.pt_synchronize(Panatorch.PT_CUDA(), 1, frame.error()));
        MemorySegment here = Panatorch.pt_empty(frame.longs(2, 3), 2, Panatorch.PT_FLOAT32(), Panatorch.PT_CPU(), 0, frame.error());
        for (int i = 0; i < 2; i++) { // the second time through pinned memory, if there were any
            MemorySegment there = Panatorch.pt_to(here, Panatorch.PT_BFLOAT16(), Panatorch.PT_CUDA(), 1, frame.error());
            System.out.println(there.address() == 0 ? frame.takeError().lines().findFirst().orElseThrow() : "done");
        }
        say(Panatorch.pt_cuda_set_current_stream(MemorySegment.NULL, 1, frame.error()), frame);
        say(Panatorch.pt_synchronize(Panatorch.PT_CUDA(), 128, frame.error()), frame);
        say(Panatorch.pt_synchronize(Panatorch.PT_CUDA(), -1, frame.error()), frame);
    }

    private static void say(int status, NativeFrame frame) {
        System.out.println(status == 0 ? "done" : frame.takeError());
    }
}
