package io.panatorch.cogvideox.cli;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.panatorch.cogvideox.CogVideoXPipeline;
import io.panatorch.cogvideox.DemoModel;
import io.panatorch.cogvideox.config.ConfigFile;
import io.panatorch.cogvideox.transformer.TransformerConfig;
import io.panatorch.device.LibtorchInfo;
import io.panatorch.io.InvalidFileException;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Option;

/** Which model computes, and on what. */
final class ModelOptions {

    private static final int MAX_THREADS = 1024;

    @Option(names = "--model", paramLabel = "DIR",
            description = "diffusers directory of a CogVideoX model (default: the demo model inside this program)")
    private Path model;

    @Option(names = "--variant", paramLabel = "NAME", defaultValue = "",
            description = "which of several weights, such as fp16 for diffusion_pytorch_model.fp16.safetensors; a part that has"
                    + " none of that name is loaded with its plain ones (default: those)")
    private String variant;

    @Option(names = "--device", paramLabel = "NAME", defaultValue = "cpu",
            description = "where it is computed; only cpu works yet (default: ${DEFAULT-VALUE})")
    private String device;

    @Option(names = "--dtype", paramLabel = "NAME", defaultValue = "float32",
            description = "what it is computed in; only float32 works yet (default: ${DEFAULT-VALUE})")
    private String dtype;

    @Option(names = "--threads", paramLabel = "N", description = "threads of an operation (default: libtorch's choice)")
    private Integer threads;

    /** @throws IllegalArgumentException for what does not work */
    void check() {
        requireSupported("--device", device, Device.CPU.toString());
        requireSupported("--dtype", dtype, DType.FLOAT32.torchName());
        if (!variant.matches("[A-Za-z0-9_-]*")) {
            throw new IllegalArgumentException("--variant: expected a name of letters, digits, - and _, such as fp16, found '"
                    + variant + "'");
        }
        if (threads != null && (threads < 1 || threads > MAX_THREADS)) {
            throw new IllegalArgumentException("--threads: expected 1 to " + MAX_THREADS + ", found " + threads);
        }
    }

    private static void requireSupported(String option, String found, String supported) {
        if (!found.equals(supported)) {
            throw new IllegalArgumentException(option + ": expected " + supported + ", found " + found
                    + ", which does not work yet");
        }
    }

    /** {@return where the model lies} */
    Path folder() throws IOException {
        return model == null ? DemoModel.folder() : model;
    }

    /** {@return the model's name as people know it} */
    String name() {
        return model == null ? "the demo model" : model.toString();
    }

    /** {@return what tells this model from others, by the names in a calibration's file} */
    Map<String, String> facts() throws IOException {
        TransformerConfig transformer = TransformerConfig.read(folder().resolve("transformer/config.json"));
        ConfigFile scheduler = ConfigFile.read(folder().resolve("scheduler/scheduler_config.json"));
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("model", transformer.numLayers() + " layers of " + transformer.innerDim());
        facts.put("scheduler", scheduler.string("_class_name", "CogVideoXDDIMScheduler") + " "
                + scheduler.string("timestep_spacing", "leading"));
        return facts;
    }

    /** {@return what makes a video with the model another one, for programs} */
    ObjectNode identity() throws IOException {
        Path folder = folder();
        ConfigFile scheduler = ConfigFile.read(folder.resolve("scheduler/scheduler_config.json"));
        return new JsonMapper().createObjectNode()
                .put("name", model == null ? "demo" : model.toString())
                .put("class", ConfigFile.read(folder.resolve("model_index.json")).string("_class_name", ""))
                .put("scheduler", scheduler.string("_class_name", "CogVideoXDDIMScheduler"))
                .put("variant", variant)
                .put("dtype", dtype)
                .put("device", device)
                .put("fingerprint", Fingerprint.of(folder));
    }

    /** Sets the threads and loads the model. */
    CogVideoXPipeline load() throws IOException {
        if (threads != null) {
            LibtorchInfo.setThreads(threads);
        }
        Path folder = folder();
        try {
            return CogVideoXPipeline.load(folder, DType.FLOAT32, Device.CPU, variant);
        } catch (IllegalArgumentException e) { // a value that no part of the model accepts; the command was right
            throw new InvalidFileException(folder, e.getMessage(), e);
        }
    }
}
