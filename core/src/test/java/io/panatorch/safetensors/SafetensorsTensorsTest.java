package io.panatorch.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.panatorch.io.InvalidFileException;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.LiveTensors;
import io.panatorch.tensor.Operator;
import io.panatorch.tensor.Shape;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import io.panatorch.tensor.TorchException;
import io.panatorch.testing.Elements;
import io.panatorch.testing.TensorTest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** From files to tensors and back. */
@TensorTest
class SafetensorsTensorsTest {

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

    private Path save(Map<String, Tensor> tensors) throws IOException {
        Path file = folder.resolve("x.safetensors");
        Safetensors.save(file, tensors, Map.of("format", "pt"));
        return file;
    }

    @ParameterizedTest
    @EnumSource
    void everyDtypeComesBack(DType dtype) throws IOException {
        Tensor x = Tensor.of(new double[] {0, 1, -2.5, 3.25, 100, 7}, 2, 3).clamp(dtype.isFloatingPoint() ? -9 : 0, 200);
        Tensor stored = x.to(dtype);
        try (Safetensors file = Safetensors.open(save(Map.of("x", stored)));
                var _ = TensorScope.open()) {
            Tensor loaded = file.load("x");
            assertThat(loaded.describe()).isEqualTo("[2, 3] " + dtype.torchName() + " cpu");
            Elements.assertSame("loaded", loaded.toDoubleArray(), stored.toDoubleArray());
            assertThat(file.metadata()).containsEntry("format", "pt");
        }
    }

    @Test
    void tensorsOutliveTheirFile() throws IOException {
        Path path = save(Map.of("x", Tensor.of(new float[] {1, 2, 3, 4}, 2, 2)));
        Tensor view;
        try (Safetensors file = Safetensors.open(path)) {
            view = file.load("x").transpose(0, 1).alias();
        }
        System.gc(); // would unmap the file if nothing referred to it
        assertThat(view).hasToString("[2, 2] float32 cpu\n[[1., 3.],\n [2., 4.]]");
    }

    /** Views come from any operand, also from one in a list; what is computed of it is none. */
    @Test
    void viewsByAnyOperatorKeepTheFile() throws IOException {
        Path path = save(Map.of("x", Tensor.of(new float[] {1, 2, 3, 4}, 2, 2)));
        Tensor view;
        try (Safetensors file = Safetensors.open(path)) {
            view = Operator.named("aten::einsum").call("ij->ji", List.of(file.load("x"))).tensor();
            Tensor sum = Tensor.of(new float[] {0, 0}, 2).add(file.load("x"));
            sum.copy_(view);
        }
        System.gc();
        assertThat(view).hasToString("[2, 2] float32 cpu\n[[1., 3.],\n [2., 4.]]");
        assertThatThrownBy(() -> view.copy_(Tensor.of(new float[] {9}, 1)))
                .isInstanceOf(TorchException.class).hasMessageContaining("memory of a mapped file");
    }

    @Test
    void noOperatorByNameWritesToAMappedFile() throws IOException {
        try (Safetensors file = Safetensors.open(save(Map.of("x", Tensor.of(new float[] {-1, 2}, 2))))) {
            Tensor weight = file.load("x");
            String reason = ": would write to memory of a mapped file, which is read-only; make a copy of it first";
            assertThatThrownBy(() -> Operator.named("aten::relu_").call(weight))
                    .isInstanceOf(TorchException.class).hasMessage("relu_ of [2] float32 cpu" + reason);
            Tensor own = Tensor.of(new float[] {0, 0}, 2);
            assertThatThrownBy(() -> Operator.named("aten::abs.out").with("out", weight).call(own)).hasMessageEndingWith(reason);
            assertThatThrownBy(() -> Operator.named("aten::_foreach_abs_").call(List.of(own, weight)))
                    .hasMessageEndingWith(reason);
            assertThatThrownBy(() -> Operator.named("aten::pow_.Scalar").call(weight, 2)).hasMessageEndingWith(reason);
            assertThatThrownBy(() -> Operator.named("aten::batch_norm")
                    .call(own.reshape(1, 2, 1), null, null, weight, weight, true, 0.1, 1e-5, true)).hasMessageEndingWith(reason);
            Tensor sparse = Operator.named("aten::_sparse_coo_tensor_unsafe").with("is_coalesced", true)
                    .call(Tensor.of(new long[] {0, 1}, 1, 2), weight, List.of(2)).tensor();
            assertThatThrownBy(() -> Operator.named("aten::neg_").call(sparse)).isInstanceOf(TorchException.class)
                    .hasMessageContaining("of a tensor that is not strided nobody can tell whether it lies in a mapped file");
            Operator.named("aten::batch_norm").call(own.reshape(1, 2, 1), null, null, weight, weight, false, 0.1, 1e-5, true);
            Operator.named("aten::abs.out").with("out", own).call(weight);
            assertThat(own.toFloatArray()).containsExactly(1, 2);
            assertThat(weight.toFloatArray()).containsExactly(-1, 2);
        }
    }

