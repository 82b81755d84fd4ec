package io.panatorch.cogvideox.t5;

import static io.panatorch.cogvideox.t5.T5Fixtures.encode;
import static io.panatorch.cogvideox.t5.T5Fixtures.expected;
import static io.panatorch.cogvideox.t5.T5Fixtures.ids;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.panatorch.io.InvalidFileException;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.Tensor;
import io.panatorch.testing.Elements;
import io.panatorch.testing.LeakCheck;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Which files are an encoder's weights. The LeakCheck also sees that a refused file leaves nothing open. */
@Tag("cpu")
@ExtendWith(LeakCheck.class)
class T5EncoderLoadTest {

    private static final String MODEL = "gated-silu";
    private static final String SHARED = "shared.weight";
    private static final String OWN = "encoder.embed_tokens.weight";
    private static final String WO = "encoder.block.0.layer.1.DenseReluDense.wo.weight";

    @TempDir
    Path folder;

    @Test
    void takesTheTableUnderTheEncodersName() throws IOException {
        assertLoads(weights -> weights.put(OWN, weights.remove(SHARED)));
    }

    @Test
    void takesTheTableUnderBothNames() throws IOException {
        assertLoads(weights -> weights.put(OWN, weights.get(SHARED)));
    }

    @Test
    void leavesTheDecoderOfAWholeModelAlone() throws IOException {
        assertLoads(weights -> {
            weights.put("decoder.final_layer_norm.weight", weights.get("encoder.final_layer_norm.weight"));
            weights.put("lm_head.weight", weights.get(SHARED));
        });
    }

    private void assertLoads(Consumer<Map<String, Tensor>> change) throws IOException {
        T5Fixtures.changed(folder, MODEL, change);
        try (var encoder = T5Encoder.load(folder, DType.FLOAT32, Device.CPU)) {
            float[] actual = encode(encoder, ids(MODEL + "/prompt/ids"));
            Elements.assertClose("embeds", actual, expected(MODEL + "/prompt/embeds"), 2e-5);
        }
    }

    @Test
    void missingTable() throws IOException {
        assertRefused(weights -> weights.remove(SHARED), DType.FLOAT32,
                "tensor 'shared.weight' is missing, expected shape [448, 20]");
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT32", "FLOAT16"})
    void missingTensor(DType dtype) throws IOException {
        assertRefused(weights -> weights.remove(WO), dtype, "tensor '" + WO + "' is missing, expected shape [20, 30]");
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT32", "FLOAT16"})
    void superfluousTensor(DType dtype) throws IOException {
        String name = "encoder.block.1.layer.0.layer_norm.weight";
        assertRefused(weights -> weights.put(name, weights.get("encoder.final_layer_norm.weight")), dtype,
                "1 unexpected tensor, not part of the model that the configuration describes: '" + name + "'");
    }

    @Test
    void otherShape() throws IOException {
        assertRefused(weights -> weights.put(WO, weights.get(WO).narrow(0, 0, 19)), DType.FLOAT32,
                "tensor '" + WO + "' has shape [19, 30], expected [20, 30] by the model's configuration");
    }

    private void assertRefused(Consumer<Map<String, Tensor>> change, DType dtype, String problem) throws IOException {
        T5Fixtures.changed(folder, MODEL, change);
        assertThatThrownBy(() -> T5Encoder.load(folder, dtype, Device.CPU))
                .isInstanceOf(InvalidFileException.class)
                .hasMessage(folder.resolve("model.safetensors") + ": " + problem);
    }

    @Test
    void missingFiles() throws IOException {
        assertThatThrownBy(() -> T5Encoder.load(folder, DType.FLOAT32, Device.CPU))
                .isInstanceOf(NoSuchFileException.class)
                .hasMessageContaining("config.json");
        Files.copy(T5Fixtures.path(MODEL + "/config.json"), folder.resolve("config.json"));
        assertThatThrownBy(() -> T5Encoder.load(folder, DType.FLOAT32, Device.CPU))
                .isInstanceOf(NoSuchFileException.class)
                .hasMessageContaining("has neither model.safetensors nor model.safetensors.index.json");
    }
}
