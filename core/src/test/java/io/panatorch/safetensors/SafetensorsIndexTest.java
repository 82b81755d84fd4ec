package io.panatorch.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.panatorch.io.InvalidFileException;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Shape;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import io.panatorch.testing.TensorTest;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@TensorTest
class SafetensorsIndexTest {

    @TempDir
    private Path temp;

    private Path folder;

    @BeforeEach
    void makeFolder() throws IOException {
        folder = Files.createDirectory(temp.resolve("model"));
    }

    private static Path shard(Path path, String metadata, int... values) throws IOException {
        try (var _ = TensorScope.open()) {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            for (int value : values) {
                tensors.put("t" + value, Tensor.of(MemorySegment.ofArray(new int[] {value}), DType.INT32, Shape.of(1)));
            }
            SafetensorsWriter.write(path, tensors, Map.of("format", metadata));
            return path;
        }
    }

    private Path index(String weightMap) throws IOException {
        String json = "{'metadata':{'total_size':99.5},'weight_map':" + weightMap + "}";
        return Files.writeString(folder.resolve("m.safetensors.index.json"), json.replace('\'', '"'));
    }

    private static void assertInvalid(Path opened, Path named, String problem) {
        assertThatThrownBy(() -> Safetensors.open(opened).close())
                .isInstanceOf(InvalidFileException.class)
                .hasMessage(named + ": " + problem);
    }

    @Test
    void oneObjectAnswersForAllFiles() throws IOException {
        Path second = shard(folder.resolve("2.safetensors"), "second", 1, 3);
        Path first = shard(folder.resolve("1.safetensors"), "first", 2);
        Path index = index("{'t1':'2.safetensors','t2':'1.safetensors','t3':'2.safetensors'}");
        try (Safetensors weights = Safetensors.open(folder, "m")) {
            assertThat(weights.path()).isEqualTo(index);
            assertThat(weights.names()).containsExactly("t2", "t1", "t3");
            assertThat(weights.file("t2")).isEqualTo(first);
            assertThat(weights.file("t3")).isEqualTo(second);
            assertThat(StoredTensors.data(weights, "t3").get(ValueLayout.JAVA_INT_UNALIGNED, 0)).isEqualTo(3);
            assertThat(weights.metadata()).containsEntry("format", "first");
        }
    }

    @Test
    void aSingleFileComesBeforeAnIndex() throws IOException {
        index("{'t1':'missing'}");
        Path single = shard(folder.resolve("m.safetensors"), "", 1);
        try (Safetensors weights = Safetensors.open(folder, "m")) {
            assertThat(weights.path()).isEqualTo(single);
        }
    }

    @Test
    void folderWithoutWeights() {
        assertThatThrownBy(() -> Safetensors.open(folder, "m"))
                .isInstanceOf(NoSuchFileException.class)
                .hasMessage(folder + ": has neither m.safetensors nor m.safetensors.index.json;"
                        + " weights in other formats are not read");
    }

    @Test
    void whatIsNoFolder() throws IOException {
        Path file = shard(folder.resolve("m.safetensors"), "", 1);
        assertThatThrownBy(() -> Safetensors.open(file, "m"))
                .isInstanceOf(InvalidFileException.class)
                .hasMessage(file + ": is a file, expected the folder that has m.safetensors");
        assertThatThrownBy(() -> Safetensors.open(folder.resolve("no"), "m"))
                .isInstanceOf(NoSuchFileException.class)
                .hasMessage(folder.resolve("no") + ": the folder does not exist");
    }

