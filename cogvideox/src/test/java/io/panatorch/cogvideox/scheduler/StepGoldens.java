package io.panatorch.cogvideox.scheduler;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** What diffusers' schedulers give: published settings in one folder, half types, other tables and &eta; in the other. */
final class StepGoldens {

    private static final List<String> FOLDERS = List.of("schedulers", "schedulers-more");

    private StepGoldens() {}

    /** A run, or the noise that is added before it, by its name in a folder. */
    record Case(String folder, String name, JsonNode json, CogVideoXScheduler scheduler) {

        int steps() {
            return json.get("num_inference_steps").asInt();
        }

        Schedule schedule() {
            double kept = steps() - json.get("first_step_index").asInt();
            return scheduler.schedule(ScheduleRequest.steps(steps())
                    .withStrength(Math.min(1, (kept + 0.5) / steps()))
                    .withEta(json.path("eta").asDouble()));
        }

        DType sampleType() {
            return DType.valueOf(json.path("sample_dtype").asText("float32").toUpperCase(Locale.ROOT));
        }

        Tensor tensor(String tensor) throws IOException {
            try (var golden = io.panatorch.cogvideox.Golden.open(folder)) {
                return golden.tensor(name + "/" + tensor);
            }
        }

        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Case> sequences() {
        return FOLDERS.stream().flatMap(folder -> cases(folder, "sequences"));
    }

    static Stream<Case> addNoise() {
        return cases("schedulers-more", "add_noise");
    }

    /** {@return the timesteps of a configuration by number of steps} */
    static Map<Integer, int[]> timesteps(String config) throws IOException {
        Map<Integer, int[]> all = new TreeMap<>();
        try (var golden = io.panatorch.cogvideox.Golden.open("schedulers"); var _ = TensorScope.open()) {
            for (var entry : golden.json().get("timesteps").get(config).properties()) {
                all.put(Integer.valueOf(entry.getKey()), entry.getValue().valueStream().mapToInt(JsonNode::asInt).toArray());
            }
            for (int steps : new int[] {999, 1000}) {
                long[] values = golden.tensor("timesteps/" + config + "/" + steps).toLongArray();
                all.put(steps, Arrays.stream(values).mapToInt(Math::toIntExact).toArray());
            }
        }
        return all;
    }

    static CogVideoXScheduler scheduler(String config) throws IOException {
        try (var golden = io.panatorch.cogvideox.Golden.open("schedulers")) {
            return new CogVideoXScheduler(Golden.read(golden.json().get("configs").get(config).toString()));
        }
    }

    private static Stream<Case> cases(String folder, String key) {
        try (var golden = io.panatorch.cogvideox.Golden.open(folder)) {
            JsonNode configs = golden.json().get("configs");
            return golden.json().get(key).propertyStream().map(entry -> {
                JsonNode json = entry.getValue();
                ObjectNode config = configs.get(json.get("config").asText()).deepCopy();
                if (json.has("prediction_type")) {
                    config.set("prediction_type", json.get("prediction_type"));
                }
                return new Case(folder, entry.getKey(), json, scheduler(config));
            }).toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static CogVideoXScheduler scheduler(ObjectNode config) {
        try {
            return new CogVideoXScheduler(Golden.read(config.toString()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
