package io.panatorch.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import io.panatorch.io.InvalidFileException;
import io.panatorch.safetensors.Safetensors;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.LiveTensors;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import io.panatorch.tensor.TorchException;
import io.panatorch.testing.LargeCheckpoint;
import io.panatorch.testing.TensorTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@TensorTest
class WeightsTest {

    @TempDir
    private Path folder;

    private Path file;

    @BeforeEach
    void save() throws IOException {
        file = folder.resolve("model.safetensors");
        save(file, "up.weight", "up.bias", "blocks.0.to_q.weight", "norm.weight", "norm_out.weight");
    }

    /** Each tensor is [2, 3] of half precision, but for biases, which are [2] of whole numbers. */
    private static void save(Path path, String... names) throws IOException {
        try (var _ = TensorScope.open()) {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            for (String name : names) {
                tensors.put(name, name.endsWith("bias")
                        ? Tensor.of(new long[] {1, 2}, 2)
                        : Tensor.of(new float[] {1, 2, 3, 4, 5, 0.5f}, 2, 3).to(DType.FLOAT16));
            }
            Safetensors.save(path, tensors, Map.of());
        }
    }

    private Weights open(DType dtype) throws IOException {
        return Weights.open(folder, "model", dtype, Device.CPU);
    }

    @Test
    void takesTensorsFromAnyFileThatIsOpen() throws IOException {
        Path moved = Files.move(file, folder.resolve("of another name"));
        try (Weights weights = Weights.of(Safetensors.open(moved), new Placement(DType.FLOAT32, Device.CPU))) {
            assertThat(weights.get("norm.weight", 2, 3).toDoubleArray()).endsWith(5, 0.5);
        }
    }

    /** A file of 64 GiB, all of which is a hole. */
    @Test
    void theMetaDeviceNeedsTheHeaderAlone() throws IOException {
        LargeCheckpoint.writeSparse(file, new TreeMap<>(Map.of("a", new long[] {1, 3}, "b", new long[] {1L << 20, 1L << 15})));
        assertTimeout(Duration.ofSeconds(5), () -> {
            try (Weights weights = Weights.open(folder, "model", DType.FLOAT16, Device.META)) {
                assertThat(weights.get("b", 1L << 20, 1L << 15)).hasToString("[1048576, 32768] float16 meta");
                assertThat(weights.get("a", 1, 3)).hasToString("[1, 3] float16 meta");
                weights.requireAllUsed();
                assertThatThrownBy(() -> weights.get("a", 3)).hasMessageContaining("has shape [1, 3], expected [3]");
            }
        });
    }

    @Test
    void aDeviceThatIsNotThereIsRefusedBeforeAnythingIsRead() throws IOException {
        Device last = Device.cuda(127);
        assertThatThrownBy(() -> Weights.open(folder, "model", DType.FLOAT32, last))
                .isInstanceOf(TorchException.class)
                .hasMessageStartingWith("cuda:127 is not there: ");
    }

    @Test
    void aCursorFindsConvertsAndOwns() throws IOException {
        long before = LiveTensors.count();
        try (Weights weights = open(DType.FLOAT32)) {
            Tensor weight = weights.at("blocks").at(0).at("to_q").get("weight", 2, 3);
            assertThat(weight).hasToString("[2, 3] float32 cpu\n[[1.0000, 2.0000, 3.0000],\n [4.0000, 5.0000, 0.5000]]");
            assertThat(LiveTensors.count()).as("what is on the way is freed").isEqualTo(before + 1);
            assertThat(weights.at("up").has("bias")).isTrue();
            assertThat(weights.at("up").has("b")).isFalse();
            assertThat(weights.dtype()).isEqualTo(DType.FLOAT32);
            assertThat(weights.device()).isEqualTo(Device.CPU);
        }
        assertThat(LiveTensors.count()).isEqualTo(before);
    }

