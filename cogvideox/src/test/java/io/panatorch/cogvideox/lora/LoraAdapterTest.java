package io.panatorch.cogvideox.lora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.panatorch.cogvideox.Golden;
import io.panatorch.cogvideox.lora.LoraAdapter.Change;
import io.panatorch.cogvideox.transformer.CogVideoXTransformer;
import io.panatorch.io.InvalidFileException;
import io.panatorch.nn.Matrix;
import io.panatorch.safetensors.Safetensors;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.LiveTensors;
import io.panatorch.tensor.Shape;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What an adapter's file says, by each kind of its names, and what is refused. */
@Tag("cpu")
class LoraAdapterTest {

    private static final String TO_Q = "transformer_blocks.0.attn1.to_q";
    private static final String TO_OUT = "transformer_blocks.0.attn1.to_out.0";
    private static final String A = "transformer." + TO_Q + ".lora_A.weight";
    private static final String B = "transformer." + TO_Q + ".lora_B.weight";

    @TempDir
    private Path folder;

    private Path file;
    private TensorScope scope;
    private final Map<String, Tensor> tensors = new LinkedHashMap<>();
    private final Map<String, String> metadata = new LinkedHashMap<>();

    @BeforeEach
    void open() {
        file = folder.resolve("lora.safetensors");
        scope = TensorScope.open();
        tensors.put(A, filled(1, 2, 48));
        tensors.put(B, filled(2, 48, 2));
    }

    @AfterEach
    void close() {
        scope.close();
    }

    private static Tensor filled(double value, long... shape) {
        return Tensor.full(Shape.of(shape), value, DType.FLOAT32, Device.CPU);
    }

    private LoraAdapter read() throws IOException {
        Safetensors.save(file, tensors, metadata);
        return LoraAdapter.read(file);
    }

    private void settings(String json) {
        metadata.put("lora_adapter_metadata", json);
    }

