package io.panatorch.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.panatorch.safetensors.SafetensorsWriter.Entry;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Generator;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("pure")
class SafetensorsWriterTest {

    @TempDir
    private Path folder;

    private static Entry bytes(DType dtype, long... shape) {
        long size = StoredType.of(dtype).byteSize(shape);
        byte[] data = new byte[Math.toIntExact(size)];
        for (int i = 0; i < data.length; i++) {
            data[i] = (byte) i;
        }
        return new Entry(dtype, shape, MemorySegment.ofArray(data));
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
            Map<String, Entry> tensors = new HashMap<>();
            for (String name : file.names()) {
                tensors.put(name, new Entry(file.dtype(name), file.info(name).shape(), file.data(name)));
            }
            SafetensorsWriter.write(copy, tensors, file.metadata());
        }
        assertThat(copy).hasSameBinaryContentAs(original);
    }

    @Test
    void everyTypeComesBack() throws IOException {
        Map<String, Entry> tensors = new LinkedHashMap<>();
        for (DType dtype : DType.values()) {
            tensors.put(dtype.torchName(), bytes(dtype, 2, 3));
        }
        tensors.put("scalar", bytes(DType.FLOAT32));
        tensors.put("empty", bytes(DType.FLOAT32, 0, 5));
        Path path = folder.resolve("x.safetensors");
        SafetensorsWriter.write(path, tensors, Map.of("format", "pt", "about", "\u00fc"));
        try (Safetensors file = Safetensors.open(path)) {
            assertThat(file.names()).containsExactly(
                    "int64", "float64", "empty", "float32", "scalar", "int32", "bfloat16", "float16", "uint8", "bool");
            assertThat(file.metadata()).isEqualTo(Map.of("format", "pt", "about", "\u00fc"));
            tensors.forEach((name, entry) -> {
                assertThat(file.info(name).shape()).isEqualTo(entry.shape());
                assertThat(file.info(name).type().dtype()).contains(entry.dtype());
                assertThat(file.data(name).mismatch(entry.data())).isEqualTo(-1);
                assertThat(file.isAligned(name)).isTrue();
            });
        }
    }

    /** Names as the reference orders and escapes them: by their UTF-8 bytes, with lower-case digits. */
    @Test
    void unusualNames() throws IOException {
        Path path = folder.resolve("x.safetensors");
        Map<String, Entry> tensors = new LinkedHashMap<>();
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

    /** Any segment can be written, also one larger than the buffer that it goes through. */
    @Test
    void largeArraysOfOtherTypes() throws IOException {
        float[] values = new float[700_001];
        values[700_000] = 5;
        Path path = folder.resolve("x.safetensors");
        Entry entry = new Entry(DType.FLOAT32, new long[] {values.length}, MemorySegment.ofArray(values));
        SafetensorsWriter.write(path, Map.of("a", entry), Map.of());
        try (Safetensors file = Safetensors.open(path)) {
            assertThat(file.data("a").getAtIndex(ValueLayout.JAVA_FLOAT, 700_000)).isEqualTo(5);
            assertThat(file.data("a").mismatch(entry.data())).isEqualTo(-1);
        }
    }

    @Test
    void mistakesOfTheCaller() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Entry(DType.FLOAT32, new long[] {3}, MemorySegment.ofArray(new byte[8])))
                .withMessage("float32 [3] needs 12 bytes, found 8");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Entry(DType.FLOAT32, new long[] {-1, -2}, MemorySegment.ofArray(new byte[8])))
                .withMessage("negative size in the shape [-1, -2]");
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
