package io.panatorch.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.panatorch.io.InvalidFileException;
import io.panatorch.nn.LayerGroup.Residence;
import io.panatorch.safetensors.Safetensors;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.LiveTensors;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import io.panatorch.testing.LargeCheckpoint;
import io.panatorch.testing.TensorTest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** When weights are there, by how many tensors live: those of a group are two. */
@TensorTest
class LayerGroupTest {

    private static final int BLOCKS = 4;

    @TempDir
    private Path folder;

    private final List<LayerGroup<Linear>> blocks = new ArrayList<>();
    private LayerGroup<Linear> ends;
    private LayerGroup<Linear> rare;
    private long before;

    @BeforeEach
    void save() throws IOException {
        try (var _ = TensorScope.open()) {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            for (String name : List.of("blocks.0", "blocks.1", "blocks.2", "blocks.3", "ends", "rare")) {
                tensors.put(name + ".weight", Tensor.of(new float[] {1, 2, 3, tensors.size()}, 2, 2));
                tensors.put(name + ".bias", Tensor.of(new float[] {1, 2}, 2));
            }
            Safetensors.save(folder.resolve("model.safetensors"), tensors, Map.of());
        }
        before = LiveTensors.count();
    }

    private Weights open(Offload offload) throws IOException {
        Placement placement = new Placement(DType.FLOAT32, Device.CPU).with(offload);
        return Weights.load(Safetensors.open(folder, "model"), placement, weights -> {
            ends = weights.at("ends").group(Residence.PART, LayerGroupTest::linear);
            for (int i = 0; i < BLOCKS; i++) {
                blocks.add(weights.at("blocks").at(i).group(Residence.BLOCK, LayerGroupTest::linear));
            }
            rare = weights.at("rare").group(Residence.ON_DEMAND, LayerGroupTest::linear);
            weights.requireAllUsed();
            return weights;
        });
    }

    private static Linear linear(Weights weights) throws IOException {
        return new Linear(weights, 2, 2);
    }

    private long groups() {
        return (LiveTensors.count() - before) / 2;
    }

    /** All blocks in turn, between the ends; the most groups that were there within a block. */
    private long forward() {
        return ends.with(_ -> {
            long most = 0;
            for (int i = 0; i < BLOCKS; i++) {
                most = Math.max(most, blocks.get(i).with(_ -> groups()));
            }
            return most;
        });
    }

    private static float[] outputOf(LayerGroup<Linear> group) {
        try (var _ = TensorScope.open()) {
            return group.with(layer -> layer.forward(Tensor.of(new float[] {1, 10}, 1, 2)).toFloatArray());
        }
    }

