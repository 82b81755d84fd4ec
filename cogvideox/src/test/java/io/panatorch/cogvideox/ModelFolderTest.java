package io.panatorch.cogvideox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.panatorch.cogvideox.tokenizer.T5Tokenizer;
import io.panatorch.io.InvalidFileException;
import io.panatorch.safetensors.Safetensors;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import io.panatorch.testing.Elements;
import io.panatorch.testing.Logged;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Models as people find and keep them. */
@Tag("cpu")
class ModelFolderTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path temp;

    private Path model;

    @BeforeEach
    void copy() throws IOException {
        model = temp.resolve("model");
        Path original = Golden.folder("t2v-2b").resolve("pipeline");
        try (Stream<Path> files = Files.walk(original)) {
            for (Path file : files.toList()) {
                Files.copy(file, model.resolve(original.relativize(file).toString()));
            }
        }
    }

    /** The final latents of a short generation. */
    private static float[] latents(Path model, String variant) throws IOException {
        var request = VideoRequest.builder("a dog").steps(1).frames(1).height(32).width(32).build();
        try (var pipeline = CogVideoXPipeline.loader(model).variant(variant).load();
                var video = pipeline.generate(request)) {
            return video.latents().toFloatArray();
        }
    }

    private void loadsAsBefore(String variant) throws IOException {
        Elements.assertSame("latents", latents(model, variant), latents(Golden.folder("t2v-2b").resolve("pipeline"), ""));
    }

    private static void refused(Path folder, String message) {
        assertThatThrownBy(() -> CogVideoXPipeline.load(folder, DType.FLOAT32, Device.CPU).close())
                .isInstanceOf(IOException.class).hasMessage(message);
    }

    private void edit(String file, Consumer<ObjectNode> change) throws IOException {
        Path path = model.resolve(file);
        ObjectNode json = (ObjectNode) JSON.readTree(path.toFile());
        change.accept(json);
        Files.write(path, JSON.writeValueAsBytes(json));
    }

    private Path weights(String part) {
        return model.resolve(part).resolve((part.equals("text_encoder") ? "model" : "diffusion_pytorch_model") + ".safetensors");
    }

    @Test
    void configsThatNameNoClassLoad() throws IOException {
        for (String file : List.of("model_index.json", "scheduler/scheduler_config.json", "transformer/config.json",
                "vae/config.json")) {
            edit(file, json -> json.remove(List.of("_class_name", "_diffusers_version")));
        }
        edit("text_encoder/config.json", json -> json.remove(List.of("architectures", "model_type")));
        loadsAsBefore("");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "_class_name | LattePipeline | model_index.json: _class_name: expected one of CogVideoXPipeline, CogVideoXVideoToVideoPipeline,"
                + " CogVideoXImageToVideoPipeline, CogVideoXFunControlPipeline, found \"LattePipeline\"",
        "_class_name | CogVideoXImageToVideoPipeline | transformer/config.json: in_channels: expected 8, twice the VAE's"
                + " latent_channels, found 4",
        "_class_name | CogVideoXFunControlPipeline | transformer/config.json: in_channels: expected 8, twice the VAE's"
                + " latent_channels, found 4",
        "scheduler | DDIMScheduler | model_index.json: scheduler: expected \"CogVideoXDDIMScheduler\" or"
                + " \"CogVideoXDPMScheduler\", found \"DDIMScheduler\""
    })
    void anotherModelIsRefusedBeforeItsWeightsAreRead(String key, String found, String message) throws IOException {
        Files.delete(weights("text_encoder"));
        edit("model_index.json", json -> {
            if (key.equals("scheduler")) {
                json.putArray(key).add("diffusers").add(found);
            } else {
                json.put(key, found);
            }
        });
        refused(model, model + "/" + message);
    }

    @Test
    void whatIsNoModelFolderIsToldWhatIs() throws IOException {
        refused(Path.of("THUDM/CogVideoX-2b"), "THUDM/CogVideoX-2b: the folder does not exist; a model of the hub is named by a text, not"
                + " by a path");
        refused(temp.resolve("no"), temp.resolve("no") + ": the folder does not exist");
        refused(weights("vae"), weights("vae") + ": is a file, expected a diffusers directory with model_index.json;"
                + " checkpoints of one file are not read");
        refused(model.resolve("vae"), model.resolve("vae") + ": has no model_index.json, expected a diffusers directory;"
                + " name the folder above it, " + model);
        Path cache = Files.createDirectories(temp.resolve("models--THUDM--CogVideoX-2b/snapshots"));
        Files.move(model, cache.resolve("1137dac"));
        refused(cache.getParent(), cache.getParent() + ": has no model_index.json, expected a diffusers directory;"
                + " name the revision in it, " + cache.resolve("1137dac"));
    }

    @Test
    void aVariantIsTakenWhereThereIsOne() throws IOException {
        Files.move(weights("transformer"), model.resolve("transformer/diffusion_pytorch_model.fp16.safetensors"));
        shard("text_encoder", "model.fp16-0000%d-of-00002.safetensors", "model.safetensors.index.fp16.json");
        refused(model, model + "/text_encoder: has no model.safetensors, only the variant fp16; ask for it by its name"
                + " (--variant fp16 on the command line)");
        try (Logged warnings = new Logged(CogVideoXPipeline.class)) {
            loadsAsBefore("fp16");
            assertThat(warnings.messages()).containsExactly(
                    "WARNING: no weights of the variant fp16 in vae: the plain ones are taken there");
        }
        shard("vae", "diffusion_pytorch_model-0000%d-of-00002.fp16.safetensors",
                "diffusion_pytorch_model.safetensors.fp16.index.json");
        loadsAsBefore("fp16");
        assertThatThrownBy(() -> latents(model, "ema")).hasMessage(model + ": has no weights of the variant ema; ask for none,"
                + " or fetch them");
        assertThatIllegalArgumentException().isThrownBy(() -> latents(model, "../fp16"))
                .withMessage("variant: expected a name of letters, digits, - and _, such as fp16, found \"../fp16\"");
    }

    /** Puts the tensors of a part's weights into two files, by turns. */
    private void shard(String part, String shardName, String indexName) throws IOException {
        Path weights = weights(part);
        try (var file = Safetensors.open(weights); var _ = TensorScope.open()) {
            ObjectNode index = JSON.createObjectNode();
            for (int shard = 1; shard <= 2; shard++) {
                var tensors = new TreeMap<String, Tensor>();
                for (String name : file.names()) {
                    if (Math.floorMod(name.hashCode(), 2) == shard - 1) {
                        tensors.put(name, file.load(name));
                        index.withObject("/weight_map").put(name, shardName.formatted(shard));
                    }
                }
                Safetensors.save(weights.resolveSibling(shardName.formatted(shard)), tensors, Map.of());
            }
            Files.write(weights.resolveSibling(indexName), JSON.writeValueAsBytes(index));
        }
        Files.delete(weights);
    }

    @Test
    void weightsMayBeLinksToAnotherDisk() throws IOException {
        Path disk = Files.createDirectory(temp.resolve("disk"));
        shard("text_encoder", "model-0000%d-of-00002.safetensors", "model.safetensors.index.json");
        Files.move(weights("vae"), disk.resolve("vae"));
        Files.createSymbolicLink(weights("vae"), disk.resolve("vae"));
        for (String shard : List.of("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")) {
            Files.move(model.resolve("text_encoder").resolve(shard), disk.resolve(shard));
            Files.createSymbolicLink(model.resolve("text_encoder").resolve(shard), disk.resolve(shard));
        }
        loadsAsBefore("");
        Files.delete(disk.resolve("vae"));
        refused(model, weights("vae") + ": is a link to " + disk.resolve("vae") + ", which is not there");
    }

    @Test
    void picklesAreNamed() throws IOException {
        Files.move(weights("vae"), model.resolve("vae/diffusion_pytorch_model.bin"));
        refused(model, model + "/vae: has neither diffusion_pytorch_model.safetensors nor"
                + " diffusion_pytorch_model.safetensors.index.json; diffusion_pytorch_model.bin is a pickle, which may run any"
                + " program and is not read: fetch the model's safetensors files, or convert it in Python by"
                + " from_pretrained(...).save_pretrained(..., safe_serialization=True)");
    }

    @Test
    void shardsWithoutTheirIndexAreNamed() throws IOException {
        Files.move(weights("vae"), model.resolve("vae/diffusion_pytorch_model-00001-of-00001.safetensors"));
        refused(model, model + "/vae: has diffusion_pytorch_model-00001-of-00001.safetensors but not"
                + " diffusion_pytorch_model.safetensors.index.json, which says what is in it; fetch that too");
    }

    /** Every file of a model, with what a checkout, a browser or a broken connection left in its place. */
    @ParameterizedTest
    @ValueSource(strings = {"model_index.json", "scheduler/scheduler_config.json", "tokenizer/spiece.model",
        "tokenizer/tokenizer_config.json", "tokenizer/tokenizer.json", "tokenizer/added_tokens.json",
        "tokenizer/special_tokens_map.json", "text_encoder/config.json", "text_encoder/model.safetensors",
        "transformer/config.json", "transformer/diffusion_pytorch_model.safetensors", "vae/config.json",
        "vae/diffusion_pytorch_model.safetensors"})
    void filesThatWereNotFetchedAreNamed(String name) throws IOException {
        Path file = model.resolve(name);
        byte[] whole = Files.exists(file) ? Files.readAllBytes(file) : new byte[] {'{'};
        Files.writeString(file, "version https://git-lfs.github.com/spec/v1\noid sha256:0a1b\nsize 9\n");
        refused(model, file + ": is a Git LFS pointer, not the file itself; fetch it with: git lfs pull");
        Files.writeString(file, "\n<!DOCTYPE html><html><title>Sign in</title></html>");
        refused(model, file + ": is an HTML page, not the file itself: a site's page about it, or one that asks to log in;"
                + " fetch the file again, by the site's download link");
        Files.write(file, new byte[0]);
        refused(model, file + ": is empty; the file is damaged, fetch it again");
        Files.write(file, Arrays.copyOf(whole, whole.length == 1 ? 1 : whole.length / 2));
        assertThatThrownBy(() -> CogVideoXPipeline.load(model, DType.FLOAT32, Device.CPU).close())
                .isInstanceOf(InvalidFileException.class)
                .hasMessageStartingWith(file + ": ")
                .message().doesNotContain("\n").containsAnyOf("fetch it again", "cut off");
    }

    /** Two tokens were added to the tokenizer, and the encoder was not given rows for them. */
    @Test
    void aTokenThatTheEncoderHasNoRowForIsNamed() throws IOException {
        int rows = JSON.readTree(model.resolve("text_encoder/config.json").toFile()).get("vocab_size").intValue();
        int next = T5Tokenizer.load(model.resolve("tokenizer")).vocabSize();
        ObjectNode added = JSON.createObjectNode();
        for (int id = next; id <= Math.max(next, rows); id++) {
            added.put("<new-" + id + ">", id);
        }
        Files.write(model.resolve("tokenizer/added_tokens.json"), JSON.writeValueAsBytes(added));
        int last = Math.max(next, rows);
        refused(model, model + "/text_encoder/config.json: vocab_size: expected " + (last + 1)
                + " or more, the ids of the tokenizer with its last token, <new-" + last + ">, found " + rows);
    }

    @Test
    void wordsThatTheModelDoesNotKnowAreNamed() throws IOException {
        try (Logged warnings = new Logged(CogVideoXPipeline.class);
                var pipeline = CogVideoXPipeline.load(model, DType.FLOAT32, Device.CPU)) {
            pipeline.generate(VideoRequest.builder("a dog \u706B \uD83D\uDE80 in Paris").steps(1).frames(1).height(32)
                    .width(32).build()).close();
            assertThat(warnings.messages()).containsExactly(
                    "WARNING: prompt with words that the model cannot spell, and reads as unknown: \u706B, \uD83D\uDE80");
        }
    }
}
