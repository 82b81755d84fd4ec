package io.panatorch.cogvideox.scheduler;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** What diffusers calculated: {@code ddim.json} says what there is, {@code ddim.bin} holds the numbers. */
final class Golden {

    static final ObjectMapper JSON = new ObjectMapper();

    private static final JsonNode INDEX = index();
    private static final ByteBuffer DATA = ByteBuffer.wrap(resource("ddim.bin"));

    private Golden() {}

    record Alphas(String config, double[] values) {
        @Override
        public String toString() {
            return config;
        }
    }

    record Timesteps(String config, int steps, int[] values) {
        @Override
        public String toString() {
            return config + ", " + steps + " steps";
        }
    }

    /** Steps from the step with index {@code first} on; each starts from the result of the one before. */
    record Sequence(
            String name, String config, int steps, int first, float[] sample, float[][] outputs, float[][] originals,
            float[][] previous) {
        @Override
        public String toString() {
            return name;
        }
    }

    static SchedulerConfig config(String name) throws IOException {
        ObjectNode json = INDEX.get("configs").get(name).deepCopy();
        return read(json.put("_class_name", "CogVideoXDDIMScheduler").toString());
    }

    /** The settings that a file with this content would give. */
    static SchedulerConfig read(String json) throws IOException {
        Path file = Files.createTempFile("scheduler_config", ".json");
        try {
            return SchedulerConfig.read(Files.writeString(file, json));
        } finally {
            Files.delete(file);
        }
    }

    static Stream<Alphas> alphas() {
        return list("alphas").map(node -> new Alphas(node.get("config").asText(), doubles(node.get("values"))));
    }

    static Stream<Timesteps> timesteps() {
        return list("timesteps").map(node -> new Timesteps(
                node.get("config").asText(), node.get("steps").asInt(), ints(node.get("values"))));
    }

    static Stream<Sequence> sequences() {
        return list("sequences").map(node -> {
            float[] sample = floats(node.get("sample"));
            return new Sequence(
                    node.get("name").asText(),
                    node.get("config").asText(),
                    node.get("steps").asInt(),
                    node.get("first").asInt(),
                    sample,
                    rows(node.get("modelOutputs"), sample.length),
                    rows(node.get("originals"), sample.length),
                    rows(node.get("previous"), sample.length));
        });
    }

    private static Stream<JsonNode> list(String key) {
        return StreamSupport.stream(INDEX.get(key).spliterator(), false);
    }

    private static double[] doubles(JsonNode array) {
        double[] values = new double[array.get("count").asInt()];
        DATA.slice(array.get("at").asInt(), values.length * Double.BYTES).asDoubleBuffer().get(values);
        return values;
    }

    private static int[] ints(JsonNode array) {
        short[] values = new short[array.get("count").asInt()];
        DATA.slice(array.get("at").asInt(), values.length * Short.BYTES).asShortBuffer().get(values);
        int[] ints = new int[values.length];
        for (int i = 0; i < values.length; i++) {
            ints[i] = values[i];
        }
        return ints;
    }

    private static float[] floats(JsonNode array) {
        float[] values = new float[array.get("count").asInt()];
        DATA.slice(array.get("at").asInt(), values.length * Float.BYTES).asFloatBuffer().get(values);
        return values;
    }

    private static float[][] rows(JsonNode array, int length) {
        float[] values = floats(array);
        float[][] rows = new float[values.length / length][length];
        for (int i = 0; i < rows.length; i++) {
            System.arraycopy(values, i * length, rows[i], 0, length);
        }
        return rows;
    }

    private static JsonNode index() {
        try {
            return JSON.readTree(resource("ddim.json"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] resource(String name) {
        try (InputStream in = Golden.class.getResourceAsStream(name)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