    @Test
    void aCursorForAnotherDtype() throws IOException {
        try (Weights weights = open(DType.FLOAT16)) {
            Tensor narrow = weights.get("up.weight", 2, 3);
            Tensor wide = weights.at("up").as(DType.FLOAT32).get("weight", 2, 3);
            assertThat(narrow.dtype()).isEqualTo(DType.FLOAT16);
            assertThat(wide.describe()).isEqualTo("[2, 3] float32 cpu");
            assertThat(weights.as(DType.FLOAT32).at("up").dtype()).isEqualTo(DType.FLOAT32);
        }
    }

    /** What fails halfway may be tried again, and takes no more memory than once. */
    @Test
    void whatIsTakenTwiceIsLoadedOnce() throws IOException {
        long before = LiveTensors.count();
        try (Weights weights = open(DType.FLOAT32)) {
            Tensor weight = weights.get("up.weight", 2, 3);
            assertThat(weights.at("up").get("weight", 2, 3)).isSameAs(weight);
            assertThat(LiveTensors.count()).isEqualTo(before + 1);
        }
        assertThat(LiveTensors.count()).isEqualTo(before);
    }

    @Test
    void whatNeedsNoConversionIsTheMappedFile() throws IOException {
        try (Weights weights = open(DType.FLOAT16)) {
            assertThat(isMapped(weights.get("up.weight", 2, 3))).isTrue();
        }
        try (Weights weights = open(DType.BFLOAT16)) {
            assertThat(isMapped(weights.get("up.weight", 2, 3))).isFalse();
        }
    }

