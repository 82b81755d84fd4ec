package io.panatorch.cogvideox.cli;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.report.CacheText;
import io.panatorch.cogvideox.MemoryEstimate;
import io.panatorch.cogvideox.MemoryEstimate.Stage;
import io.panatorch.cogvideox.PipelineLoader;
import io.panatorch.cogvideox.VideoRequest;
import io.panatorch.device.CudaInfo;
import io.panatorch.device.Gpu;
import io.panatorch.nn.Offload;
import io.panatorch.nn.Quantization;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Whether a generation fits into the memory that there is, and which options would make it fit. */
final class MemoryCheck {

    /** The JVM, libtorch and what they work with. */
    private static final long PROGRAM = 500_000_000;

    private static final Path MACHINE = Path.of("/proc/meminfo");
    private static final Path CONTAINER = Path.of("/sys/fs/cgroup");

    private final ModelOptions model;
    private final VideoRequest request;

    MemoryCheck(ModelOptions model, VideoRequest request) {
        this.model = model;
        this.request = request;
    }

    /** An option that takes less memory, as it is typed. */
    private enum Saving {
        VAE_TILING("--vae-tiling"),
        OFFLOAD_MODEL("--offload model"),
        OFFLOAD_BLOCKS("--offload blocks"),
        BFLOAT16("--dtype bfloat16"),
        INT8("--quantize int8");

        private final String option;

        Saving(String option) {
            this.option = option;
        }

        void apply(PipelineLoader loader, VideoRequest.Builder request) {
            switch (this) {
                case VAE_TILING -> request.vaeTiling();
                case OFFLOAD_MODEL -> loader.offload(Offload.MODEL);
                case OFFLOAD_BLOCKS -> loader.offload(Offload.blocks(0));
                case BFLOAT16 -> loader.dtype(DType.BFLOAT16);
                case INT8 -> loader.quantize(Quantization.INT8);
            }
        }
    }

    /** From what costs least to what changes most. */
    private static final List<List<Saving>> SAVINGS = List.of(List.of(Saving.VAE_TILING), List.of(Saving.OFFLOAD_MODEL),
            List.of(Saving.VAE_TILING, Saving.OFFLOAD_MODEL), List.of(Saving.VAE_TILING, Saving.OFFLOAD_BLOCKS),
            List.of(Saving.VAE_TILING, Saving.OFFLOAD_BLOCKS, Saving.BFLOAT16),
            List.of(Saving.VAE_TILING, Saving.OFFLOAD_BLOCKS, Saving.BFLOAT16, Saving.INT8));

    /**
     * Refuses what cannot be computed on this machine. Of a GPU, where nothing was measured, it only warns. What the cache holds does
     * not count: it can be limited.
     *
     * @throws IllegalArgumentException with the options that would make it fit
     */
    void require(Terminal terminal) throws IOException {
        Device device = model.device();
        Optional<Long> limit = limit(device);
        Optional<String> refusal = limit.isPresent() ? refusal(limit.get()) : Optional.empty();
        if (refusal.isPresent() && device.equals(Device.CPU)) {
            throw new IllegalArgumentException(refusal.get());
        }
        refusal.ifPresent(terminal::warning);
    }

    /**
     * {@return why this does not fit, and what would}
     *
     * @param limit the bytes that there are
     */
    Optional<String> refusal(long limit) throws IOException {
        MemoryEstimate estimate = estimate(List.of());
        return needed(estimate) <= limit ? Optional.empty() : Optional.of("memory: expected at most " + CacheText.bytes(limit) + ", what "
                + (model.device().equals(Device.CPU) ? "this machine has with its swap" : model.device() + " has")
                + ", found that this needs about " + CacheText.bytes(needed(estimate)) + " (" + estimate.largest().name() + "); "
                + advice(limit));
    }

    private long needed(MemoryEstimate estimate) throws IOException {
        return estimate.largest().firm() + PROGRAM + model.adapterBytes();
    }

    private String advice(long limit) throws IOException {
        for (List<Saving> savings : SAVINGS) {
            long needed = needed(estimate(savings));
            if (needed <= limit) {
                return String.join(" ", savings.stream().map(saving -> saving.option).toList()) + " would take "
                        + CacheText.bytes(needed);
            }
        }
        return "make a smaller video: no option makes this one fit";
    }

    private MemoryEstimate estimate(List<Saving> savings) throws IOException {
        VideoRequest.Builder asked = request.toBuilder().cache(CacheMethod.none());
        PipelineLoader loader = model.loader();
        savings.forEach(saving -> saving.apply(loader, asked));
        return loader.estimate(asked.build());
    }

    /** {@return lines for people: what each stage takes, and whether that fits} */
    List<String> lines() throws IOException {
        MemoryEstimate estimate = model.loader().estimate(request);
        List<String> lines = new ArrayList<>();
        for (Stage stage : estimate.stages()) {
            lines.add("%s: %s: weights %s%s, activations %s%s".formatted(stage.name(), CacheText.bytes(stage.total()),
                    CacheText.bytes(stage.weights().all()),
                    stage.weights().mapped() == 0 ? "" : " (" + CacheText.bytes(stage.weights().mapped()) + " of them mapped)",
                    CacheText.bytes(stage.activations()), stage.cache() == 0 ? "" : ", cache " + CacheText.bytes(stage.cache())));
        }
        Optional<Long> limit = limit(model.device());
        if (limit.isPresent()) {
            long needed = needed(estimate(List.of()));
            boolean fits = needed <= limit.get();
            boolean hasCache = estimate.stages().stream().anyMatch(stage -> stage.cache() > 0);
            lines.add("of " + CacheText.bytes(limit.get()) + " it needs " + CacheText.bytes(needed)
                    + (hasCache ? " without the cache, which --cache-memory limits: " : ": ")
                    + (fits ? "that fits" : "that does not fit; " + advice(limit.get())));
            if (fits && estimate.peak() + PROGRAM > limit.get()) {
                lines.add("not all mapped weights fit beside it: some are read from the disk again at every step");
            }
        }
        return lines;
    }

    /** The bytes that there are at all, with those that can be swapped out; empty where nobody knows. */
    static Optional<Long> limit(Device device) throws IOException {
        if (!device.equals(Device.CPU)) {
            return CudaInfo.load().gpus().stream().filter(gpu -> gpu.device().equals(device)).map(Gpu::byteSize).findFirst();
        }
        long swap = ofMachine("SwapTotal").orElse(0L);
        long mayBeSwapped = ofContainer("memory.swap.max").map(most -> Math.min(most, swap)).orElse(swap);
        return Stream.of(ofMachine("MemTotal").map(all -> all + swap), ofContainer("memory.max").map(all -> all + mayBeSwapped))
                .flatMap(Optional::stream).min(Long::compare);
    }

    private static Optional<Long> ofMachine(String name) throws IOException {
        if (!Files.isReadable(MACHINE)) {
            return Optional.empty();
        }
        return Files.readAllLines(MACHINE).stream().filter(line -> line.startsWith(name + ":"))
                .map(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10).findFirst();
    }

    private static Optional<Long> ofContainer(String name) throws IOException {
        Path file = CONTAINER.resolve(name);
        String text = Files.isReadable(file) ? Files.readString(file).strip() : "";
        return text.matches("\\d{1,18}") ? Optional.of(Long.valueOf(text)) : Optional.empty(); // or max
    }
}
