package io.panatorch.cogvideox;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cogvideox.hub.Hub;
import io.panatorch.cogvideox.hub.HubException;
import io.panatorch.device.LibtorchInfo;
import io.panatorch.nn.Offload;
import io.panatorch.nn.Placement;
import io.panatorch.nn.Quantization;
import io.panatorch.parallel.Ranks;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.TorchException;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileLockInterruptionException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** How a pipeline is to be loaded, where {@link CogVideoXPipeline#load} says too little. */
public final class PipelineLoader {

    private static final System.Logger LOGGER = System.getLogger(CogVideoXPipeline.class.getName());

    private final Source source;
    private final Map<ModelComponent, DType> dtypes = new EnumMap<>(ModelComponent.class);
    private Device device = Device.CPU;
    private String variant = "";
    private Offload offload = Offload.NONE;
    private Quantization quantization = Quantization.NONE;
    private Ranks ranks = Ranks.alone();

    PipelineLoader(Path folder) {
        this(_ -> folder);
        Objects.requireNonNull(folder, "folder");
    }

    PipelineLoader(String model) {
        this(variant -> Hub.folder(model, variant, _ -> {}));
        Objects.requireNonNull(model, "model");
    }

    private PipelineLoader(Source source) {
        this.source = source;
        dtype(DType.FLOAT32);
    }

    /** Where the model is, once it is there. */
    @FunctionalInterface
    private interface Source {
        Path folder(String variant) throws IOException;
    }

    /**
     * What is computed in, whatever the weights are stored as; float32 if not set.
     *
     * @throws IllegalArgumentException for what is no floating-point type
     */
    public PipelineLoader dtype(DType dtype) {
        for (ModelComponent component : ModelComponent.values()) {
            dtype(component, dtype);
        }
        return this;
    }

    /**
     * What one part computes in. Between parts tensors are converted.
     *
     * @throws IllegalArgumentException for what is no floating-point type
     */
    public PipelineLoader dtype(ModelComponent component, DType dtype) {
        Objects.requireNonNull(component, "component");
        if (!Objects.requireNonNull(dtype, "dtype").isFloatingPoint()) {
            throw new IllegalArgumentException("dtype: expected one of " + Arrays.stream(DType.values())
                    .filter(DType::isFloatingPoint).map(DType::torchName).collect(Collectors.joining(", ")) + ", found "
                    + dtype.torchName());
        }
        dtypes.put(component, dtype);
        return this;
    }

    /** What it is computed on; the CPU if not set. */
    public PipelineLoader device(Device device) {
        this.device = Objects.requireNonNull(device, "device");
        return this;
    }

    /**
     * Takes the weights of a variant, as {@code variant=} does in diffusers: a part that has none of it is loaded with its plain
     * ones, and a warning says so.
     *
     * @param variant such as {@code fp16}, for {@code diffusion_pytorch_model.fp16.safetensors}; an empty string means none
     */
    public PipelineLoader variant(String variant) {
        this.variant = Objects.requireNonNull(variant, "variant");
        return this;
    }

    /**
     * Which weights leave the device while they are not needed; none if not set. It takes less memory and more time, and gives the
     * same videos.
     */
    public PipelineLoader offload(Offload offload) {
        this.offload = Objects.requireNonNull(offload, "offload");
        return this;
    }

    /**
     * How the matrices of the text encoder's and the transformer's linear layers are stored; as the files have them if not set.
     * Videos change with it.
     */
    public PipelineLoader quantize(Quantization quantization) {
        this.quantization = Objects.requireNonNull(quantization, "quantization");
        return this;
    }

    /**
     * Shares the work of guidance between two processes, each with a pipeline of its own that gets the same requests in the same
     * order: the first asks the model about the prompts and the second about the negative prompts, half a batch each. At each step they
     * exchange what it predicts, so that both have the latents, and results in both carry them; a request that is {@code latentsOnly}
     * in the second leaves the decoding to the first. Before the first step they find out whether they make the same; otherwise both
     * are refused.
     *
     * <p>A video is what one process makes, but for the rounding of products of half a batch. Caches decide by the mean of both
     * processes' numbers; those that {@linkplain io.panatorch.cache.CacheMethod#needsBothBranches need} both halves, and requests
     * without guidance, are refused. A listener that interrupts does so for both.
     *
     * <p>Generations run one at a time. What ends one of them on one rank alone, as a cancellation or an exception of its listener,
     * does not reach the other, which waits: the process that it has happened to has to end, or to {@linkplain Ranks#abort end all}.
     *
     * @param ranks two, which stay the caller's and are closed after the pipeline
     * @throws IllegalArgumentException where they are not two
     */
    public PipelineLoader guidanceParallel(Ranks ranks) {
        if (ranks.size() != 2) {
            throw new IllegalArgumentException("ranks: expected 2, one for each half of the guidance, found " + ranks.size()
                    + "; start the program twice at once, as by mpirun -n 2");
        }
        this.ranks = ranks;
        return this;
    }

    /**
     * Loads the model, which is downloaded before where it is one of the hub and not all there. The pipeline is to be closed by the
     * caller.
     *
     * @throws IllegalArgumentException for a device that there is not, what is no name of a variant, or no revision of a model of the hub
     * @throws CancellationException where the thread was interrupted
     * @throws HubException where it has to be downloaded, and cannot be
     * @throws IOException where no part has the variant, or a file is missing, damaged or for another model; the message names
     *     file and key
     */
    public CogVideoXPipeline load() throws IOException {
        try {
            requireDevice(); // may unpack libtorch
            warnOfSlowDtypes();
            return new CogVideoXPipeline(parts(offload), ranks);
        } catch (IOException | TorchException e) {
            checkInterrupt(e);
            throw e;
        }
    }

    /**
     * Looks why a load has failed.
     *
     * @throws CancellationException where it was by an interrupt of the thread, which is taken
     */
    static void checkInterrupt(Exception failure) {
        if (isInterrupt(failure)) {
            Thread.interrupted();
            throw (CancellationException) new CancellationException("loading cancelled").initCause(failure);
        }
    }

    /**
     * Says how much memory a generation will take, without loading a weight. A model of the hub that is not all there is downloaded
     * before.
     *
     * @param request with a cache method, or without
     * @throws IllegalArgumentException where the request does not fit the model, or for a device that there is not
     * @throws IOException as {@link #load}
     */
    public MemoryEstimate estimate(VideoRequest request) throws IOException {
        requireDevice();
        // With an offloading, weights come when they are needed, which is never.
        try (ModelParts parts = parts(Offload.MODEL)) {
            GenerationPlan plan = GenerationPlan.of(parts.description, request, ranks);
            return new MemoryArithmetic(parts, placements(offload), plan).estimate(request.cache().orElseGet(CacheMethod::none));
        }
    }

    /** {@return the model as it is to be loaded, but for another offloading; to be closed by the caller} */
    ModelParts parts(Offload offloaded) throws IOException {
        return ModelParts.load(source.folder(variant), placements(offloaded), variant);
    }

    private Map<ModelComponent, Placement> placements(Offload offloaded) {
        Map<ModelComponent, Placement> placements = new EnumMap<>(ModelComponent.class);
        dtypes.forEach((component, dtype) -> placements.put(component, new Placement(dtype, device, offloaded, quantization)));
        return placements;
    }

    private static boolean isInterrupt(Throwable e) {
        return Stream.iterate(e, Objects::nonNull, Throwable::getCause)
                .anyMatch(cause -> cause instanceof ClosedByInterruptException || cause instanceof FileLockInterruptionException);
    }

    private void warnOfSlowDtypes() {
        String slow = dtypes.values().stream().distinct()
                .filter(dtype -> dtype == DType.BFLOAT16 || dtype == DType.FLOAT16)
                .filter(dtype -> device.equals(Device.CPU) && !LibtorchInfo.isFastOnCpu(dtype))
                .map(DType::torchName).collect(Collectors.joining(" and "));
        if (!slow.isEmpty()) {
            LOGGER.log(System.Logger.Level.WARNING, "{0} is no faster than float32 on this processor; float32 is more exact, and"
                    + " takes twice the memory", slow);
        }
    }

    /** Of whichever there is the message says all, and of none why. */
    private void requireDevice() {
        LibtorchInfo.load();
        try {
            device.requirePresent();
        } catch (TorchException e) {
            throw new IllegalArgumentException("device: " + e.getMessage(), e);
        }
    }
}
