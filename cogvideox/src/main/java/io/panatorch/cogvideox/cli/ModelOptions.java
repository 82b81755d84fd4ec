package io.panatorch.cogvideox.cli;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.panatorch.cogvideox.CogVideoXPipeline;
import io.panatorch.cogvideox.DemoModel;
import io.panatorch.cogvideox.ModelComponent;
import io.panatorch.cogvideox.ModelDescription;
import io.panatorch.cogvideox.PipelineLoader;
import io.panatorch.cogvideox.config.ConfigFile;
import io.panatorch.cogvideox.config.Fingerprint;
import io.panatorch.cogvideox.hub.Hub;
import io.panatorch.cogvideox.hub.ModelId;
import io.panatorch.device.LibtorchInfo;
import io.panatorch.nn.Offload;
import io.panatorch.nn.Quantization;
import io.panatorch.parallel.Ranks;
import io.panatorch.safetensors.Safetensors;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.TorchException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Which model computes, and on what. */
final class ModelOptions {

    private static final int MAX_THREADS = 1024;

    @Option(names = "--model", paramLabel = "MODEL", converter = ModelConverter.class,
            description = "diffusers directory of a CogVideoX model, or one of the Hugging Face hub, ORG/NAME or ORG/NAME@REVISION, which"
                    + " is downloaded if it is not in the cache (default: the demo model inside this program)")
    private String model;

    @Option(names = "--variant", paramLabel = "NAME", defaultValue = "",
            description = "which of several weights, such as fp16 for diffusion_pytorch_model.fp16.safetensors; a part that has"
                    + " none of that name is loaded with its plain ones (default: those)")
    private String variant;

    @Option(names = "--device", paramLabel = "NAME", defaultValue = "cpu", converter = DeviceConverter.class,
            description = "where it is computed: cpu, cuda, or cuda:1 and so on (default: ${DEFAULT-VALUE})")
    private Device device;

    @Option(names = "--dtype", paramLabel = "[PART=]NAME,...", defaultValue = "float32", converter = DtypesConverter.class,
            description = "what it is computed in: float32, bfloat16 or float16, or one for each of text_encoder, transformer and vae,"
                    + " such as bfloat16,vae=float32 (default: ${DEFAULT-VALUE})")
    private Dtypes dtypes;

    @Option(names = "--offload", paramLabel = "WHAT", defaultValue = "none", converter = OffloadConverter.class,
            description = "which weights leave the device while they are not needed, to compute in less memory: none, model (one part"
                    + " is there at a time), blocks (one block of it, and the next), or blocks=N (and N that stay)"
                    + " (default: ${DEFAULT-VALUE})")
    private Offload offload;

    @Option(names = "--quantize", paramLabel = "TYPE", defaultValue = "none", converter = QuantizationConverter.class,
            description = "how the matrices of the text encoder and the transformer are stored: none (as they are) or int8"
                    + " (default: ${DEFAULT-VALUE})")
    private Quantization quantization;

    @Option(names = "--lora", paramLabel = "FILE[=SCALE]", converter = LoraChoice.Converter.class,
            description = "LoRA adapter of the model's transformer, a safetensors file of diffusers or peft, and what its changes are"
                    + " multiplied by (default: 1); given several times, all of them together")
    private List<LoraChoice> loras = List.of();

    @Option(names = "--threads", paramLabel = "N", description = "threads of an operation (default: libtorch's choice)")
    private Integer threads;

    private Terminal terminal;
    private Ranks ranks = Ranks.alone();
    private Path folder;
    private ModelDescription description;

    /** A name of a model of the hub looks like a path, too. */
    private static final class ModelConverter implements ITypeConverter<String> {

        @Override
        public String convert(String text) {
            return Main.path(text).toString();
        }
    }

    private static final class DeviceConverter implements ITypeConverter<Device> {

        @Override
        public Device convert(String text) {
            try {
                Device device = Device.parse(text);
                if (!device.equals(Device.META)) { // which has no numbers
                    return device;
                }
            } catch (IllegalArgumentException e) {
                // told below
            }
            throw new TypeConversionException("expected cpu, cuda or cuda:N, found '" + text + "'");
        }
    }

    private static final class OffloadConverter implements ITypeConverter<Offload> {

