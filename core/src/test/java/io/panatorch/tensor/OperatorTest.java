package io.panatorch.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.panatorch.testing.Elements;
import io.panatorch.testing.TensorTest;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Operators by name: each kind of argument and result, and what is refused before libtorch sees it. */
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

    private static OperatorResult call(String name, Object... arguments) {
        return Operator.named(name).call(arguments);
    }

    @Test
    void whatIsLeftOutHasItsDefault() {
        assertThat(call("aten::cumsum", x, 1).tensor()).hasToString("[2, 3] float32 cpu\n[[ 3.,  4.,  6.],\n [ 6., 11., 15.]]");
        assertThat(scope.size()).isEqualTo(2);
        Tensor weight = Tensor.of(new float[] {2, 2, 2}, 3);
        Elements.assertSame("eps", call("aten::layer_norm", x, List.of(3), weight).tensor().toFloatArray(),
                x.layerNorm(weight, null, 1e-5).toFloatArray());
    }

    @Test
    void whatCannotBeDescribedPrintsAllTheSame() {
        long[] ones = new long[65];
        Arrays.fill(ones, 1);
        Tensor manyDimensions = call("aten::reshape", Tensor.of(new float[] {1}, 1), ones).tensor();
        assertThat(manyDimensions).hasToString("tensor that cannot be described: describe: 70 numbers do not fit in 69");
    }

    /** libtorch leaves it to the processor, which ends the process. */
    @Test
    void theLeastNumberIsNotDividedByMinusOne() {
        Operator truncating = Operator.named("aten::div.Tensor_mode").with("rounding_mode", "trunc");
        Tensor longs = Tensor.of(new long[] {7, Long.MIN_VALUE}, 2);
        Tensor ints = Tensor.of(new long[] {7, Integer.MIN_VALUE}, 2).to(DType.INT32);
        Tensor minusOne = Tensor.of(new long[] {-1}, 1);
        assertThat(truncating.call(longs, Tensor.of(new long[] {-2, 1}, 2)).tensor().toLongArray())
                .containsExactly(-3, Long.MIN_VALUE);
        assertThatThrownBy(() -> truncating.call(longs, minusOne)).isInstanceOf(TorchException.class)
                .hasMessage("div of [2] int64 cpu, [1] int64 cpu: -9223372036854775808 / -1 is no number of int64");
        assertThatThrownBy(() -> Operator.named("aten::div.Scalar_mode").with("rounding_mode", "trunc").call(longs, -1))
                .isInstanceOf(TorchException.class).hasMessageEndingWith("is no number of int64");
        assertThatThrownBy(() -> Operator.named("aten::div_.Tensor_mode").with("rounding_mode", "trunc")
                .call(ints, minusOne.to(DType.INT32))).isInstanceOf(TorchException.class)
                .hasMessage("div_ of [2] int32 cpu, [1] int32 cpu: -2147483648 / -1 is no number of int32");
        assertThat(truncating.call(ints, minusOne).tensor().toLongArray()).as("in int64").containsExactly(-7, 1L << 31);
        Tensor alone = Tensor.of(new long[] {Integer.MIN_VALUE});
        assertThatThrownBy(() -> truncating.call(alone, minusOne.to(DType.INT32))).isInstanceOf(TorchException.class)
                .hasMessage("div of [] int64 cpu, [1] int32 cpu: -2147483648 / -1 is no number of int32");
    }

    @Test
    void argumentsByName() {
        Operator topk = Operator.named("aten::topk").with("largest", false).with("k", 1);
        assertThat(topk.call(x).tensors().get(0).toFloatArray()).containsExactly(1, 4);
        assertThat(topk.with("dim", 0).call(x).tensors().get(0).toFloatArray()).containsExactly(3, 1, 2);
        assertThat(topk.call(x).tensors().get(0).toFloatArray()).as("with makes another").containsExactly(1, 4);
        assertThat(Operator.named("aten::sum").with("dtype", DType.FLOAT64).call(x).tensor()).hasToString("[] float64 cpu 21.");
    }

    @Test
    void tuplesHaveNames() {
        OperatorResult sorted = call("aten::sort", x);
        assertThat(sorted.size()).isEqualTo(2);
        assertThat(sorted.get("values")).hasToString("[2, 3] float32 cpu\n[[1., 2., 3.],\n [4., 5., 6.]]");
        assertThat(sorted.get("indices")).isSameAs(sorted.get(1)).hasToString("[2, 3] int64 cpu\n[[1, 2, 0],\n [2, 1, 0]]");
        assertThatIllegalArgumentException().isThrownBy(() -> sorted.get("places"))
                .withMessage("result places of aten::sort: expected one of [values, indices]");
        assertThatIllegalStateException().isThrownBy(sorted::tensor)
                .withMessage("result of aten::sort: expected a tensor, found 2 values");
        assertThat(scope.size()).isEqualTo(3);
    }

    @Test
    void resultsThatAreNoTensors() {
        assertThat(call("aten::equal", x, x).bool()).isTrue();
        assertThat(call("aten::equal", x, x.add(1)).bool()).isFalse();
        assertThat(call("aten::allclose", x, x.add(1e-9)).bool()).isTrue();
        assertThat(call("aten::size.int", x, 1).integer()).isEqualTo(3);
        assertThat(call("aten::sym_size.int", x, -1).get(0)).isEqualTo(3L);
        assertThat(call("aten::_foreach_abs_", List.of(x)).size()).as("nothing").isZero();
        assertThat(call("aten::result_type.Tensor", x, x.to(DType.FLOAT64)).get(0)).isEqualTo(DType.FLOAT64);
        assertThatIllegalStateException().isThrownBy(() -> call("aten::equal", x, x).tensor())
                .withMessage("result of aten::equal: expected a tensor, found true");
    }

    @Test
    void listsOfTensors() {
        List<Tensor> parts = call("aten::chunk", x, 3, 1).tensors();
        assertThat(parts).hasSize(3).allSatisfy(part -> assertThat(part.shape()).isEqualTo(Shape.of(2, 1)));
        assertThat(call("aten::split.sizes", x, new int[] {1, 2}, 1).tensors().getLast())
                .hasToString("[2, 2] float32 cpu\n[[1., 2.],\n [5., 4.]]");
        assertThat(call("aten::stack", List.of(x, x)).tensor().shape()).isEqualTo(Shape.of(2, 2, 3));
        assertThat(call("aten::stack", (Object) new Tensor[] {x, x}).tensor().shape()).isEqualTo(Shape.of(2, 2, 3));
        Tensor[] both = {x, x};
        assertThat(Operator.named("aten::cat").call((Object[]) both).tensor().shape()).as("an array is one").isEqualTo(Shape.of(4, 3));
        assertThat(call("aten::broadcast_tensors", List.of()).tensors()).isEmpty();
        assertThat(call("aten::unbind.int", Tensor.of(new float[1000], 1000)).tensors()).as("a long one").hasSize(1000);
    }

    /** x[:, [2, 0]], which is what no method does. */
    @Test
    void listsWithNone() {
        Tensor columns = Tensor.of(new long[] {2, 0}, 2);
        assertThat(call("aten::index.Tensor", x, Arrays.asList(null, columns)).tensor())
                .hasToString("[2, 2] float32 cpu\n[[2., 3.],\n [4., 6.]]");
        Tensor same = call("aten::index_put_", x, List.of(Tensor.of(new long[] {0}, 1)), Tensor.of(new float[] {0}, 1)).tensor();
        assertThat(same.toFloatArray()).containsExactly(0, 0, 0, 6, 5, 4);
        assertThat(same.storage()).isEqualTo(x.storage());
    }

    @Test
    void everyOtherKindOfArgument() {
        Elements.assertSame("str", Operator.named("aten::gelu").with("approximate", "tanh").call(x).tensor().toFloatArray(), x.gelu(true).toFloatArray());
        Elements.assertSame("int for float", call("aten::nan_to_num", x.div(0), 7, 8).tensor().toFloatArray(), new float[] {8, 8, 8, 8, 8, 8});
        Tensor image = x.reshape(1, 1, 2, 3);
        assertThat(call("aten::upsample_nearest2d.vec", image, null, new double[] {2, 1}).tensor().toFloatArray())
                .containsExactly(3, 1, 2, 3, 1, 2, 6, 5, 4, 6, 5, 4);
        assertThat(call("aten::avg_pool2d", image, 2).tensor().shape()).as("one for both").isEqualTo(Shape.of(1, 1, 1, 1));
        assertThat(call("aten::sum.dim_IntList", x, 0).tensor().toFloatArray()).containsExactly(9, 6, 6);
        Tensor standing = Operator.named("aten::empty.memory_format").with("device", Device.META).with("dtype", DType.INT64)
                .with("layout", "strided").with("memory_format", "channels_last").call(List.of(1, 2, 3, 4)).tensor();
        assertThat(standing).hasToString("[1, 2, 3, 4] int64 meta");
        assertThat(standing.isContiguous()).isFalse();
        OperatorResult gradients = call("aten::_slow_conv2d_backward.output_mask", image, image, image.narrow(2, 0, 1).narrow(3, 0, 1),
                1, 1, 0, new boolean[] {true, false, false});
        assertThat(gradients.get(1)).as("undefined is None").isNull();
    }

    /** libtorch's C interface has no way for a Scalar: a tensor takes its place, and the dtype is what Python gets. */
    @Test
    void numbersWhereAScalarIsDue() {
        Tensor whole = Tensor.of(new long[] {1, 2}, 2);
        assertThat(call("aten::pow.Tensor_Scalar", x, 2).tensor().toFloatArray()).containsExactly(9, 1, 4, 36, 25, 16);
        assertThat(call("aten::pow.Tensor_Scalar", whole, 2).tensor()).hasToString("[2] int64 cpu [1, 4]");
        assertThat(call("aten::pow.Tensor_Scalar", whole, 0.5).tensor().dtype()).isEqualTo(DType.FLOAT32);
        assertThat(call("aten::pow.Tensor_Scalar", x.to(DType.BFLOAT16), 0.5).tensor().dtype()).isEqualTo(DType.BFLOAT16);
        assertThat(call("aten::pow.Scalar", 2, whole).tensor()).hasToString("[2] int64 cpu [2, 4]");
        assertThat(call("aten::eq.Scalar", x, 5).tensor().toLongArray()).containsExactly(0, 0, 0, 0, 1, 0);
        assertThat(call("aten::clamp", x, 2, null).tensor().toFloatArray()).containsExactly(3, 2, 2, 6, 5, 4);
        assertThat(call("aten::masked_fill.Scalar", x, call("aten::gt.Scalar", x, 3).tensor(), 0).tensor().toFloatArray())
                .containsExactly(3, 1, 2, 0, 0, 0);
        assertThat(call("aten::add.Tensor", x, x).tensor().toFloatArray()).containsExactly(6, 2, 4, 12, 10, 8);
        assertThat(Operator.named("aten::sub.Tensor").with("alpha", 2).call(whole, whole).tensor())
                .hasToString("[2] int64 cpu [-1, -2]");
        assertThat(Operator.named("aten::add.Scalar").with("alpha", 3).call(whole, 2).tensor())
                .hasToString("[2] int64 cpu [7, 8]");
        assertThat(call("aten::std.correction", x).tensor().shape()).as("left out it is None").isEqualTo(Shape.of());
        Tensor bytes = Tensor.of(new byte[] {(byte) 200}, 1);
        assertThat(Operator.named("aten::add.Tensor").with("alpha", 2).call(whole, bytes).tensor().toLongArray())
                .as("the product is of the sum's dtype").containsExactly(401, 402);
        assertThat(Operator.named("aten::add.Tensor").with("alpha", 0.1)
                .call(x.to(DType.FLOAT64).narrow(1, 1, 1), Tensor.of(new long[] {3}, 1)).tensor().toDoubleArray())
                .containsExactly(1 + 3 * 0.1, 5 + 3 * 0.1);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Operator.named("aten::add.Tensor").with("alpha", 1.0).call(whole, whole))
                .withMessage("add: alpha: expected a whole number with tensors of int64, found 1.0");
        Tensor doubles = Tensor.of(new double[] {7}, 1);
        assertThat(call("aten::where.ScalarOther", doubles.gt(9), doubles, 0.1).tensor().item()).isEqualTo(0.1);
        assertThat(Operator.named("aten::float_power.Tensor_Scalar").refusal()).isPresent();
        int before = scope.size();
        call("aten::mul.Scalar", x, 2);
        assertThat(scope.size()).as("the number's tensor goes").isEqualTo(before + 1);
    }

    /** Others may be reading what was given for a result, so it never gets other memory or another shape. */
    @Test
    void resultsGoToTensorsOfTheirShape() {
        Tensor out = Tensor.zeros(Shape.of(2, 2), DType.FLOAT64, Device.CPU);
        Tensor row = out.select(0, 1);
        Tensor written = Operator.named("aten::mm.out").with("out", out).call(x, x.transpose(0, 1)).tensor();
        assertThat(row.toFloatArray()).as("the same memory, converted").containsExactly(31, 77);
        assertThat(written.storage()).isEqualTo(out.storage());
        Tensor values = Tensor.zeros(Shape.of(2, 1), DType.FLOAT32, Device.CPU);
        Tensor indices = Tensor.zeros(Shape.of(2, 1), DType.INT64, Device.CPU);
        OperatorResult top = Operator.named("aten::topk.values").with("values", values).with("indices", indices).call(x, 1);
        assertThat(values.toFloatArray()).containsExactly(3, 6);
        assertThat(((Tensor) top.get("indices")).toLongArray()).containsExactly(0, 0);
        Operator.named("aten::eye.m_out").with("out", values).call(2, 1).tensor();
        assertThat(values.toFloatArray()).containsExactly(1, 0);
        Operator.named("aten::eye.m_out").with("out", indices).call(2, 1).tensor();
        assertThat(indices.toLongArray()).as("made in the dtype of its place").containsExactly(1, 0);
        Tensor[] columns = {out.narrow(1, 0, 1), out.narrow(1, 1, 1)};
        Operator parts = Operator.named("aten::split_with_sizes_copy.out");
        parts.with("out", columns).with("dim", 1).call(x.narrow(1, 0, 2), new long[] {1, 1});
        assertThat(out.toFloatArray()).containsExactly(3, 1, 6, 5);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> parts.with("out", List.of(out)).with("dim", 1).call(x, new long[] {1, 1, 1}))
                .withMessage("aten::split_with_sizes_copy.out: expected 3 tensors for the results, found 1");
        assertThat(Operator.named("aten::add.Scalar_out").with("out", indices).call(indices, 3, 2).tensor().toLongArray())
                .containsExactly(7, 6);
        Tensor large = Tensor.of(new long[] {1L << 62, 1L << 62}, 2);
        Tensor real = Tensor.zeros(Shape.of(), DType.FLOAT64, Device.CPU);
        Operator.named("aten::sum.IntList_out").with("out", real).call(large, null);
        assertThat(real.item()).as("added up in the output's dtype").isEqualTo(0x1p63);
        Tensor complex = call("aten::view_as_complex", Tensor.of(new float[4], 2, 2)).tensor();
        Operator.named("aten::neg.out").with("out", complex).call(complex);
        assertThat(call("aten::mul.Scalar", complex, 3).tensor().shape()).isEqualTo(Shape.of(2));
        Tensor transposed = x.transpose(0, 1);
        int before = scope.size();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Operator.named("aten::mm.out").with("out", values).call(x, transposed))
                .withMessage("aten::mm.out: parameter out: expected a tensor that can hold [2, 2] float32 cpu, found [2, 1] float32 cpu");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Operator.named("aten::div.out").with("out", indices).call(indices, indices))
                .withMessageEndingWith("that can hold [2, 1] float32 cpu, found [2, 1] int64 cpu");
        assertThat(scope.size()).isEqualTo(before);
        assertThat(values.toFloatArray()).containsExactly(1, 0);
    }

    /** Each of these ended the process or printed what its memory held. */
    @Test
    void valuesThatLibtorchTrusts() {
        Tensor image = x.reshape(1, 1, 2, 3);
        Tensor grid = Tensor.zeros(Shape.of(1, 2, 2, 2), DType.FLOAT32, Device.CPU);
        Tensor kernel = Tensor.ones(Shape.of(1, 1, 1, 2), DType.FLOAT32, Device.CPU);
        Tensor probabilities = Tensor.zeros(Shape.of(4, 1, 3), DType.FLOAT32, Device.CPU);
        assertThatIllegalArgumentException().isThrownBy(() -> call("aten::grid_sampler", image, grid, 9, 0, false))
                .withMessage("aten::grid_sampler: parameter interpolation_mode: expected 0 to 2, found 9");
        assertThatIllegalArgumentException().isThrownBy(() -> call("aten::grid_sampler_2d", image, grid, 0, -1, false))
                .withMessage("aten::grid_sampler_2d: parameter padding_mode: expected 0 to 2, found -1");
        assertThat(call("aten::grid_sampler", image, grid, 0, 0, false).tensor().toFloatArray()).containsExactly(3, 3, 3, 3);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> image.conv2d(kernel, null, new long[] {1, 1}, new long[] {0, 0}, new long[] {1, Long.MAX_VALUE}, 1))
                .withMessage("aten::conv2d: parameter dilation: expected a number of 32 bits, found " + Long.MAX_VALUE);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> call("aten::im2col", image, 1, 1, new long[] {Long.MAX_VALUE, 1}, 1))
                .withMessageStartingWith("aten::im2col: parameter padding: expected a number of 32 bits");
        for (long label : new long[] {3, -1, 1_000_000}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> call("aten::ctc_loss.IntList", probabilities, Tensor.of(new long[] {label, 1}, 1, 2),
                            new long[] {4}, new long[] {2}))
                    .withMessage("aten::ctc_loss.IntList: parameter targets: expected labels from 0 to 2, found " + label);
        }
        assertThat(call("aten::ctc_loss.IntList", probabilities, Tensor.of(new long[] {1, -1}, 1, 2), new long[] {4}, new long[] {1})
                .tensor().item()).as("padding").isFinite();
        assertThatIllegalArgumentException().isThrownBy(() -> call("aten::grid_sampler_3d", image, grid, 0, 3, false))
                .withMessageContaining("padding_mode: expected 0 to 2, found 3");
        assertThatIllegalArgumentException().isThrownBy(() -> call("aten::repeat_interleave.Tensor", Tensor.of(
                new long[] {1L << 62, 1L << 62, 1L << 62, 1L << 62, 5}, 5))).withMessageContaining("repeats: expected a sum below 2^62");
        assertThatIllegalArgumentException().isThrownBy(() -> call("aten::linalg_matrix_power", x.narrow(1, 0, 2), Long.MIN_VALUE))
                .withMessageContaining("parameter n: expected a number of 32 bits");
        assertThatIllegalArgumentException().isThrownBy(() -> call("aten::embedding_bag", x, Tensor.of(new long[] {0, 1}, 2),
                Tensor.of(new long[] {0, 2, 1}, 3))).withMessageContaining("offsets: expected ascending ones from 0, found 1 after 2");
        assertThatThrownBy(() -> call("aten::sparse_coo_tensor.indices_size", Tensor.of(new long[] {1_000_000_000}, 1, 1),
                Tensor.of(new float[] {1}, 1), new long[] {1})).isInstanceOf(TorchException.class);
        assertThatThrownBy(() -> call("aten::embedding_dense_backward", x, Tensor.of(new long[] {5, 6}, 2), 3, -1, true))
                .isInstanceOf(TorchException.class).hasMessageContaining("cannot be called: it believes its arguments");
        assertThat(call("aten::as_strided", x, new long[] {1}, new long[] {1L << 40}).tensor().shape().numel()).isEqualTo(1);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Operator.named("aten::segment_reduce").with("offsets", Tensor.of(new long[] {0, 1 << 30}, 2))
                        .call(x.reshape(6), "sum")).withMessageContaining("parameter offsets: expected none");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Operator.named("aten::segment_reduce").with("unsafe", true)
                        .with("lengths", Tensor.of(new long[] {90_000}, 1)).call(x.reshape(6), "sum"))
                .withMessageContaining("parameter unsafe: expected false");
    }

    /** torch puts off a sign as it puts off a transposition. */
    @Test
    void signsThatArePutOff() {
        assertThat(call("aten::_neg_view", x).tensor().toFloatArray()).containsExactly(-3, -1, -2, -6, -5, -4);
    }

    @Test
    void withoutAScopeNothingIsWritten() {
        try (var owner = new TensorOwner()) {
            Tensor ones = owner.adopt(Tensor.ones(Shape.of(2), DType.FLOAT32, Device.CPU));
            scope.close();
            assertThatIllegalStateException().isThrownBy(() -> call("aten::mul_.Scalar", ones, 3))
                    .withMessageStartingWith("mul_: no TensorScope is open");
            assertThatIllegalStateException().isThrownBy(() -> Tensor.zeros(Shape.of(2), DType.FLOAT32, Device.CPU))
                    .withMessageStartingWith("zeros: no TensorScope is open");
            assertThat(ones.toFloatArray()).containsExactly(1, 1);
        } finally {
            scope = TensorScope.open();
        }
    }

    @Test
    void whatCannotBePassed() {
        int before = scope.size();
        for (var refused : List.of(
                List.of("aten::renorm", "parameter p is of type Scalar, which libtorch's C interface cannot pass, and no"
                        + " overload takes a tensor for it"),
                List.of("aten::item", "it returns Scalar, which libtorch's C interface cannot pass"),
                List.of("aten::set_.source_Storage", "parameter source is of type Storage, which libtorch's C interface cannot pass"),
                List.of("aten::set_.source_Tensor", "it gives a tensor other memory or sizes, while others may be using those it has"),
                List.of("aten::t_", "it gives a tensor other memory or sizes, while others may be using those it has"),
                List.of("aten::resize_", "it gives a tensor other memory or sizes, while others may be using those it has"))) {
            Operator operator = Operator.named(refused.get(0));
            assertThat(operator.refusal()).as(refused.get(0)).contains(refused.get(1));
        }
        assertThatThrownBy(() -> call("aten::renorm", x, 2, 0, 1)).isInstanceOf(TorchException.class)
                .hasMessageStartingWith("operator aten::renorm cannot be called: parameter p is of type Scalar");
        assertThatThrownBy(() -> call("aten::item", x)).isInstanceOf(TorchException.class)
                .hasMessageStartingWith("operator aten::item cannot be called: it returns Scalar");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Operator.named("aten::bernoulli").with("generator", Generator.seeded(0)).call(x))
                .withMessage("aten::bernoulli: parameter generator is of type Generator?, which libtorch's C interface cannot pass");
        assertThat(Operator.named("aten::bernoulli").refusal()).as("None can be passed").isEmpty();
        assertThat(scope.size()).isEqualTo(before);
    }

    @Test
    void argumentsOfTheWrongKind() {
        record Misuse(String expected, String name, Object... arguments) {}
        Tensor closed = x.copy();
        closed.close();
        for (Misuse misuse : List.of(
                new Misuse("aten::relu: parameter self (Tensor): expected tensor, found 1 (Integer)", "aten::relu", 1),
                new Misuse("aten::relu: parameter self (Tensor): expected tensor, found null", "aten::relu", (Object) null),
                new Misuse("aten::relu: parameter self (Tensor): missing: aten::relu(Tensor self) -> Tensor", "aten::relu"),
                new Misuse("aten::relu: 2 arguments, expected at most 1: aten::relu(Tensor self) -> Tensor", "aten::relu", x, x),
                new Misuse("aten::cumsum: parameter dim (int): expected whole number, found 1.0 (Double)", "aten::cumsum", x, 1.0),
                new Misuse("aten::cumsum: parameter dim (int): expected whole number, found true (Boolean)", "aten::cumsum", x, true),
                new Misuse("aten::cumsum: parameter dim (int): expected whole number, found the tensor [2, 3] float32 cpu",
                        "aten::cumsum", x, x),
                new Misuse("aten::einsum: parameter equation (str): expected string, found null", "aten::einsum", null, List.of(x)),
                new Misuse("aten::stack: parameter tensors (Tensor[]): expected a list or an array of tensors, found the tensor"
                        + " [2, 3] float32 cpu", "aten::stack", x),
                new Misuse("aten::stack: parameter tensors (Tensor[]): expected a list or an array of tensors, found [[2, 3] float32"
                        + " cpu, null]", "aten::stack", (Object) new Tensor[] {x, null}),
                new Misuse("aten::reshape: parameter shape (SymInt[]): expected a list or an array of whole numbers, found 6 (Integer)",
                        "aten::reshape", x, 6),
                new Misuse("aten::sum.dim_IntList: parameter dim (int[1]?): expected a list or an array of whole numbers or null,"
                        + " found [0.5]", "aten::sum.dim_IntList", x, new double[] {0.5}))) {
            assertThatIllegalArgumentException().isThrownBy(() -> call(misuse.name, misuse.arguments)).withMessage(misuse.expected);
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Operator.named("aten::sum").with("dtype", 7).call(x))
                .withMessage("aten::sum: parameter dtype (ScalarType?): expected DType or null, found 7 (Integer)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> call("aten::sum", x, DType.FLOAT64))
                .withMessageStartingWith("aten::sum: 2 arguments, expected at most 1 and the others by name: aten::sum(");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Operator.named("aten::relu").with("other", x).call(x))
                .withMessage("aten::relu: no parameter other; it has self");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Operator.named("aten::relu").with("self", x).call(x))
                .withMessage("aten::relu: parameter self (Tensor): given twice, in its place and by name");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Operator.named("aten::cumsum").with("dims", 1).call(x))
                .withMessage("aten::cumsum: no parameter dims; it has self, dim, dtype");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> call("aten::cumsum", x, new short[] {1}))
                .withMessage("aten::cumsum: parameter dim (int): expected whole number, found an array (short[])");
        assertThatIllegalStateException().isThrownBy(() -> call("aten::relu", closed)).isInstanceOf(ClosedTensorException.class)
                .withMessageStartingWith("relu: this tensor is closed");
    }

    @Test
    void unknownNames() {
        record Unknown(String name, String rest) {}
        for (Unknown unknown : List.of(
                new Unknown("aten::cumsumm", "; is aten::cumsum or aten::cumsum_ meant?"),
                new Unknown("aten::mul", "; there is aten::mul.Scalar, aten::mul.Scalar_out, aten::mul.Tensor"),
                new Unknown("aten::relu.Tensor", "; there is aten::relu, aten::relu.out"),
                new Unknown("relu", "; a name has its namespace, as aten::relu"),
                new Unknown("nobody::has_this_one", ""),
                new Unknown("", "; a name has its namespace, as aten::"))) {
            assertThatThrownBy(() -> Operator.named(unknown.name)).isInstanceOf(TorchException.class)
                    .hasMessageStartingWith("operator " + unknown.name + ": there is none" + unknown.rest);
        }
    }

    @Test
    void schemasThatTheCallerGives() {
        Operator relu = Operator.withSchema("aten::relu(Tensor self) -> Tensor");
        assertThat(relu.call(x).tensor().toFloatArray()).containsExactly(3, 1, 2, 6, 5, 4);
        assertThat(Operator.withSchema("aten::topk(Tensor self, int k) -> (Tensor, Tensor)").schema())
                .as("libtorch's own, which has more").contains("bool sorted=True");
        assertThatThrownBy(() -> Operator.withSchema("aten::relu(Tensor self, int k) -> Tensor"))
                .isInstanceOf(TorchException.class)
                .hasMessage("operator schema 'aten::relu(Tensor self, int k) -> Tensor': in this libtorch it is"
                        + " 'aten::relu(Tensor self) -> Tensor'");
        assertThatThrownBy(() -> Operator.withSchema("aten::relu(Tensor self) -> bool")).hasMessageContaining("in this libtorch it is");
    }

    @Test
    void libtorchsOwnRefusals() {
        assertThatThrownBy(() -> Operator.named("aten::gelu").with("approximate", "tänh").call(x)).isInstanceOf(TorchException.class)
                .hasMessage("gelu of [2, 3] float32 cpu: approximate argument must be either none or tanh.");
        assertThatThrownBy(() -> call("aten::cumsum", x, 7)).isInstanceOf(TorchException.class)
                .hasMessageStartingWith("cumsum of [2, 3] float32 cpu: Dimension out of range");
    }

    @Test
    void aLibraryThatIsNotThere() {
        assertThatThrownBy(() -> Operator.loadLibrary(Path.of("/nonexistent/operators.so")))
                .isInstanceOf(TorchException.class)
                .hasMessage("cannot load /nonexistent/operators.so: cannot open shared object file: No such file or directory");
    }
}
