package io.panatorch.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.panatorch.testing.Elements;
import io.panatorch.testing.TensorTest;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Operators that are computed by a formula, against the values of PyTorch 2.14.1. */
@TensorTest
class OperatorFormulasTest {

    private TensorScope scope;
    private Tensor x;
    private Tensor m;
    private Tensor b;

    @BeforeEach
    void open() {
        scope = TensorScope.open();
        x = Tensor.of(new float[] {-30, -2, -0.5f, 0, 0.25f, 3, 25}, 7);
        m = Tensor.of(new float[] {1, 2, 3, 4}, 2, 2);
        b = Tensor.of(new float[] {0.5f, -1}, 2);
    }

    @AfterEach
    void close() {
        scope.close();
    }

    private void assertActivation(String name, float[] expected, float[] expectedOfHalf, Object... numbers) {
        Object[] arguments = new Object[numbers.length + 1];
        System.arraycopy(numbers, 0, arguments, 1, numbers.length);
        arguments[0] = x;
        int before = scope.size();
        Tensor found = Operator.named(name).call(arguments).tensor();
        assertThat(scope.size()).as("what is made on the way goes").isEqualTo(before + 1);
        Elements.assertClose(name, found.toFloatArray(), expected, 1e-6);
        arguments[0] = x.to(DType.FLOAT16);
        Tensor half = Operator.named(name).call(arguments).tensor();
        assertThat(half.dtype()).isEqualTo(DType.FLOAT16);
        Elements.assertClose(name + " of float16", half.add(0).toFloatArray(), expectedOfHalf, 0); // -0 is 0
    }

    @Test
    void activations() {
        assertActivation("aten::leaky_relu", new float[] {-3, -0.2f, -0.05f, 0, 0.25f, 3, 25},
                new float[] {-3, -0.199951172f, -0.049987793f, 0, 0.25f, 3, 25}, 0.1);
        assertActivation("aten::leaky_relu", new float[] {-0.3f, -0.02f, -0.005f, 0, 0.25f, 3, 25},
                new float[] {-0.300048828f, -0.0200042725f, -0.00500106812f, 0, 0.25f, 3, 25});
        assertActivation("aten::elu", new float[] {-2.99999905f, -1.89636159f, -0.663597643f, 0, 0.5f, 6, 50},
                new float[] {-3, -1.89648438f, -0.663574219f, 0, 0.5f, 6, 50}, 1.5, 2, 0.5);
        assertActivation("aten::celu", new float[] {-1.9999994f, -1.2642411f, -0.442398429f, 0, 0.25f, 3, 25},
                new float[] {-2, -1.26464844f, -0.442382812f, 0, 0.25f, 3, 25}, 2);
        assertActivation("aten::softplus",
                new float[] {4.37825545e-27f, 0.00907496456f, 0.156630844f, 0.346573591f, 0.487038493f, 3.00123787f, 25},
                new float[] {0, 0.0090713501f, 0.156616211f, 0.346679688f, 0.487060547f, 3.00195312f, 25}, 2, 10);
        float[] shrunk = {-29.5f, -1.5f, 0, 0, 0, 2.5f, 24.5f};
        assertActivation("aten::softshrink", shrunk, shrunk, 0.5);
        float[] cut = {-30, -2, 0, 0, 0, 3, 25};
        assertActivation("aten::hardshrink", cut, cut);
        float[] bounded = {-1.5f, -1.5f, -0.5f, 0, 0.25f, 2, 2};
        assertActivation("aten::hardtanh", bounded, bounded, -1.5, 2);
        float[] above = {-7, -7, -7, -7, 0.25f, 3, 25};
        assertActivation("aten::threshold", above, above, 0.1, -7);
        assertThat(Operator.named("aten::hardtanh").call(Tensor.of(new long[] {5, -5}, 2)).tensor())
                .hasToString("[2] int64 cpu [ 1, -1]");
    }

