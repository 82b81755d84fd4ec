package io.panatorch.tensor;

/** Uses streams of a GPU, right and wrong; for {@link CudaStreamTest}. */
final class CudaStreamMain {

    private CudaStreamMain() {}

    public static void main(String[] args) throws InterruptedException {
        Device gpu = Device.cuda(1);
        CudaStream first = CudaStream.of(gpu);
        CudaStream second = CudaStream.of(gpu);
        System.out.println(first.device());
        CudaStream.Use use = first.use();
        try (var _ = second.use()) {
            gpu.synchronize();
        }
        gpu.synchronize();
        first.synchronize();
        on(new Thread(attempt(use::close)));
        on(Thread.ofVirtual().unstarted(attempt(first::use)));
        use.close();
        use.close();
        gpu.synchronize();
        attempt(second::synchronize).run();
        attempt(() -> CudaStream.of(Device.CPU)).run();
        attempt(() -> CudaStream.of(Device.cuda(2))).run();
    }

    private static void on(Thread thread) throws InterruptedException {
        thread.start();
        thread.join();
    }

    private static Runnable attempt(Runnable attempt) {
        return () -> {
            try {
                attempt.run();
                System.out.println("done");
            } catch (TorchException e) {
                System.out.println(e.kind() + " " + e.getMessage());
            } catch (IllegalStateException | IllegalArgumentException e) {
                System.out.println(e.getMessage());
            }
        };
    }
}
