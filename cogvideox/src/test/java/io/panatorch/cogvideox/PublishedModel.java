package io.panatorch.cogvideox;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.panatorch.testing.LargeCheckpoint;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The published models without their numbers: the configurations, and the names and shapes of all tensors. The resources'
 * {@code README.md} says where they come from.
 */
public enum PublishedModel {
    COGVIDEOX_2B("CogVideoXPipeline", "transformer-2b", "vae-2b", "scheduler-2b"),
    COGVIDEOX_5B("CogVideoXPipeline", "transformer-5b", "vae-5b", "scheduler-5b"),
    COGVIDEOX_5B_I2V("CogVideoXImageToVideoPipeline", "transformer-5b-i2v", "vae-5b", "scheduler-5b"),
    COGVIDEOX_1_5_5B("CogVideoXPipeline", "transformer-1.5-5b", "vae-1.5", "scheduler-5b"),
    COGVIDEOX_1_5_5B_I2V("CogVideoXImageToVideoPipeline", "transformer-1.5-5b-i2v", "vae-1.5", "scheduler-5b");

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int SHARDS = 2;
    private static final Pattern ALTERNATIVES = Pattern.compile("\\{([^}]*)}");
    private static final Pattern LAYER = Pattern.compile("^(?:encoder\\.block|transformer_blocks)\\.(\\d+)\\.");
    private static final Pattern RANGE = Pattern.compile("(\\d+)\\.\\.(\\d+)");

    private final String className;
    private final String transformer;
    private final String vae;
    private final String scheduler;

    PublishedModel(String className, String transformer, String vae, String scheduler) {
        this.className = className;
        this.transformer = transformer;
        this.vae = vae;
        this.scheduler = scheduler;
    }

    /** {@return what is in a part's file: shapes by name} */
    Map<String, long[]> shapes(ModelComponent part) {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        resource(switch (part) {
            case TEXT_ENCODER -> "text_encoder.txt";
            case TRANSFORMER -> transformer + ".txt";
            case VAE -> "vae.txt";
        }).lines().map(line -> line.split(" ")).forEach(line -> {
            long[] shape = Arrays.stream(line[1].split(",")).mapToLong(Long::parseLong).toArray();
            expand(line[0]).forEach(name -> shapes.put(name, shape));
        });
        return shapes;
    }

    /** {@return the names that a pattern such as {@code norm{1..2}.{weight,bias}} stands for} */
    private static Stream<String> expand(String pattern) {
        Matcher found = ALTERNATIVES.matcher(pattern);
        if (!found.find()) {
            return Stream.of(pattern);
        }
        Matcher range = RANGE.matcher(found.group(1));
        Stream<String> words = range.matches()
                ? IntStream.rangeClosed(Integer.parseInt(range.group(1)), Integer.parseInt(range.group(2))).mapToObj(Integer::toString)
                : Arrays.stream(found.group(1).split(","));
        return words.map(found::replaceFirst).flatMap(PublishedModel::expand);
    }

    /** Writes a diffusers directory that takes next to no room on the disk, large parts in two files as they are published. */
    void write(Path folder) throws IOException {
        write(folder, LargeCheckpoint::writeSparse, Integer.MAX_VALUE, Integer.MAX_VALUE);
    }

    /**
     * Writes a diffusers directory with random numbers.
     *
     * @param layers of the transformer, at most
     * @param textLayers of the text encoder, at most
     */
    public void writeRandom(Path folder, int layers, int textLayers) throws IOException {
        write(folder, (file, shapes) -> LargeCheckpoint.writeRandom(file, shapes, file.getFileName().toString().hashCode()),
                layers, textLayers);
    }

    private interface Writer {

        void write(Path file, Map<String, long[]> shapes) throws IOException;
    }

    private void write(Path folder, Writer writer, int layers, int textLayers) throws IOException {
        write(folder.resolve("scheduler/scheduler_config.json"), scheduler, Integer.MAX_VALUE);
        write(folder.resolve("text_encoder/config.json"), "text_encoder", textLayers);
        write(folder.resolve("transformer/config.json"), transformer, layers);
        write(folder.resolve("vae/config.json"), vae, Integer.MAX_VALUE);
        Files.write(folder.resolve("model_index.json"), JSON.writeValueAsBytes(index()));
        Files.createDirectories(folder.resolve("tokenizer"));
        // A smaller vocabulary than the published one: any prompt can be read with it.
        try (Stream<Path> files = Files.list(DemoModel.folder().resolve("tokenizer"))) {
            for (Path file : files.toList()) {
                Files.copy(file, folder.resolve("tokenizer").resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
            }
        }
        writeShards(folder.resolve("text_encoder"), "model", upTo(textLayers, shapes(ModelComponent.TEXT_ENCODER)), writer);
        Path transformers = folder.resolve("transformer");
        Map<String, long[]> shapes = upTo(layers, shapes(ModelComponent.TRANSFORMER));
        if (this == COGVIDEOX_2B) {
            writer.write(transformers.resolve("diffusion_pytorch_model.safetensors"), shapes);
        } else {
            writeShards(transformers, "diffusion_pytorch_model", shapes, writer);
        }
        writer.write(folder.resolve("vae/diffusion_pytorch_model.safetensors"), shapes(ModelComponent.VAE));
    }

    private static Map<String, long[]> upTo(int layers, Map<String, long[]> shapes) {
        Map<String, long[]> kept = new LinkedHashMap<>(shapes);
        kept.keySet().removeIf(name -> {
            Matcher layer = LAYER.matcher(name);
            return layer.find() && Integer.parseInt(layer.group(1)) >= layers;
        });
        return kept;
    }

    private ObjectNode index() {
        ObjectNode index = JSON.createObjectNode().put("_class_name", className);
        index.putArray("scheduler").add("diffusers").add("CogVideoXDDIMScheduler");
        index.putArray("text_encoder").add("transformers").add("T5EncoderModel");
        index.putArray("tokenizer").add("transformers").add("T5Tokenizer");
        index.putArray("transformer").add("diffusers").add("CogVideoXTransformer3DModel");
        index.putArray("vae").add("diffusers").add("AutoencoderKLCogVideoX");
        return index;
    }

    private static void write(Path file, String config, int layers) throws IOException {
        ObjectNode written = (ObjectNode) JSON.readTree(resource(config + ".json"));
        if (written.path("num_layers").asInt() > layers) {
            written.put("num_layers", layers);
        }
        Files.createDirectories(file.getParent());
        Files.write(file, JSON.writeValueAsBytes(written));
    }

    private static void writeShards(Path folder, String baseName, Map<String, long[]> shapes, Writer writer) throws IOException {
        ObjectNode index = JSON.createObjectNode();
        List<String> names = List.copyOf(shapes.keySet());
        for (int shard = 1; shard <= SHARDS; shard++) {
            String file = "%s-%05d-of-%05d.safetensors".formatted(baseName, shard, SHARDS);
            Map<String, long[]> part = new LinkedHashMap<>();
            for (String name : names.subList(names.size() * (shard - 1) / SHARDS, names.size() * shard / SHARDS)) {
                part.put(name, shapes.get(name));
                index.withObject("/weight_map").put(name, file);
            }
            writer.write(folder.resolve(file), part);
        }
        Files.write(folder.resolve(baseName + ".safetensors.index.json"), JSON.writeValueAsBytes(index));
    }

    private static String resource(String name) {
        try (InputStream in = PublishedModel.class.getResourceAsStream("published/" + name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
