package io.panatorch.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.panatorch.testing.Elements;
import io.panatorch.testing.TensorTest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Operators by name, each with another kind of argument or result. */
@TensorTest
class OperatorTest {

    private TensorScope scope;
    private Tensor x;

    @BeforeEach
    void open() {
        scope = TensorScope.open();
        x = Tensor.of(new float[] {3, 1, 2, 6, 5, 4}, 2, 3);
    }

    @AfterEach
    void close() {
        scope.close();
    }

    @Test
    void integersAndNone() {
        Tensor sums = Operator.named("aten::cumsum").tensor(x).integer(1).none().call();
        assertThat(sums).hasToString("[2, 3] float32 cpu [3.0, 4.0, 6.0, 6.0, 11.0, 15.0]");
        assertThat(scope.size()).isEqualTo(2);
    }

    @Test
    void aTupleOfResults() {
        List<Tensor> sorted = Operator.named("aten::sort").tensor(x).integer(-1).bool(true).call(2);
        assertThat(sorted.get(0)).hasToString("[2, 3] float32 cpu [3.0, 2.0, 1.0, 6.0, 5.0, 4.0]");
        assertThat(sorted.get(1)).hasToString("[2, 3] int64 cpu [0, 2, 1, 0, 1, 2]");
        List<Tensor> top = Operator.named("aten::topk").tensor(x).integer(1).integer(1).bool(false).bool(true).call(2);
        assertThat(top.get(0).toFloatArray()).containsExactly(1, 4);
        assertThat(scope.size()).isEqualTo(5);
    }