    @Test
    void activationsHaveMethods() {
        Elements.assertClose("leakyRelu", x.leakyRelu(0.1).toFloatArray(), new float[] {-3, -0.2f, -0.05f, 0, 0.25f, 3, 25}, 1e-6);
        Elements.assertClose("elu", x.elu(1).toFloatArray(),
                new float[] {-1, (float) Math.expm1(-2), (float) Math.expm1(-0.5), 0, 0.25f, 3, 25}, 1e-6);
        Elements.assertClose("softplus", x.softplus().narrow(0, 3, 4).toFloatArray(),
                new float[] {0.693147181f, 0.825939419f, 3.04858735f, 25}, 1e-6);
        Tensor special = Tensor.of(new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}, 3);
        assertThat(special.elu(1).toFloatArray()).containsExactly(Float.NaN, Float.POSITIVE_INFINITY, -1);
        assertThat(special.leakyRelu(0.5).toFloatArray()).containsExactly(Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY);
        assertThat(special.softplus().toFloatArray()).containsExactly(Float.NaN, Float.POSITIVE_INFINITY, 0);
        assertThatThrownBy(() -> Tensor.of(new long[] {1}, 1).elu(1)).isInstanceOf(TorchException.class)
                .hasMessage("elu of [1] int64 cpu: expected a floating-point dtype");
    }

    private static float[] sum(String name, Map<String, Object> factors, Object... operands) {
        Operator operator = Operator.named(name);
        for (var factor : factors.entrySet()) {
            operator = operator.with(factor.getKey(), factor.getValue());
        }
        return operator.call(operands).tensor().toFloatArray();
    }

    @Test
    void sumsWithFactors() {
        assertThat(sum("aten::addmm", Map.of("beta", 2, "alpha", 0.5), b, m, m)).containsExactly(4.5f, 3, 8.5f, 9);
        assertThat(sum("aten::addmv", Map.of("beta", 2, "alpha", 3), b, m, b)).containsExactly(-3.5f, -9.5f);
        assertThat(sum("aten::addr", Map.of("alpha", 2), m, b, b)).containsExactly(1.5f, 1, 2, 6);
        Tensor batch = m.unsqueeze(0);
        assertThat(sum("aten::baddbmm", Map.of("beta", 0.5), batch, batch, batch)).containsExactly(7.5f, 11, 16.5f, 24);
        Tensor nothing = Tensor.full(Shape.of(2, 2), Double.NaN, DType.FLOAT32, Device.CPU);
        assertThat(sum("aten::addmm", Map.of("beta", 0), nothing, m, m)).as("not looked at").containsExactly(7, 10, 15, 22);
        assertThatThrownBy(() -> sum("aten::addmm", Map.of(), batch.expand(2, 2, 2), m, m)).isInstanceOf(TorchException.class);
        Elements.assertClose("addcmul", sum("aten::addcmul", Map.of("value", 0.1), m, m, m), new float[] {1.1f, 2.4f, 3.9f, 5.6f}, 1e-6);
        Elements.assertClose("addcdiv", sum("aten::addcdiv", Map.of("value", 2), m, b, m), new float[] {2, 1, 3.33333325f, 3.5f}, 1e-6);
        assertThat(sum("aten::rsub.Tensor", Map.of("alpha", 2), m, b)).containsExactly(-1.5f, -5, -5.5f, -9);
        assertThat(sum("aten::rsub.Scalar", Map.of("alpha", 3), m, 10)).containsExactly(7, 4, 1, -2);
        assertThat(Operator.named("aten::rsub.Scalar").with("alpha", 3).call(Tensor.of(new long[] {1, 2, 3}, 3), 10).tensor())
                .hasToString("[3] int64 cpu [7, 4, 1]");
    }

    /** Values of PyTorch, with operands of several dtypes. */
    @Test
    void dtypesOfSums() {
        Tensor bytes = Tensor.of(new byte[] {(byte) 200}, 1);
        Tensor whole = Tensor.of(new long[] {1}, 1);
        assertThat(sum("aten::rsub.Scalar", Map.of(), bytes, 2.5)).containsExactly(-197.5f);
        assertThat(sum("aten::rsub.Scalar", Map.of("alpha", 2), bytes, 2.5)).containsExactly(-397.5f);
        assertThat(sum("aten::addcmul", Map.of(), whole, bytes, bytes)).containsExactly(40001);
        Tensor power = Tensor.of(new long[] {1L << 40}, 1);
        assertThat(sum("aten::addcmul", Map.of(), whole.to(DType.FLOAT32), power, power)).containsExactly(0x1p80f);
        Tensor half = Tensor.of(new float[] {60_000}, 1).to(DType.FLOAT16);
        assertThat(sum("aten::addcmul", Map.of("value", 1e-6), half, half, half)).containsExactly(63_616);
        Tensor mask = Tensor.of(new boolean[] {true, false}, 2);
        assertThat(Operator.named("aten::add.Scalar").call(mask, true).tensor().dtype()).isEqualTo(DType.BOOL);
        assertThat(Operator.named("aten::add.Tensor").with("alpha", 2).call(mask, mask).tensor()).hasToString("[2] bool cpu [ True, False]");
        for (Runnable refused : List.<Runnable>of(() -> sum("aten::sub.Scalar", Map.of(), mask, 1), () -> sum("aten::rsub.Scalar", Map.of(), whole, true),
                () -> sum("aten::addcdiv", Map.of(), whole, whole, whole), () -> sum("aten::addmm", Map.of(), m.to(DType.FLOAT64), m, m))) {
            assertThatThrownBy(refused::run).isInstanceOf(TorchException.class);
        }
        for (Runnable refused : List.<Runnable>of(() -> sum("aten::add.Scalar", Map.of("alpha", true), whole, 1),
                () -> sum("aten::add.Scalar", Map.of("alpha", 1.5), whole, 2), () -> sum("aten::celu", Map.of(), b, 0),
                () -> sum("aten::softshrink", Map.of(), b, -1))) {
            assertThatIllegalArgumentException().isThrownBy(refused::run);
        }
        Tensor lambda = Tensor.of(new float[] {0.3f}, 1).to(DType.FLOAT16);
        assertThat(sum("aten::hardshrink", Map.of(), lambda, 0.3)).as("the limit is rounded too").containsExactly(0);
        Tensor lost = Tensor.full(Shape.of(2, 2), Double.NaN, DType.FLOAT32, Device.CPU);
        assertThat(sum("aten::addmm", Map.of("alpha", 0), m, lost, m)).containsExactly(1, 2, 3, 4);
        assertThat(Operator.named("aten::hardtanh").call(Tensor.of(new long[] {1, 2}, 2), -1.5, 1.5).tensor())
                .hasToString("[2] int64 cpu [1, 1]");
        Tensor tenth = Tensor.of(new float[] {0.1f}, 1).to(DType.BFLOAT16);
        assertThat(sum("aten::threshold", Map.of(), tenth, 0.1, -7)).as("0.1001 is more").containsExactly(tenth.toFloatArray());
        assertThat(Operator.named("aten::threshold").call(Tensor.of(new long[] {0, 1, -1}, 3), -0.5, 20).tensor().toLongArray())
                .containsExactly(20, 1, 20);
        assertThat(Operator.named("aten::addr").call(Tensor.of(new long[] {0}, 1, 1), bytes, bytes).tensor().itemLong()).isEqualTo(40_000);
        Operator wrapping = Operator.named("aten::add.Tensor").with("alpha", 300);
        assertThatThrownBy(() -> wrapping.call(bytes, bytes)).isInstanceOf(TorchException.class)
                .hasMessage("add: alpha: 300 is no number of uint8");
        assertThat(Operator.named("aten::threshold").call(bytes, 250, -7).tensor().toLongArray()).containsExactly(249);
    }

    @Test
    void inPlace() {
        Tensor whole = Tensor.of(new long[] {1, 2, 3}, 3);
        Tensor view = whole.narrow(0, 1, 2);
        Tensor result = Operator.named("aten::add_.Tensor").with("alpha", 5).call(whole, whole).tensor();
        assertThat(view.toLongArray()).containsExactly(12, 18);
        assertThat(result.storage()).isEqualTo(whole.storage());
        Operator.named("aten::sub_.Scalar").call(view, 2);
        assertThat(whole.toLongArray()).containsExactly(6, 10, 16);
        Operator.named("aten::leaky_relu_").call(x, 0.1);
        Elements.assertClose("leaky_relu_", x.toFloatArray(), new float[] {-3, -0.2f, -0.05f, 0, 0.25f, 3, 25}, 1e-6);
        assertThatIllegalArgumentException().isThrownBy(() -> Operator.named("aten::add_.Scalar").call(whole, 1.5))
                .withMessage("aten::add_.Scalar: parameter self: expected a tensor that can hold [3] float32 cpu, found [3] int64 cpu");
        assertThatIllegalArgumentException().isThrownBy(() -> Operator.named("aten::add_.Tensor").call(b, m))
                .withMessageEndingWith("expected a tensor that can hold [2, 2] float32 cpu, found [2] float32 cpu");
        assertThat(whole.toLongArray()).containsExactly(6, 10, 16);
    }

    /** Numbers that a dtype has not, as PyTorch sees them. */
    @Test
    void numbersThatAreNoElements() {
        for (Number number : new Number[] {Double.NaN, 1e40, Double.POSITIVE_INFINITY, 0x1p63}) {
            assertThatThrownBy(() -> Tensor.full(Shape.of(1), number.doubleValue(), DType.INT64, Device.CPU))
                    .isInstanceOf(TorchException.class).hasMessage("full: " + number + " is no number of int64");
        }
        assertThat(Tensor.full(Shape.of(1), -1.5, DType.INT64, Device.CPU).itemLong()).isEqualTo(-1);
        assertThatThrownBy(() -> Tensor.full(Shape.of(1), -1.5, DType.UINT8, Device.CPU)).isInstanceOf(TorchException.class);
        assertThatThrownBy(() -> Tensor.full(Shape.of(1), 1e40, DType.FLOAT32, Device.CPU)).isInstanceOf(TorchException.class);
        assertThat(Tensor.full(Shape.of(1), 1e40, DType.FLOAT16, Device.CPU).item()).isInfinite();
        assertThat(Tensor.full(Shape.of(1), Double.NaN, DType.FLOAT16, Device.CPU).item()).isNaN();
        assertThat(Tensor.full(Shape.of(1), 300.7, DType.BOOL, Device.CPU).item()).isEqualTo(1);
        Tensor half = b.to(DType.FLOAT16);
        assertThatThrownBy(() -> half.clampMax(1e40)).isInstanceOf(TorchException.class)
                .hasMessage("clamp_max of [2] float16 cpu: 1.0E40 is no number of float16");
        assertThatThrownBy(() -> half.maskedFill(half.gt(0), 1e40)).isInstanceOf(TorchException.class);
        assertThatThrownBy(() -> b.clampMin(-1e40)).isInstanceOf(TorchException.class);
        assertThat(half.lt(1e40).toBooleanArray()).containsExactly(true, true);
        Tensor whole = Tensor.of(new long[] {1}, 1);
        assertThat(whole.clampMax(Double.NaN).item()).isNaN();
        assertThatThrownBy(() -> whole.maskedFill(whole.gt(0), Double.NaN)).isInstanceOf(TorchException.class)
                .hasMessage("masked_fill of [1] int64 cpu: NaN is no number of int64");
        assertThat(whole.maskedFill(whole.gt(0), 1.5).itemLong()).isEqualTo(1);
    }
}