    @Test
    void aMappedFileIsNotWrittenTo() throws IOException {
        try (Safetensors file = Safetensors.open(save(Map.of("x", Tensor.of(new float[] {1, 2}, 2))))) {
            Tensor row = file.load("x").narrow(0, 1, 1);
            assertThatThrownBy(() -> row.copy_(Tensor.of(new float[] {9}, 1)))
                    .isInstanceOf(TorchException.class)
                    .hasMessage("copy_ of [1] float32 cpu, [1] float32 cpu: would write to memory of a mapped file, which is"
                            + " read-only; make a copy of it first");

            Tensor own = row.mul(2);
            own.copy_(Tensor.of(new float[] {9}, 1));
            assertThat(own.item()).isEqualTo(9);
        }
    }

    @Test
    void oddShapesAndNonContiguousTensors() throws IOException {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        tensors.put("transposed", Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3).transpose(0, 1));
        tensors.put("scalar", Tensor.of(new float[] {7}));
        tensors.put("empty", Tensor.empty(Shape.of(3, 0), DType.FLOAT16, Device.CPU));
        int before = scope.size();
        try (Safetensors file = Safetensors.open(save(tensors));
                var _ = TensorScope.open()) {
            assertThat(file.load("transposed")).hasToString("[3, 2] float32 cpu\n[[1., 4.],\n [2., 5.],\n [3., 6.]]");
            assertThat(file.load("scalar")).hasToString("[] float32 cpu 7.");
            assertThat(file.load("empty")).hasToString("[3, 0] float16 cpu []");
        }
        assertThat(scope.size()).as("saving frees what it makes").isEqualTo(before);
    }

    @Test
    void theMemoryIsTheFile() throws IOException {
        try (Safetensors file = Safetensors.open(save(Map.of("x", Tensor.of(new float[] {1, 2, 3}, 3))));
                var _ = TensorScope.open()) {
            Tensor loaded = file.load("x");
            assertThat(file.load("x").storage()).isEqualTo(loaded.storage());
            assertThat(loaded.to(DType.FLOAT32, Device.CPU).storage())
                    .as("and stays so where nothing is converted")
                    .isEqualTo(loaded.storage());
            assertThat(loaded.mul(2).toFloatArray()).containsExactly(2, 4, 6);
        }
    }

    @Test
    void whatTheFileDoesNotAlignIsCopied() throws IOException {
        byte[] header = ("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},"
                        + "\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[1,9]}}   ")
                .getBytes(StandardCharsets.UTF_8);
        int padding = -header.length & 7;
        ByteBuffer bytes = ByteBuffer.allocate(8 + header.length + padding + 9).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(header.length + padding).put(header).put(" ".repeat(padding).getBytes(StandardCharsets.UTF_8));
        bytes.put((byte) 5).putFloat(1.5f).putFloat(-2);
        Path path = Files.write(folder.resolve("odd.safetensors"), bytes.array());

        try (Safetensors file = Safetensors.open(path);
                var _ = TensorScope.open()) {
            Tensor b = file.load("b");
            assertThat(b.toFloatArray()).containsExactly(1.5f, -2);
            assertThat(b.storage().address() % 4).isZero();
            b.copy_(b.mul(2)); // a copy may be written to
            assertThat(b.toFloatArray()).containsExactly(3, -4);
            assertThat(file.load("a").toLongArray()).containsExactly(5);
        }
    }

    @Test
    void whatCannotBeLoaded() throws IOException {
        byte[] header = "{\"a\":{\"dtype\":\"I16\",\"shape\":[4],\"data_offsets\":[0,8]}}".getBytes(StandardCharsets.UTF_8);
        Path path = Files.write(folder.resolve("i16.safetensors"), ByteBuffer.allocate(8 + header.length + 8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(header.length)
                .put(header)
                .array());
        long before = LiveTensors.count();
        try (Safetensors file = Safetensors.open(path)) {
            assertThatThrownBy(() -> file.load("a"))
                    .isInstanceOf(InvalidFileException.class)
                    .hasMessage(path + ": tensor \"a\" has the dtype I16, which cannot be loaded, expected one of"
                            + " [BOOL, U8, I8, F16, BF16, I32, F32, F64, I64]");
            assertThatThrownBy(() -> file.load("b"))
                    .isInstanceOf(NoSuchElementException.class)
                    .hasMessage(path + ": has no tensor \"b\"");
        }
        assertThat(LiveTensors.count()).isEqualTo(before);
    }

    @Test
    void loadingNeedsAScope() throws Exception {
        try (Safetensors file = Safetensors.open(save(Map.of("x", Tensor.of(new float[] {1}, 1))))) {
            scope.close();
            assertThatIllegalStateException()
                    .isThrownBy(() -> file.load("x"))
                    .withMessageStartingWith("from_file: no TensorScope is open on this thread");
        } finally {
            scope = TensorScope.open();
        }
    }
}
