package io.panatorch.cogvideox;

import io.panatorch.device.LibtorchInfo;
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

    private final Path folder;
    private final Map<ModelComponent, DType> dtypes = new EnumMap<>(ModelComponent.class);
    private Device device = Device.CPU;
    private String variant = "";

    PipelineLoader(Path folder) {
        this.folder = Objects.requireNonNull(folder, "folder");
        dtype(DType.FLOAT32);
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
     * Loads the model. The pipeline is to be closed by the caller.
     *
     * @throws IllegalArgumentException for a device that there is not, or what is no name of a variant
     * @throws CancellationException where the thread was interrupted
     * @throws IOException where no part has the variant, or a file is missing, damaged or for another model; the message names
     *     file and key
     */
    public CogVideoXPipeline load() throws IOException {
        try {
            requireDevice(); // may unpack libtorch
            warnOfSlowDtypes();
            return new CogVideoXPipeline(ModelParts.load(folder, Map.copyOf(dtypes), device, variant));
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