    @Test
    void aNegativeNumberOfResults() {
        Operator sort = Operator.named("aten::sort").tensor(x).integer(-1).bool(true);
        assertThatThrownBy(() -> sort.call(-1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("results of aten::sort: expected 0 or more, found -1");
    }

    @Test
    void optionalTensorsAndThreeResults() {
        Tensor weight = Tensor.of(new float[] {2, 2, 2}, 3);
        List<Tensor> results = Operator.named("aten::native_layer_norm")
                .tensor(x).integers(3).tensor(weight).optional().none().number(0)
                .call(3);
        assertThat(results.get(1).toFloatArray()).as("means").containsExactly(2, 5);
        double[] doubled = x.layerNorm(weight, null, 0).toDoubleArray();
        Elements.assertClose("doubled", results.getFirst().toDoubleArray(), doubled, 1e-6);
    }

    @Test
    void listsOfTensors() {
        List<Tensor> parts = Operator.named("aten::chunk").tensor(x).integer(3).integer(1).callForList();
        assertThat(parts).hasSize(3).allSatisfy(part -> assertThat(part.shape()).isEqualTo(Shape.of(2, 1)));
        assertThat(Operator.named("aten::split.sizes").tensor(x).integers(1, 2).integer(1).callForList().getLast())
                .hasToString("[2, 2] float32 cpu [1.0, 2.0, 5.0, 4.0]");
        assertThat(Operator.named("aten::stack").tensors(x, x).integer(0).call().shape()).isEqualTo(Shape.of(2, 2, 3));
        assertThat(Operator.named("aten::broadcast_tensors").tensors().callForList()).isEmpty();
    }

    @Test
    void longListsAreRefusedWhole() {
        Tensor many = Tensor.of(new float[100], 100);
        int size = scope.size();
        assertThatThrownBy(() -> Operator.named("aten::chunk").tensor(many).integer(100).integer(0).callForList())
                .isInstanceOf(TorchException.class)
                .hasMessage("chunk of [100] float32 cpu: 100 results, room for 64");
        assertThat(scope.size()).isEqualTo(size);
    }

    @Test
    void strings() {
        Elements.assertSame("by name", Operator.named("aten::gelu").tensor(x).string("tanh").call().toFloatArray(),
                x.gelu(true).toFloatArray());
        assertThatThrownBy(() -> Operator.named("aten::gelu").tensor(x).string("tänh").call())
                .isInstanceOf(TorchException.class)
                .hasMessage("gelu of [2, 3] float32 cpu: approximate argument must be either none or tanh.");
    }

    @Test
    void optionalListsStringsDoublesAndDtypes() {
        Tensor image = x.reshape(1, 1, 2, 3);
        Tensor doubled = Operator.named("aten::upsample_nearest2d.vec")
                .tensor(image).none().numbers(2, 1).optional().call();
        assertThat(doubled.toFloatArray()).containsExactly(3, 1, 2, 3, 1, 2, 6, 5, 4, 6, 5, 4);
        Tensor rounded = Operator.named("aten::div.Tensor_mode")
                .tensor(x).tensor(Tensor.of(new float[] {4}, 1)).string("floor").optional().call();
        assertThat(rounded.toFloatArray()).containsExactly(0, 0, 0, 1, 1, 1);
        Tensor sum = Operator.named("aten::sum.dim_IntList")
                .tensor(x).integers(0).optional().bool(false).dtype(DType.FLOAT64).optional().call();
        assertThat(sum).hasToString("[3] float64 cpu [9.0, 6.0, 6.0]");
        Tensor standard = Operator.named("aten::nan_to_num").tensor(x.div(0.0)).number(7).optional().number(8).optional()
                .none().call();
        assertThat(standard.toFloatArray()).containsOnly(8);
    }

    /** Exported attention with an optional number in the last place. */
    @Test
    void optionalNumbers() {
        Tensor q = x.reshape(1, 1, 2, 3);
        Tensor direct = Tensor.scaledDotProductAttention(q, q, q, null, 0.25);
        Tensor byName = Operator.named("aten::scaled_dot_product_attention")
                .tensor(q).tensor(q).tensor(q).none().number(0).bool(false).number(0.25).optional().bool(false).call();
        Elements.assertSame("by name", byName.toFloatArray(), direct.toFloatArray());
    }

    @Test
    void unknownOperators() {
        assertThatThrownBy(() -> Operator.named("aten::no_such").tensor(x).call())
                .isInstanceOf(TorchException.class)
                .hasMessage("no_such of [2, 3] float32 cpu: Could not find schema for aten::no_such.");
        assertThatThrownBy(() -> Operator.named("aten::mul.Nothing").tensor(x).call())
                .hasMessage("mul of [2, 3] float32 cpu: Could not find schema for aten::mul.Nothing");
        assertThatThrownBy(() -> Operator.named("other::thing").call())
                .hasMessage("other::thing: Could not find schema for other::thing.");
        assertThatThrownBy(() -> Operator.named("aten::add.Tensor").tensor(x).tensor(x).number(1).call())
                .hasMessage("add of [2, 3] float32 cpu, [2, 3] float32 cpu: Not yet supported conversion from StableIValue to"
                        + " IValue for schema type: Scalar");
    }

    @Test
    void argumentsThatCannotBe() {
        assertThatThrownBy(() -> Operator.named("aten::relu").tensor(null).call())
                .isInstanceOf(TorchException.class)
                .hasMessage("relu: a tensor is NULL");
        Operator many = Operator.named("aten::relu");
        for (int i = 0; i < 33; i++) {
            many.tensor(x);
        }
        assertThatThrownBy(many::call).hasMessageEndingWith(": more than 32 arguments");
        assertThatThrownBy(() -> Operator.named("aten::relu").tensor(x).call(65))
                .hasMessage("relu of [2, 3] float32 cpu: 65 results, room for 64");
        assertThatThrownBy(() -> Operator.named("aten::relu").tensor(x).call(2))
                .hasMessage("relu of [2, 3] float32 cpu: 2 results expected, found 1");
        Tensor closed = x.copy();
        closed.close();
        assertThatThrownBy(() -> Operator.named("aten::relu").tensor(closed).call())
                .isInstanceOf(IllegalStateException.class);
    }

    private static long residentKilobytes() throws Exception {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElseThrow();
    }

    /**
     * Each failure here is of another kind; a tensor takes 16 MB, and one leaked reference would keep them: a gigabyte in
     * all. (Some hundred megabytes come and go by themselves.)
     */
    @Test
    void failuresGiveTheirArgumentsBack() throws Exception {
        Runnable failing = () -> {
            try (var _ = TensorScope.open()) {
                Tensor big = Tensor.zeros(Shape.of(1 << 22), DType.FLOAT32, Device.CPU);
                for (Operator operator : List.of(
                        Operator.named("aten::no_such").tensor(big).tensor(big).optional().tensors(big, big).string("s"),
                        Operator.named("aten::no_such").tensors(big).optional().integers(1).optional(),
                        Operator.named("aten::reshape").tensor(big).integers(7),
                        Operator.named("aten::stack").tensors(big, big.reshape(2, -1)).integer(0),
                        Operator.named("aten::mul.Tensor").tensor(big).tensor(null),
                        Operator.named("aten::relu").tensor(big))) {
                    assertThatThrownBy(() -> operator.call(2)).isInstanceOf(TorchException.class);
                }
                assertThatThrownBy(() -> big.mul(Tensor.of(new float[2], 2))).isInstanceOf(TorchException.class);
                assertThatThrownBy(() -> big.add(Tensor.of(new float[2], 2))).isInstanceOf(TorchException.class);
            }
        };
        failing.run();
        long before = residentKilobytes();
        for (int i = 0; i < 60; i++) {
            failing.run();
        }
        assertThat(residentKilobytes() - before).as("kilobytes that stayed").isLessThan(500_000);
    }

    @Test
    void aLibraryThatIsNotThere() {
        assertThatThrownBy(() -> Operator.loadLibrary(Path.of("/nonexistent/operators.so")))
                .isInstanceOf(TorchException.class)
                .hasMessage("cannot load /nonexistent/operators.so: cannot open shared object file: No such file or directory");
    }
}