        @Override
        public Offload convert(String text) {
            try {
                return Offload.parse(text);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }

    private static final class QuantizationConverter implements ITypeConverter<Quantization> {

        @Override
        public Quantization convert(String text) {
            return Stream.of(Quantization.values()).filter(each -> each.torchName().equals(text)).findFirst()
                    .orElseThrow(() -> new TypeConversionException("expected none or int8, found '" + text + "'"));
        }
    }

    /** What each part computes in, and how that was written. */
    private record Dtypes(String text, Map<ModelComponent, DType> ofParts) {

        @Override
        public String toString() {
            return text;
        }
    }

    /** Parts that are not named compute in float32, or in what stands without a name. */
    private static final class DtypesConverter implements ITypeConverter<Dtypes> {

        private static final List<DType> FLOATS = List.of(DType.FLOAT32, DType.BFLOAT16, DType.FLOAT16);

        @Override
        public Dtypes convert(String text) {
            Map<ModelComponent, DType> named = new EnumMap<>(ModelComponent.class);
            DType others = null;
            for (String part : text.split(",", -1)) {
                int equals = part.indexOf('=');
                DType dtype = FLOATS.stream().filter(each -> each.torchName().equals(part.substring(equals + 1))).findFirst()
                        .orElseThrow(() -> unexpected(text));
                if (equals < 0 ? others != null : named.put(component(part.substring(0, equals), text), dtype) != null) {
                    throw unexpected(text);
                }
                others = equals < 0 ? dtype : others;
            }
            for (ModelComponent component : ModelComponent.values()) {
                named.putIfAbsent(component, Objects.requireNonNullElse(others, DType.FLOAT32));
            }
            return new Dtypes(text, named);
        }

        private static ModelComponent component(String name, String text) {
            return Stream.of(ModelComponent.values()).filter(component -> component.folder().equals(name)).findFirst()
                    .orElseThrow(() -> unexpected(text));
        }

        private static TypeConversionException unexpected(String text) {
            return new TypeConversionException("expected float32, bfloat16 or float16, also as PART=NAME of text_encoder,"
                    + " transformer and vae with commas between, each once, found '" + text + "'");
        }
    }

    /**
     * Checks what can be checked before anything is read.
     *
     * @param shown where a download tells how far it is
     * @throws IllegalArgumentException for what does not work
     */
    void check(Terminal shown) {
        terminal = shown;
        checkVariant(variant);
        if (threads != null && (threads < 1 || threads > MAX_THREADS)) {
            throw new IllegalArgumentException("--threads: expected 1 to " + MAX_THREADS + ", found " + threads);
        }
    }

    /** @throws IllegalArgumentException for what is no name of a variant */
    static void checkVariant(String variant) {
        if (!variant.matches("[A-Za-z0-9_-]*")) {
            throw new IllegalArgumentException("--variant: expected a name of letters, digits, - and _, such as fp16, found '"
                    + variant + "'");
        }
    }

    /** {@return where the model lies; found once, after a download if it takes one} */
    private Path folder() throws IOException {
        if (folder == null) {
            folder = model == null ? DemoModel.folder()
                    : Hub.folder(model, variant, new DownloadBar(terminal, model)::show);
        }
        return folder;
    }

    /** {@return the model's name as people know it, with its adapters} */
    String name() {
        String name = model == null ? "the demo model" : model;
        return loras.isEmpty() ? name
                : name + " with " + loras.stream().map(LoraChoice::toString).collect(Collectors.joining(" and "));
    }

    /** {@return what the model is, without its weights; read once} */
    ModelDescription description() throws IOException {
        if (description == null) {
            description = ModelDescription.read(folder());
        }
        return description;
    }

    /** {@return what makes a video with the model another one, for programs} */
    ObjectNode identity() throws IOException {
        Path folder = folder();
        ObjectNode identity = new JsonMapper().createObjectNode()
                .put("name", pinnedName())
                .put("class", ConfigFile.read(folder.resolve("model_index.json")).string("_class_name", ""))
                .put("scheduler", description().scheduler().kind().className())
                .put("variant", variant)
                .put("dtype", dtypes.text)
                .put("quantize", quantization.torchName())
                .put("device", device.toString())
                .put("fingerprint", Fingerprint.of(folder));
        ArrayNode adapters = identity.putArray("loras");
        for (LoraChoice lora : loras) {
            adapters.addObject()
                    .put("file", lora.file().toString())
                    .put("scale", lora.scale())
                    .put("fingerprint", Fingerprint.ofInput(lora.file()));
        }
        return identity;
    }

    /** By which the same model is found again, whatever its branch will be then. */
    private String pinnedName() throws IOException {
        if (model == null) {
            return "demo";
        }
        return Hub.isOfHub(model) ? ModelId.of(model).name() + "@" + folder().getFileName() : model;
    }

    /** Has several processes share the work of guidance. */
    void guidanceParallel(Ranks all) {
        ranks = all;
    }

    /** Sets the threads, and loads the model with its adapters. */
    CogVideoXPipeline load() throws IOException {
        try {
            device.requirePresent();
        } catch (TorchException e) {
            throw new IllegalArgumentException("--device: " + e.getMessage(), e);
        }
        if (threads != null) {
            LibtorchInfo.setThreads(threads);
        }
        for (LoraChoice lora : loras) {
            Safetensors.open(lora.file()).close(); // what is no such file is refused before the model is loaded
        }
        CogVideoXPipeline pipeline = loader().load();
        try {
            addAdapters(pipeline);
            return pipeline;
        } catch (IOException | RuntimeException | Error e) {
            pipeline.close();
            throw e;
        }
    }

    /** {@return what loads the model as the options say} */
    PipelineLoader loader() throws IOException {
        PipelineLoader loader = CogVideoXPipeline.loader(folder()).device(device).variant(variant).offload(offload).quantize(quantization);
        dtypes.ofParts.forEach(loader::dtype);
        return ranks.size() == 1 ? loader : loader.guidanceParallel(ranks);
    }

    /** {@return the memory that the adapters take} */
    long adapterBytes() throws IOException {
        long bytes = 0;
        for (LoraChoice lora : loras) {
            bytes += Files.size(lora.file());
        }
        return bytes;
    }

    Device device() {
        return device;
    }

    private void addAdapters(CogVideoXPipeline pipeline) throws IOException {
        Map<String, Double> scales = new HashMap<>();
        for (LoraChoice lora : loras) {
            String name = "lora " + (scales.size() + 1);
            pipeline.loadLora(lora.file(), name);
            scales.put(name, lora.scale());
        }
        pipeline.setAdapters(scales);
    }
}