    private void refused(String message) {
        long before = LiveTensors.count();
        assertThatThrownBy(this::read).isInstanceOf(InvalidFileException.class).hasMessage(file + ": " + message);
        assertThat(LiveTensors.count()).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "transformer.transformer_blocks.0.attn1.to_q.lora_A.weight transformer.transformer_blocks.0.attn1.to_q.lora_B.weight",
        "transformer_blocks.0.attn1.to_q.lora_A.weight transformer_blocks.0.attn1.to_q.lora_B.weight",
        "transformer.transformer_blocks.0.attn1.to_q.lora.down.weight transformer.transformer_blocks.0.attn1.to_q.lora.up.weight",
        "transformer.transformer_blocks.0.attn1.processor.to_q_lora.down.weight transformer_blocks.0.attn1.processor.to_q_lora.up.weight",
        "transformer_blocks.0.attn1.to_q_lora.down.weight transformer_blocks.0.attn1.to_q_lora.up.weight"})
    void namesOfALayer(String names) throws IOException {
        tensors.clear();
        tensors.put(names.split(" ")[0], filled(1, 2, 48));
        tensors.put(names.split(" ")[1], filled(2, 48, 2));
        try (LoraAdapter adapter = read()) {
            assertThat(adapter.changes()).containsOnlyKeys(TO_Q);
            Change change = adapter.changes().get(TO_Q);
            assertThat(change.down().shape()).hasToString("[2, 48]");
            assertThat(change.up().shape()).hasToString("[48, 2]");
            assertThat(change.alpha()).as("its rank").isEqualTo(2);
        }
    }

    /** A processor calls the first layer of the list by the list's name. */
    @Test
    void namesOfTheOutput() throws IOException {
        tensors.clear();
        tensors.put("transformer.transformer_blocks.0.attn1.processor.to_out_lora.down.weight", filled(1, 2, 48));
        tensors.put("transformer.transformer_blocks.0.attn1.to_out.0.lora.up.weight", filled(1, 48, 2));
        tensors.put("transformer.transformer_blocks.0.attn1.processor.to_out_lora.alpha", filled(1, 1));
        try (LoraAdapter adapter = read()) {
            assertThat(adapter.changes()).containsOnlyKeys(TO_OUT);
            assertThat(adapter.changes().get(TO_OUT).alpha()).isOne();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"transformer.transformer_blocks.0.attn1.to_q.alpha", "transformer_blocks.0.attn1.to_q.lora.alpha",
        "transformer_blocks.0.attn1.processor.to_q_lora.alpha"})
    void alphaOfATensor(String name) throws IOException {
        for (Tensor alpha : new Tensor[] {filled(0.5), filled(0.5, 1), filled(0.5).to(DType.FLOAT16)}) {
            tensors.put(name, alpha);
            try (LoraAdapter adapter = read()) {
                assertThat(adapter.changes().get(TO_Q).alpha()).isEqualTo(0.5);
            }
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
        {"transformer.r": 2, "transformer.lora_alpha": 6} | 6
        {"r": 2, "lora_alpha": 6, "alpha_pattern": null} | 6
        {"transformer.r": 2} | 8
        {"transformer.r": 2, "transformer.lora_alpha": 6, "r": 9} | 6
        {"transformer.r": 5, "transformer.rank_pattern": {"to_q": 2}, "transformer.lora_alpha": 6} | 6
        {"transformer.r": 2, "transformer.lora_alpha": 6, "transformer.alpha_pattern": {"q": 1, "to_q": 0.5, "attn1.to_q": 7}} | 0.5
        {"transformer.r": 2, "transformer.lora_alpha": 6, "transformer.alpha_pattern": {"^to_q": 1}} | 6
        {"transformer.r": 2, "transformer.alpha_pattern": {"^transformer_blocks.0.attn1.to_q": 1}} | 1
        {"transformer.r": 2, "transformer.alpha_pattern": {"attn1\\\\.to_q": 1}} | 1
        {"text_encoder.r": 9, "text_encoder.lora_alpha": 9} | 2
        {} | 2
        """)
    void alphaOfTheSettings(String json, double alpha) throws IOException {
        settings(json);
        try (LoraAdapter adapter = read()) {
            assertThat(adapter.changes().get(TO_Q).alpha()).isEqualTo(alpha);
        }
    }

    @Test
    void rankStabilisedAlphaIsDividedByTheRootOfTheRank() throws IOException {
        settings("{\"transformer.r\": 2, \"transformer.lora_alpha\": 6, \"transformer.use_rslora\": true}");
        try (LoraAdapter adapter = read()) {
            assertThat(adapter.changes().get(TO_Q).alpha() / 2).isCloseTo(6 / Math.sqrt(2), within(1e-15));
        }
    }

    /** As its {@code save_pretrained} leaves them: with the settings in a file beside. */
    @Test
    void filesOfPeft() throws IOException {
        tensors.clear();
        tensors.put("base_model.model." + TO_Q + ".lora_A.weight", filled(1, 2, 48));
        tensors.put("base_model.model." + TO_Q + ".lora_B.weight", filled(2, 48, 2));
        refused("has names of tensors that peft gives; expected beside it adapter_config.json, which says the ranks and alphas, found no"
                + " such file");
        Path config = folder.resolve("adapter_config.json");
        Files.writeString(config, "{\"peft_type\": \"LORA\", \"r\": 2, \"lora_alpha\": 6, \"use_dora\": false}");
        try (LoraAdapter adapter = read()) {
            assertThat(adapter.changes()).containsOnlyKeys(TO_Q);
            assertThat(adapter.changes().get(TO_Q).alpha()).isEqualTo(6);
        }
        Files.copy(file, folder.resolve("adapter_model.safetensors"));
        try (LoraAdapter adapter = LoraAdapter.read(folder)) {
            assertThat(adapter.changes()).containsOnlyKeys(TO_Q);
        }
        Files.writeString(config, "{\"peft_type\": \"IA3\"}");
        assertThatThrownBy(this::read).hasMessage(config + ": peft_type: expected LORA, found \"IA3\"");
        Files.writeString(config, "{\"r\": 3}");
        assertThatThrownBy(this::read).isInstanceOf(InvalidFileException.class)
                .hasMessage(config + ": r of " + TO_Q + ": expected 2, the rank of its tensors, found 3");
        Files.writeString(config, "[]");
        assertThatThrownBy(this::read).hasMessageStartingWith(config + ": root: expected a JSON object, found []");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
        { | lora_adapter_metadata: expected JSON, found
        [] | lora_adapter_metadata: expected a JSON object, found []
        {"transformer.r": 3} | lora_adapter_metadata: transformer.r of transformer_blocks.0.attn1.to_q: \
        expected 2, the rank of its tensors, found 3
        {"r": "2"} | lora_adapter_metadata: r of transformer_blocks.0.attn1.to_q: \
        expected a finite number, found "2"
        {"r": 2, "lora_alpha": null} | lora_adapter_metadata: lora_alpha of transformer_blocks.0.attn1.to_q: \
        expected a finite number, found null
        {"r": 2, "alpha_pattern": 1} | lora_adapter_metadata: alpha_pattern: expected an object, found 1
        {"r": 2, "alpha_pattern": {"(a+)+": 1}} | lora_adapter_metadata: alpha_pattern: \
        expected names of layers, found the regular expression '(a+)+', which is not supported
        {"use_dora": true} | lora_adapter_metadata: use_dora: expected false, since DoRA is not supported, found true
        """)
    void settingsThatCannotBe(String json, String message) {
        settings(json);
        assertThatThrownBy(this::read).isInstanceOf(InvalidFileException.class).hasMessageStartingWith(file + ": " + message)
                .message().hasLineCount(1);
    }

    @Test
    void halves() {
        tensors.remove(B);
        refused("tensor '" + A + "' is alone, expected also the lora_B of its layer; the file is not whole");
        tensors.clear();
        tensors.put(B, filled(1, 48, 2));
        refused("tensor '" + B + "' is alone, expected also the lora_A of its layer; the file is not whole");
        tensors.clear();
        tensors.put("transformer." + TO_Q + ".alpha", filled(1, 1));
        refused("tensor 'transformer." + TO_Q + ".alpha' is alone, expected also the lora_A of its layer; the file is not whole");
        tensors.clear();
        refused("has no tensors, expected those of a LoRA adapter");
    }

    @Test
    void shapes() {
        tensors.put(B, filled(1, 48, 3));
        refused("tensor '" + B + "' has shape [48, 3], expected [48, 2] by the rank of tensor '" + A + "'");
        tensors.put(B, filled(1, 48, 2, 1, 1));
        refused("tensor '" + B + "' has shape [48, 2, 1, 1], expected two dimensions: adapters of other layers than linear ones are"
                + " not supported");
        tensors.put(A, filled(1, 0, 48));
        refused("tensor '" + A + "' has shape [0, 48], expected no dimension of 0");
        tensors.put(A, filled(1, 2, 48));
        tensors.put(B, filled(1, 48, 2));
        tensors.put("transformer." + TO_Q + ".alpha", filled(1, 2));
        refused("tensor 'transformer." + TO_Q + ".alpha' has shape [2], expected one number");
    }

    @ParameterizedTest
    @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
    void numbersThatAreNone(double number) {
        tensors.put(B, filled(number, 48, 2));
        refused("tensor '" + B + "' has NaN or infinity, expected finite numbers; the file is damaged, or its training has failed");
        tensors.put(B, filled(1, 48, 2));
        tensors.put("transformer." + TO_Q + ".alpha", filled(number));
        refused("tensor 'transformer." + TO_Q + ".alpha' has NaN or infinity, expected finite numbers; the file is damaged, or its"
                + " training has failed");
    }

    @Test
    void otherDtypes() {
        tensors.put(A, Tensor.zeros(Shape.of(2, 48), DType.INT64, Device.CPU));
        refused("tensor '" + A + "' has dtype int64, expected a floating-point type");
    }

    @ParameterizedTest
    @ValueSource(strings = {"lora_magnitude_vector", "lora_magnitude_vector.weight", "dora_scale"})
    void dora(String end) {
        tensors.put("transformer." + TO_Q + "." + end, filled(1, 48));
        refused("tensor 'transformer." + TO_Q + "." + end + "': adapters by DoRA, which also scale the model's own weights, are not"
                + " supported; expected plain LoRA");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "transformer.proj_out.weight", "transformer.proj_out.lora_B.bias", ".lora_A.weight",
        "lora_unet_transformer_blocks_0_attn1_to_q.lora_down.weight"})
    void otherNames(String name) {
        tensors.put(name, filled(1, 48));
        refused("tensor '" + name + "' is no part of a LoRA adapter, expected names such as"
                + " transformer.transformer_blocks.0.attn1.to_q.lora_A.weight, and the same with lora_B");
    }

    @Test
    void aHostileNameIsCut() {
        tensors.put("\n".repeat(3) + "x".repeat(5000), filled(1, 48));
        assertThatThrownBy(this::read).message().hasLineCount(1).hasSizeLessThan(600);
    }

    @Test
    void theSameTwice() {
        tensors.put(TO_Q + ".lora.down.weight", filled(1, 2, 48));
        assertThatThrownBy(this::read).hasMessageContaining("is there twice, also as tensor '").hasMessageContaining(A);
        tensors.remove(TO_Q + ".lora.down.weight");
        tensors.put(TO_Q + ".alpha", filled(1));
        settings("{\"r\": 2}");
        refused("tensor '" + TO_Q + ".alpha': expected alphas either in tensors or in the file's lora_adapter_metadata, found both");
    }

    @Test
    void filesThatAreNone() throws IOException {
        assertThatThrownBy(() -> LoraAdapter.read(file)).isInstanceOf(NoSuchFileException.class).hasMessage(file + ": does not exist");
        Files.writeString(file, "no safetensors at all");
        assertThatThrownBy(() -> LoraAdapter.read(file)).isInstanceOf(InvalidFileException.class).hasMessageStartingWith(file + ": ");
    }

    /** Its numbers are in memory: the next training may write to the file. */
    @Test
    void theFileIsNotNeededAfterwards() throws IOException {
        try (LoraAdapter adapter = read()) {
            Files.write(file, new byte[0]);
            assertThat(adapter.changes().get(TO_Q).down().toFloatArray()).hasSize(96).containsOnly(1);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"t2v-2b/attention", "t2v-2b/old", "t2v-2b/all", "t2v-5b/rslora", "t2v-5b/ranks"})
    void isSavedAsItIs(String name) throws IOException {
        try (LoraAdapter adapter = LoraAdapter.read(Golden.folder("lora/" + name.substring(0, 6)).resolve(name.substring(7)
                + ".safetensors"))) {
            adapter.save(file);
            try (LoraAdapter again = LoraAdapter.read(file)) {
                assertThat(again.changes().keySet()).isEqualTo(adapter.changes().keySet());
                adapter.changes().forEach((layer, change) -> {
                    Change other = again.changes().get(layer);
                    assertThat(other.alpha()).isEqualTo(change.alpha());
                    assertThat(other.down().dtype()).isEqualTo(change.down().dtype());
                    assertThat(Arrays.equals(other.down().toDoubleArray(), change.down().toDoubleArray())).isTrue();
                    assertThat(Arrays.equals(other.up().toDoubleArray(), change.up().toDoubleArray())).isTrue();
                    assertThat(other.downName()).isEqualTo("transformer." + layer + ".lora_A.weight");
                });
            }
        }
    }

    /** What peft makes of it: {@code LoraConfig(**metadata)}. */
    @Test
    void savesAlphasThatAreNotTheRanks() throws IOException {
        tensors.put(TO_Q + ".alpha", filled(0.5));
        tensors.put(TO_OUT + ".lora_A.weight", filled(1, 3, 48));
        tensors.put(TO_OUT + ".lora_B.weight", filled(1, 48, 3));
        tensors.put("proj_out.lora_A.weight", filled(1, 3, 48));
        tensors.put("proj_out.lora_B.weight", filled(1, 16, 3));
        try (LoraAdapter adapter = read()) {
            adapter.save(file);
        }
        try (Safetensors saved = Safetensors.open(file)) {
            assertThat(saved.metadata()).containsEntry("format", "pt");
            assertThat(new JsonMapper().readTree(saved.metadata().get("lora_adapter_metadata"))).isEqualTo(new JsonMapper().readTree("""
                    {"transformer.target_modules": ["proj_out", "%1$s", "%2$s"], "transformer.r": 3,
                     "transformer.rank_pattern": {"%1$s": 2}, "transformer.lora_alpha": 3, "transformer.alpha_pattern": {"%1$s": 0.5}}
                    """.formatted(TO_Q, TO_OUT)));
        }
    }

    @Test
    void aModelRefusesAnAdapterOfAnother() throws IOException {
        Path model = Golden.folder("t2v-2b").resolve("pipeline/transformer");
        try (var transformer = CogVideoXTransformer.load(model, DType.FLOAT32, Device.META)) {
            try (LoraAdapter adapter = read()) {
                on(transformer, adapter, false).close();
            }
            tensors.put("transformer.transformer_blocks.4.attn1.to_q.lora_A.weight", filled(1, 2, 48));
            tensors.put("transformer.transformer_blocks.4.attn1.to_q.lora_B.weight", filled(1, 48, 2));
            isRefused(transformer, "tensor 'transformer.transformer_blocks.4.attn1.to_q.lora_A.weight': the model's transformer has no"
                    + " linear layer of this name; the adapter is for another model");
            tensors.clear();
            tensors.put(A, filled(1, 2, 64));
            tensors.put(B, filled(1, 48, 2));
            isRefused(transformer, "tensor '" + A + "' has shape [2, 64], expected [2, 48] for the model's layer; the adapter is for"
                    + " another model");
            tensors.put(A, filled(1, 2, 48));
            tensors.put(B, filled(1, 64, 2));
            isRefused(transformer, "tensor '" + B + "' has shape [64, 2], expected [48, 2] for the model's layer; the adapter is for"
                    + " another model");
        }
    }

    private static CogVideoXTransformer on(CogVideoXTransformer transformer, LoraAdapter adapter, boolean isFused) throws IOException {
        return transformer.with(new LoraLayers(Map.of(adapter, 1.0), isFused, DType.FLOAT32, Device.META));
    }

    private void isRefused(CogVideoXTransformer transformer, String message) throws IOException {
        try (LoraAdapter adapter = read()) {
            for (boolean isFused : new boolean[] {false, true}) {
                long before = LiveTensors.count();
                assertThatThrownBy(() -> on(transformer, adapter, isFused)).isInstanceOf(InvalidFileException.class)
                        .hasMessage(file + ": " + message);
                assertThat(LiveTensors.count()).isEqualTo(before);
            }
        }
    }

    /** Such as one in 8 bits: beside it the change can be calculated, into it not. */
    @Test
    void matricesOfOtherKindsAreNotFused() throws IOException {
        Matrix matrix = (x, _) -> x;
        try (LoraAdapter adapter = read();
                LoraLayers beside = new LoraLayers(Map.of(adapter, 1.0), false, DType.FLOAT32, Device.CPU);
                LoraLayers fused = new LoraLayers(Map.of(adapter, 1.0), true, DType.FLOAT32, Device.CPU)) {
            assertThat(beside.adapt(TO_OUT + ".weight", matrix, 48, 48)).isSameAs(matrix);
            assertThat(beside.adapt(TO_Q + ".weight", matrix, 48, 48)).isNotSameAs(matrix);
            assertThatThrownBy(() -> fused.adapt(TO_Q + ".weight", matrix, 48, 48)).isInstanceOf(IllegalStateException.class)
                    .hasMessage("fuse: expected matrices of floating-point numbers, found transformer_blocks.0.attn1.to_q.weight stored"
                            + " in another way; leave the adapters unfused");
        }
    }
}
