package io.panatorch.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.panatorch.tensor.DType;
import io.panatorch.tensor.Generator;
import io.panatorch.tensor.Shape;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import io.panatorch.testing.TensorTest;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@TensorTest
class SafetensorsWriterTest {

    @TempDir
    private Path folder;

    private TensorScope scope;

    @BeforeEach
    void open() {
        scope = TensorScope.open();
    }

    @AfterEach
    void close() {
        scope.close();
    }

    private static Tensor bytes(DType dtype, long... shape) {
        byte[] data = new byte[Math.toIntExact(StoredType.of(dtype).byteSize(shape))];
        for (int i = 0; i < data.length; i++) {
            data[i] = (byte) i;
        }
        return Tensor.of(MemorySegment.ofArray(data), dtype, Shape.of(shape));
    }

    private String header(Path file) throws IOException {
        byte[] all = Files.readAllBytes(file);
        assertThat(all[0] % 8).isZero();
        return new String(all, 8, all[0] & 0xff | (all[1] & 0xff) << 8, StandardCharsets.UTF_8);
    }

    @Test
    void rewritesAFileOfTheReferenceByteForByte() throws Exception {
        Path original = Path.of(Generator.class.getResource("rng/io.safetensors").toURI());
        Path copy = folder.resolve("copy.safetensors");
        try (Safetensors file = Safetensors.open(original)) {
            Map<String, Tensor> tensors = new HashMap<>();
            for (String name : file.names()) {
                tensors.put(name, file.load(name));
            }
            SafetensorsWriter.write(copy, tensors, file.metadata());
        }
        assertThat(copy).hasSameBinaryContentAs(original);
    }

    @Test
    void everyTypeComesBack() throws IOException {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        for (DType dtype : DType.values()) {
            tensors.put(dtype.torchName(), bytes(dtype, 2, 3));
        }
        tensors.put("scalar", bytes(DType.FLOAT32));
        tensors.put("empty", bytes(DType.FLOAT32, 0, 5));
        Path path = folder.resolve("x.safetensors");
        SafetensorsWriter.write(path, tensors, Map.of("format", "pt", "about", "\u00fc"));
        try (Safetensors file = Safetensors.open(path)) {
            assertThat(file.names()).containsExactly(
                    "int64", "float64", "empty", "float32", "scalar", "int32", "bfloat16", "float16", "int8", "uint8", "bool");
            assertThat(file.metadata()).isEqualTo(Map.of("format", "pt", "about", "\u00fc"));
            for (String name : tensors.keySet()) {
                Tensor found = file.load(name);
                assertThat(found.describe()).isEqualTo(tensors.get(name).describe());
                assertThat(found.storage().address() % found.dtype().byteSize()).isZero();
                byte[] expected = tensors.get(name).readData(data -> data.toArray(ValueLayout.JAVA_BYTE));
                assertThat(StoredTensors.data(file, name).toArray(ValueLayout.JAVA_BYTE)).isEqualTo(expected);
            }
        }
    }

    /** Names as the reference orders and escapes them: by their UTF-8 bytes, with lower-case digits. */
    @Test
    void unusualNames() throws IOException {
        Path path = folder.resolve("x.safetensors");
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        tensors.put("\ud83d\ude00", bytes(DType.BOOL, 0));
        tensors.put("\uffee", bytes(DType.BOOL, 0));
        tensors.put("\"\u001f\n", bytes(DType.BOOL, 0));
        SafetensorsWriter.write(path, tensors, Map.of());
        String info = ":{\"dtype\":\"BOOL\",\"shape\":[0],\"data_offsets\":[0,0]}";
        assertThat(header(path).stripTrailing()).isEqualTo(
                "{\"\\\"\\u001f\\n\"" + info + ",\"\uffee\"" + info + ",\"\ud83d\ude00\"" + info + "}");
        try (Safetensors file = Safetensors.open(path)) {
            assertThat(file.names()).containsExactlyElementsOf(tensors.keySet().stream().toList().reversed());
        }
    }

    @Test
    void nothing() throws IOException {
        Path path = folder.resolve("x.safetensors");
        SafetensorsWriter.write(path, Map.of(), Map.of());
        assertThat(header(path)).isEqualTo("{}      ");
    }

    /** Larger than the buffer that it goes through. */
    @Test
    void largeTensors() throws IOException {
        float[] values = new float[700_001];
        values[700_000] = 5;
        Path path = folder.resolve("x.safetensors");
        SafetensorsWriter.write(path, Map.of("a", Tensor.of(values, values.length)), Map.of());
        try (Safetensors file = Safetensors.open(path)) {
            assertThat(file.load("a").toFloatArray()).isEqualTo(values);
        }
    }

    @Test
    void mistakesOfTheCaller() {
        Path path = folder.resolve("x.safetensors");
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        SafetensorsWriter.write(path, Map.of("__metadata__", bytes(DType.BOOL, 1)), Map.of()))
                .withMessage("a tensor cannot have the name \"__metadata__\"");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SafetensorsWriter.write(path, Map.of("\ud800", bytes(DType.BOOL, 1)), Map.of()))
                .withMessageStartingWith("not valid Unicode: ");
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void missingFolder() {
        Path path = folder.resolve("no").resolve("x.safetensors");
        assertThatThrownBy(() -> SafetensorsWriter.write(path, Map.of(), Map.of()))
                .isInstanceOf(IOException.class)
                .hasMessage(path + ": the folder " + path.getParent()
                        + " does not exist; create it or choose another path");
    }
}