    private boolean isMapped(Tensor tensor) throws IOException {
        long address = tensor.storage().address();
        try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
            return maps.filter(line -> line.endsWith(file.toString()))
                    .map(line -> line.split("[- ]"))
                    .anyMatch(range -> Long.parseUnsignedLong(range[0], 16) <= address
                            && address < Long.parseUnsignedLong(range[1], 16));
        }
    }

    @Test
    void aModelOwnsWhatItIsMadeOf() throws IOException {
        Weights kept = Weights.load(Safetensors.open(folder, "model"), new Placement(DType.FLOAT32, Device.CPU), weights -> weights);
        try (kept) {
            assertThat(kept.get("up.weight", 2, 3).isClosed()).isFalse();
        }
    }

    @Test
    void whatNoModelIsMadeOfIsClosed() {
        long before = LiveTensors.count();
        for (Exception failure : new Exception[] {new IOException("no model"), new IllegalStateException("no model")}) {
            List<Weights> opened = new ArrayList<>();
            assertThatThrownBy(() -> Weights.load(Safetensors.open(folder, "model"), new Placement(DType.FLOAT32, Device.CPU), weights -> {
                opened.add(weights);
                weights.get("up.weight", 2, 3);
                if (failure instanceof IOException e) {
                    throw e;
                }
                throw (RuntimeException) failure;
            })).isSameAs(failure);
            assertThat(LiveTensors.count()).isEqualTo(before);
            assertThatThrownBy(() -> opened.getFirst().get("norm.weight", 2, 3)).hasMessageContaining("closed");
        }
    }

    @Test
    void aMissingTensor() throws IOException {
        try (Weights weights = open(DType.FLOAT32)) {
            assertThatThrownBy(() -> weights.at("down").get("weight", 4, 5))
                    .isInstanceOf(InvalidFileException.class)
                    .hasMessage(file + ": tensor 'down.weight' is missing, expected shape [4, 5]");
        }
    }

    @Test
    void anotherShape() throws IOException {
        try (Weights weights = open(DType.FLOAT32)) {
            assertThatThrownBy(() -> weights.at("up").get("weight", 3, 2))
                    .isInstanceOf(InvalidFileException.class)
                    .hasMessage(file + ": tensor 'up.weight' has shape [2, 3], expected [3, 2] by the model's"
                            + " configuration");
        }
    }

    @Test
    void wholeNumbersAreNoWeights() throws IOException {
        try (Weights weights = open(DType.FLOAT32)) {
            assertThatThrownBy(() -> weights.at("up").get("bias", 2))
                    .isInstanceOf(InvalidFileException.class)
                    .hasMessage(file + ": tensor 'up.bias' has dtype int64, expected a floating-point type");
        }
    }

    @Test
    void whatNobodyTakesIsNamed() throws IOException {
        try (Weights weights = open(DType.FLOAT32)) {
            weights.at("up").get("weight", 2, 3);
            weights.get("norm.weight", 2, 3);
            assertThatThrownBy(weights::requireAllUsed)
                    .isInstanceOf(InvalidFileException.class)
                    .hasMessage(file + ": 3 unexpected tensors, not part of the model that the configuration describes:"
                            + " 'up.bias', 'blocks.0.to_q.weight', 'norm_out.weight'");
            assertThatThrownBy(() -> weights.at("up").requireAllUsed())
                    .hasMessage(file + ": 1 unexpected tensor, not part of the model that the configuration describes:"
                            + " 'up.bias'");
            weights.at("norm").requireAllUsed();
            weights.at("up").ignore("bias");
            weights.ignore("blocks");
            weights.get("norm_out.weight", 2, 3);
            weights.requireAllUsed();
        }
    }

    @Test
    void onlyTheFirstFewAreNamed() throws IOException {
        save(file, "a", "b", "c", "d", "e", "f");
        try (Weights weights = open(DType.FLOAT32)) {
            assertThatThrownBy(weights::requireAllUsed).hasMessageEndingWith(": 'a', 'b', 'c', 'd', 'e', …");
        }
    }

    /** {@code norm} is a layer of its own, whatever {@code norm_out} is. */
    @ParameterizedTest
    @ValueSource(strings = {"norm", "norm."})
    void ignoringALayerLeavesThoseWithLongerNames(String name) throws IOException {
        save(file, "norm.weight", "norm.other.weight", "norm_out.weight");
        try (Weights weights = open(DType.FLOAT32)) {
            weights.ignore(name);
            assertThatThrownBy(weights::requireAllUsed).hasMessageContaining("1 unexpected tensor,").hasMessageEndingWith(
                    ": 'norm_out.weight'");
        }
    }

    @Test
    void manyFilesByAnIndex() throws IOException {
        Files.delete(file);
        save(folder.resolve("model-00001-of-00002.safetensors"), "up.weight");
        Path second = folder.resolve("model-00002-of-00002.safetensors");
        save(second, "down.weight");
        Path index = Files.writeString(folder.resolve("model.safetensors.index.json"), """
                {"metadata": {"total_size": 24}, "weight_map": {
                 "up.weight": "model-00001-of-00002.safetensors", "down.weight": "model-00002-of-00002.safetensors"}}
                """);
        try (Weights weights = open(DType.FLOAT64)) {
            assertThat(weights.get("up.weight", 2, 3).toDoubleArray()).endsWith(5, 0.5);
            assertThatThrownBy(() -> weights.get("down.weight", 6))
                    .hasMessageStartingWith(second + ": tensor 'down.weight' has shape [2, 3], expected [6]");
            assertThatThrownBy(() -> weights.get("out.weight", 6)).hasMessageStartingWith(index + ": tensor 'out.weight' is");
            assertThatThrownBy(weights::requireAllUsed).hasMessageContaining("1 unexpected tensor").hasMessageStartingWith(
                    index + ": ");
        }
    }

    @Test
    void noFileAtAll() throws IOException {
        Files.delete(file);
        assertThatThrownBy(() -> open(DType.FLOAT32))
                .isInstanceOf(NoSuchFileException.class)
                .hasMessage(folder + ": has neither model.safetensors nor model.safetensors.index.json; weights in other"
                        + " formats are not read");
    }
}
