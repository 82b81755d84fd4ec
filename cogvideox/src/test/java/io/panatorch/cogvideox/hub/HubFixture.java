package io.panatorch.cogvideox.hub;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A model on a hub of this machine, an empty cache, and no long waits. Its weights are of a few bytes that nobody loads. */
abstract class HubFixture {

    static final String TRANSFORMER = "transformer/diffusion_pytorch_model.safetensors";
    static final String TEXT_ENCODER = "text_encoder/model.safetensors";
    static final String VAE = "vae/diffusion_pytorch_model.safetensors";

    /** What a pipeline needs, in the order of names. */
    static final List<String> NEEDED = List.of("model_index.json", "scheduler/scheduler_config.json", "text_encoder/config.json",
            TEXT_ENCODER, "tokenizer/spiece.model", "tokenizer/tokenizer_config.json", "transformer/config.json", TRANSFORMER,
            "vae/config.json", VAE);

    static final int SIZE = 100_000;

    private static final Patience QUICK =
            new Patience(Duration.ofSeconds(20), Duration.ofSeconds(20), Duration.ofMillis(1), Duration.ofMillis(4), 3);

    @TempDir
    Path temp;

    Path cache;
    FakeHub server;

    @BeforeEach
    void start() {
        cache = temp.resolve("cache");
        server = new FakeHub();
        server.put("model_index.json", """
                {"_class_name": "CogVideoXPipeline", "scheduler": ["diffusers", "CogVideoXDDIMScheduler"],
                 "text_encoder": ["transformers", "T5EncoderModel"], "tokenizer": ["transformers", "T5Tokenizer"],
                 "transformer": ["diffusers", "CogVideoXTransformer3DModel"], "vae": ["diffusers", "AutoencoderKLCogVideoX"]}
                """);
        for (String file : NEEDED.subList(1, NEEDED.size())) {
            server.put(file, bytes(file, file.endsWith(".json") ? 100 : SIZE));
        }
        server.put("README.md", "a model");
        server.put("text_encoder/pytorch_model.bin", bytes("pickle", SIZE));
        server.put("text_encoder/flax_model.msgpack", bytes("flax", SIZE));
        server.put("safety_checker/model.safetensors", bytes("another part", SIZE));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    /** Numbers that are another file's at no place. */
    static byte[] bytes(String file, int count) {
        byte[] bytes = new byte[count];
        new Random(file.hashCode()).nextBytes(bytes);
        return bytes;
    }

    Hub hub(String... variables) {
        return hub(QUICK, variables);
    }

    /** @param variables names and values by turns, besides those that lead to the server */
    Hub hub(Patience patience, String... variables) {
        Map<String, String> all = server.variables(cache);
        for (int i = 0; i < variables.length; i += 2) {
            all.put(variables[i], variables[i + 1]);
        }
        return new Hub(HubSettings.of(all), patience);
    }

    Path download() throws IOException {
        return download(hub());
    }

    static Path download(Hub hub) throws IOException {
        return hub.download(ModelId.of(FakeHub.MODEL), "", _ -> {});
    }

    Path inCache(String path) {
        return cache.resolve("models--tiny--model").resolve(path);
    }

    Path blob(String file) {
        return inCache("blobs/" + FakeHub.etag(file, server.content(file)));
    }

    Path incomplete(String file) {
        return Path.of(blob(file) + ".incomplete");
    }

    /** {@return the files in a folder, by their paths from there} */
    static List<String> files(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            return List.copyOf(all.filter(file -> !Files.isDirectory(file)).map(file -> folder.relativize(file).toString())
                    .collect(Collectors.toCollection(TreeSet::new)));
        }
    }

    /** All that is needed has come and is right, and nothing else is there. */
    void isWhole(Path snapshot) throws IOException {
        assertThat(snapshot).isEqualTo(inCache("snapshots/" + server.main()));
        assertThat(files(snapshot)).isEqualTo(NEEDED);
        for (String file : NEEDED) {
            assertThat(snapshot.resolve(file)).as(file).hasBinaryContent(server.content(file));
        }
        assertThat(files(inCache("."))).as("what was not whole").noneMatch(file -> file.endsWith(".incomplete"));
    }

    /** No file has a name of whole content that has not. */
    void isUndamaged() throws IOException {
        if (!Files.isDirectory(inCache("blobs"))) {
            return;
        }
        for (String name : files(inCache("blobs"))) {
            byte[] content = Files.readAllBytes(inCache("blobs").resolve(name));
            if (!name.endsWith(".incomplete")) {
                assertThat(List.of(FakeHub.etag("x", content), FakeHub.etag("x.json", content))).as(name).contains(name);
            }
        }
    }
}
