package io.panatorch.cogvideox;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.panatorch.testing.SparseCheckpoint;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
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
enum PublishedModel {
    COGVIDEOX_2B("CogVideoXPipeline", "transformer-2b", "vae-2b", "scheduler-2b"),
    COGVIDEOX_5B("CogVideoXPipeline", "transformer-5b", "vae-5b", "scheduler-5b"),
    COGVIDEOX_5B_I2V("CogVideoXImageToVideoPipeline", "transformer-5b-i2v", "vae-5b", "scheduler-5b"),
    COGVIDEOX_1_5_5B("CogVideoXPipeline", "transformer-1.5-5b", "vae-1.5", "scheduler-5b"),
    COGVIDEOX_1_5_5B_I2V("CogVideoXImageToVideoPipeline", "transformer-1.5-5b-i2v", "vae-1.5", "scheduler-5b");

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int SHARDS = 2;
    private static final Pattern ALTERNATIVES = Pattern.compile("\\{([^}]*)}");
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
        write(folder.resolve("scheduler/scheduler_config.json"), scheduler);
        write(folder.resolve("text_encoder/config.json"), "text_encoder");
        write(folder.resolve("transformer/config.json"), transformer);
        write(folder.resolve("vae/config.json"), vae);
        Files.write(folder.resolve("model_index.json"), JSON.writeValueAsBytes(index()));
        Files.createDirectories(folder.resolve("tokenizer"));
        // A smaller vocabulary than the published one: any prompt can be read with it.
        for (String file : List.of("spiece.model", "tokenizer_config.json")) {
            Files.copy(Golden.folder("t2v-2b").resolve("pipeline/tokenizer").resolve(file), folder.resolve("tokenizer").resolve(file));
        }
        writeShards(folder.resolve("text_encoder"), "model", shapes(ModelComponent.TEXT_ENCODER));
        Path transformers = folder.resolve("transformer");
        if (this == COGVIDEOX_2B) {
            SparseCheckpoint.write(transformers.resolve("diffusion_pytorch_model.safetensors"), shapes(ModelComponent.TRANSFORMER));
        } else {
            writeShards(transformers, "diffusion_pytorch_model", shapes(ModelComponent.TRANSFORMER));
        }
        SparseCheckpoint.write(folder.resolve("vae/diffusion_pytorch_model.safetensors"), shapes(ModelComponent.VAE));
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

    private static void write(Path file, String config) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, resource(config + ".json"));
    }

    private static void writeShards(Path folder, String baseName, Map<String, long[]> shapes) throws IOException {
        ObjectNode index = JSON.createObjectNode();
        List<String> names = List.copyOf(shapes.keySet());
        for (int shard = 1; shard <= SHARDS; shard++) {
            String file = "%s-%05d-of-%05d.safetensors".formatted(baseName, shard, SHARDS);
            Map<String, long[]> part = new LinkedHashMap<>();
            for (String name : names.subList(names.size() * (shard - 1) / SHARDS, names.size() * shard / SHARDS)) {
                part.put(name, shapes.get(name));
                index.withObject("/weight_map").put(name, file);
            }
            SparseCheckpoint.write(folder.resolve(file), part);
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