    @Test
    void variantsAreOnlyTakenByTheirName() throws IOException {
        Path single = shard(folder.resolve("m.fp16.safetensors"), "", 1);
        shard(folder.resolve("m.ema-00001-of-00001.safetensors"), "", 1);
        assertThatThrownBy(() -> Safetensors.open(folder, "m"))
                .isInstanceOf(InvalidFileException.class)
                .hasMessage(folder + ": has no m.safetensors, only the variants ema, fp16; ask for it by its name"
                        + " (--variant ema on the command line)");
        try (Safetensors weights = Safetensors.open(folder, "m", "fp16")) {
            assertThat(weights.path()).isEqualTo(single);
        }
        Path plain = shard(folder.resolve("m.safetensors"), "", 1);
        assertThatThrownBy(() -> Safetensors.open(folder, "m", "ema"))
                .isInstanceOf(InvalidFileException.class)
                .hasMessage(folder + ": has files of the variant ema but neither m.ema.safetensors nor"
                        + " m.safetensors.index.ema.json; fetch that too");
        for (String variant : new String[] {"", "none"}) {
            try (Safetensors weights = Safetensors.open(folder, "m", variant)) {
                assertThat(weights.path()).as(variant).isEqualTo(plain);
            }
        }
        assertThat(Safetensors.hasVariant(folder, "m", "ema")).isTrue();
        assertThat(Safetensors.hasVariant(folder, "other", "ema")).isFalse();
        assertThat(Safetensors.hasVariant(folder, "m", "m")).isFalse();
        for (String index : new String[] {"m.safetensors.index.bf16.json", "m.safetensors.old.index.json"}) {
            Files.writeString(folder.resolve(index), "{}");
        }
        assertThat(Safetensors.hasVariant(folder, "m", "bf16")).isTrue();
        assertThat(Safetensors.hasVariant(folder, "m", "old")).isTrue();
        assertThat(Safetensors.hasVariant(folder, "m", "index")).isFalse();
        assertThatThrownBy(() -> Safetensors.hasVariant(folder, "m", "a/b")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void indexAndFilesMustAgree() throws IOException {
        Path shard = shard(folder.resolve("1.safetensors"), "", 1, 2);
        Path lacking = index("{'t1':'1.safetensors','t2':'1.safetensors','t3':'1.safetensors'}");
        assertInvalid(lacking, shard, "has no tensor \"t3\", which " + lacking + " says it has");
        Path unknown = index("{'t1':'1.safetensors'}");
        assertInvalid(unknown, shard, "has the tensor \"t2\", which " + unknown + " does not say it has");
        Path other = index("{'t1':'1.safetensors','t2':'2.safetensors'}");
        shard(folder.resolve("2.safetensors"), "", 2);
        assertInvalid(other, shard, "has the tensor \"t2\", which " + other + " does not say it has");
    }

    @Test
    void missingFile() throws IOException {
        Path index = index("{'t1':'1.safetensors'}");
        assertInvalid(
                index,
                index,
                "index: names the file \"1.safetensors\", which is not there; fetch it or the folder again");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            ''                  | ""
            '.'                 | "."
            '..'                | ".."
            '../1.safetensors'  | "../1.safetensors"
            '/etc/passwd'       | "/etc/passwd"
            'in/1.safetensors'  | "in/1.safetensors"
            '..\\\\1.safetensors' | "..\\1.safetensors"
            'C:1.safetensors'   | "C:1.safetensors"
            'a\\u0000b'         | "a\\u0000b"
            """)
    void namesThatLeaveTheFolder(String name, String quoted) throws IOException {
        shard(temp.resolve("1.safetensors"), "", 1);
        Path index = index("{'t1':" + name + "}");
        assertInvalid(
                index,
                index,
                "index: the file name " + quoted + " is refused, expected a plain name of a file beside it");
    }

    /** Only the owner of the folder can have made them; the weights of several folders are often one copy. */
    @Test
    void linksThatLeaveTheFolder() throws IOException {
        Path outside = shard(temp.resolve("outside.safetensors"), "", 1).toRealPath();
        Files.createSymbolicLink(folder.resolve("1.safetensors"), outside);
        Path index = index("{'t1':'1.safetensors'}");
        try (Safetensors weights = Safetensors.open(index)) {
            assertThat(weights.names()).containsExactly("t1");
        }
        Files.delete(outside);
        assertInvalid(index, folder.resolve("1.safetensors"), "is a link to " + outside + ", which is not there");
    }

    /** Volumes of Kubernetes: the names are links through a link, by which all of them change at once. */
    @Test
    void linksThroughALinkedFolder() throws IOException {
        Path data = Files.createDirectory(folder.resolve("..2026_11_27"));
        shard(data.resolve("1.safetensors"), "", 1);
        Files.move(index("{'t1':'1.safetensors'}"), data.resolve("m.safetensors.index.json"));
        Files.createSymbolicLink(folder.resolve("..data"), Path.of("..2026_11_27"));
        for (String name : new String[] {"1.safetensors", "m.safetensors.index.json"}) {
            Files.createSymbolicLink(folder.resolve(name), Path.of("..data").resolve(name));
        }
        try (Safetensors weights = Safetensors.open(folder, "m")) {
            assertThat(weights.names()).containsExactly("t1");
        }
    }

    @Test
    void linksInsideTheFolder() throws IOException {
        shard(folder.resolve("real"), "", 1);
        Files.createSymbolicLink(folder.resolve("1.safetensors"), Path.of("real"));
        try (Safetensors weights = Safetensors.open(index("{'t1':'1.safetensors'}"))) {
            assertThat(weights.names()).containsExactly("t1");
        }
    }

    /** Models that the tools of Hugging Face fetched are folders of links, the index among them. */
    @Test
    void linksOfTheHubsCache() throws IOException {
        Path blobs = Files.createDirectory(temp.resolve("blobs"));
        shard(blobs.resolve("0a1b"), "", 1);
        Files.move(index("{'t1':'1.safetensors'}"), blobs.resolve("2c3d"));
        Path snapshot = Files.createDirectories(temp.resolve("snapshots/rev/transformer"));
        Files.createSymbolicLink(snapshot.resolve("1.safetensors"), Path.of("../../../blobs/0a1b"));
        Files.createSymbolicLink(snapshot.resolve("m.safetensors.index.json"), Path.of("../../../blobs/2c3d"));
        try (Safetensors weights = Safetensors.open(snapshot, "m")) {
            assertThat(weights.names()).containsExactly("t1");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {}                      | index: weight_map is missing or names no tensor
            []                      | index: weight_map must be an object, found an array
            {'t1':1}                | index: weight_map "t1" must be a string, found 1
            {'t1':'a','t1':'b'}     | index is not valid: Duplicate field 't1' (character 59)
            """)
    void damagedIndexes(String weightMap, String problem) throws IOException {
        Path index = index(weightMap);
        assertInvalid(index, index, problem);
    }

    @Test
    void indexThatIsNotAnObject() throws IOException {
        Path index = Files.writeString(folder.resolve("m.safetensors.index.json"), "[]");
        assertInvalid(index, index, "index: it must be an object, found an array");
        Files.writeString(index, "");
        assertInvalid(index, index, "is empty; the file is damaged, fetch it again");
    }
}