    @ParameterizedTest
    @CsvSource({
        // offload, loaded, within a block, after a pass while held, after that
        "none,     5, 5, 5, 5",
        "model,    0, 5, 5, 0",
        "blocks,   0, 2, 1, 0",
        "blocks=2, 0, 4, 3, 0",
        "blocks=9, 0, 5, 5, 0"
    })
    void weightsAreThereWhileTheyAreNeeded(String offload, long loaded, long within, long held, long after) throws IOException {
        try (Weights weights = open(Offload.parse(offload))) {
            assertThat(groups()).isEqualTo(loaded);
            for (int generation = 0; generation < 2; generation++) {
                Weights.Hold hold = weights.hold();
                assertThat(forward()).as("within a block").isEqualTo(within);
                assertThat(groups()).as("after a pass").isEqualTo(held);
                forward();
                hold.close();
                hold.close(); // which does nothing
                assertThat(groups()).as("not held").isEqualTo(after);
            }
        }
        assertThat(groups()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "model", "blocks", "blocks=2"})
    void whatIsRarelyNeededComesWhenItIs(String offload) throws IOException {
        try (Weights weights = open(Offload.parse(offload))) {
            long loaded = groups();
            assertThat(outputOf(rare)).containsExactly(22, 105);
            assertThat(groups()).isEqualTo(loaded + 1);
            weights.hold().close();
            assertThat(groups()).isEqualTo(offload.equals("none") ? loaded + 1 : 0);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "model", "blocks", "blocks=2"})
    void theyAreTheSameWheneverTheyCome(String offload) throws IOException {
        try (Weights _ = open(Offload.parse(offload))) {
            for (int pass = 0; pass < 2; pass++) {
                assertThat(outputOf(blocks.get(0))).containsExactly(22, 5);
                assertThat(outputOf(blocks.get(3))).containsExactly(22, 65);
                assertThat(outputOf(blocks.get(1))).containsExactly(22, 25);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "model", "blocks"})
    void whatIsMissingIsFoundAtOnce(String offload) {
        assertThatThrownBy(() -> {
            try (Weights weights = open(Offload.parse(offload))) {
                weights.at("blocks").at(7).group(Residence.BLOCK, LayerGroupTest::linear);
            }
        }).isInstanceOf(InvalidFileException.class)
                .hasMessage(folder.resolve("model.safetensors") + ": tensor 'blocks.7.weight' is missing, expected shape [2, 2]");
        assertThat(groups()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "model", "blocks"})
    void aFailureLetsThemGoAsEver(String offload) throws IOException {
        try (Weights weights = open(Offload.parse(offload))) {
            long loaded = groups();
            assertThatThrownBy(() -> {
                try (var _ = weights.hold()) {
                    blocks.get(1).with(_ -> {
                        throw new IllegalStateException("of the computation");
                    });
                }
            }).hasMessage("of the computation");
            assertThat(groups()).isEqualTo(loaded);
        }
    }

    /** Another file has taken its name; it is told when the weights are to come. */
    @Test
    void aFileThatChangesMeanwhile() throws IOException {
        try (Weights _ = open(Offload.MODEL)) {
            Path file = folder.resolve("model.safetensors");
            Path other = Files.copy(file, folder.resolve("other"));
            Files.move(other, file, StandardCopyOption.REPLACE_EXISTING);
            assertThatThrownBy(() -> outputOf(ends)).isInstanceOf(UncheckedIOException.class)
                    .hasMessageContaining(file + ": was replaced or changed since it was opened");
            assertThat(groups()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "model", "blocks"})
    void noneOfItCanBeUsedAfterTheEnd(String offload) throws IOException {
        open(Offload.parse(offload)).close();
        assertThatThrownBy(() -> outputOf(blocks.getFirst())).isInstanceOf(IllegalStateException.class).hasMessageContaining("closed");
        assertThat(groups()).isZero();
    }

    /** Two generations, of which one is done with a block while the other one is in it. */
    @Test
    void whatAnotherThreadUsesStays() throws Exception {
        try (Weights weights = open(Offload.blocks(0))) {
            CountDownLatch within = new CountDownLatch(1);
            CountDownLatch goOn = new CountDownLatch(1);
            List<Object> seen = new ArrayList<>();
            Thread other = Thread.ofPlatform().start(() -> {
                try (var _ = weights.hold(); var _ = TensorScope.open()) {
                    blocks.getFirst().with(layer -> {
                        within.countDown();
                        await(goOn);
                        seen.add(layer.forward(Tensor.of(new float[] {1, 10}, 1, 2)).toFloatArray());
                        return null;
                    });
                }
            });
            await(within);
            try (var _ = weights.hold()) {
                assertThat(outputOf(blocks.get(0))).containsExactly(22, 5);
                assertThat(outputOf(blocks.get(1))).containsExactly(22, 25);
                assertThat(groups()).isEqualTo(1);
            }
            goOn.countDown();
            other.join();
            assertThat(seen).containsExactly(new float[] {22, 5});
            assertThat(groups()).isZero();
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** 64 MiB, mapped. */
    @ParameterizedTest
    @CsvSource({"none, true", "model, false", "blocks, false"})
    void memoryOfMappedFilesGoes(String offload, boolean stays) throws IOException {
        long size = 64 << 20;
        Path file = folder.resolve("large.safetensors");
        LargeCheckpoint.writeRandom(file, Map.of("weight", new long[] {1, size / 2}), 1);
        Placement placement = new Placement(DType.BFLOAT16, Device.CPU).with(Offload.parse(offload));
        try (Weights weights = Weights.of(Safetensors.open(file), placement); var _ = TensorScope.open()) {
            LayerGroup<Tensor> group = weights.group(Residence.BLOCK, from -> from.get("weight", 1, size / 2));
            double sum;
            try (var _ = weights.hold()) {
                sum = group.with(tensor -> tensor.sum().item());
                long within = group.with(tensor -> {
                    tensor.sum();
                    return residentBytes(file);
                });
                assertThat(within).isGreaterThan(size - (1 << 20));
            }
            if (stays) {
                assertThat(residentBytes(file)).isGreaterThan(size - (1 << 20));
            } else {
                assertThat(residentBytes(file)).isLessThan(1 << 20);
            }
            double again = group.with(tensor -> tensor.sum().item());
            assertThat(again).isEqualTo(sum);
        }
    }

    private static long residentBytes(Path file) {
        try {
            List<String> lines = Files.readAllLines(Path.of("/proc/self/smaps"));
            long kibibytes = 0;
            for (int i = 0; i < lines.size(); i++) {
                if (lines.get(i).endsWith(file.toString())) {
                    kibibytes += lines.subList(i, i + 6).stream().filter(line -> line.startsWith("Rss:"))
                            .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", ""))).sum();
                }
            }
            return kibibytes << 10;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
