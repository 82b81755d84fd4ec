package io.panatorch.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.Operator;
import io.panatorch.tensor.Shape;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import io.panatorch.tensor.TorchException;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The meta device computes the shapes and dtypes that the CPU computes, operator by operator, and refuses what a GPU refuses. */
@TensorTest
class MetaKernelsTest {

    private static final int ROUNDS = 5;
    private static final DType[] DTYPES = {DType.FLOAT32, DType.BFLOAT16, DType.FLOAT16};

    /** One operator on operands that it asks for, the same ones for the same seed. */
    private record Case(String name, Function<Operands, Tensor> operator) {

        @Override
        public String toString() {
            return name;
        }
    }

    /** Makes operands, all on one device and of one dtype, but for an odd one. */
    private static final class Operands {

        private static final int LARGEST = 4;

        private final Random random;
        private final DType dtype;
        private final Device device;
        private int odd = -1;
        private DType oddDtype;
        private Device oddDevice;
        private int made;

        Operands(long seed, DType dtype, Device device) {
            this.random = new Random(seed);
            this.dtype = dtype;
            this.device = device;
        }

        Operands withOdd(int index, DType dtype, Device device) {
            this.odd = index;
            this.oddDtype = dtype;
            this.oddDevice = device;
            return this;
        }

        /** A size. */
        long any() {
            return 1 + random.nextInt(LARGEST);
        }

        Tensor of(long... shape) {
            boolean isOdd = made++ == odd;
            return Tensor.zeros(Shape.of(shape), isOdd ? oddDtype : dtype, isOdd ? oddDevice : device);
        }

        Tensor indices(long... shape) {
            return Tensor.zeros(Shape.of(shape), DType.INT64, made++ == odd ? oddDevice : device);
        }
    }

    @BeforeAll
    static void register() {
        MetaKernels.register();
    }

    private static Case of(String name, Function<Operands, Tensor> operator) {
        return new Case(name, operator);
    }

    private static Stream<Case> arithmetic() {
        return Stream.of(
                of("add", o -> o.of(3, o.any(), 5).add(o.of(5))), of("sub", o -> o.of(1, 5).sub(o.of(o.any(), 1))),
                of("mul", o -> o.of(2, o.any()).mul(o.of(2, 1))), of("div", o -> o.of(o.any()).div(o.of(1))),
                of("add number", o -> o.of(o.any(), 3).add(0.5)), of("mul number", o -> o.of(o.any()).mul(2)),
                of("div number", o -> o.of().div(3)), of("add to whole number", o -> o.indices(o.any()).add(0.5)),
                of("whole numbers", o -> o.indices(3, o.any()).add(o.indices(3, 1))),
                of("whole number and other", o -> o.of(3, o.any()).mul(o.indices(3, 1))),
                of("exp", o -> o.of(o.any(), 2).exp()), of("sin", o -> o.of(o.any()).sin()), of("cos", o -> o.of(o.any()).cos()),
                of("clamp", o -> o.of(o.any(), 2).clamp(-1, 1)), of("abs", o -> o.of(o.any(), 2).abs()),
                of("mean", o -> o.of(o.any(), 2).mean()), of("silu", o -> o.of(o.any()).silu()),
                of("relu", o -> o.of(o.any(), 3).relu()), of("gelu", o -> o.of(o.any()).gelu(false)),
                of("gelu tanh", o -> o.of(o.any()).gelu(true)), of("softmax", o -> o.of(2, o.any(), 3).softmax(-2)));
    }

    private static Stream<Case> layers() {
        long[] one = {1, 1, 1};
        return Stream.of(
                of("linear", o -> o.of(2, o.any(), 3).linear(o.of(o.any(), 3), null)),
                of("linear of a vector with bias", o -> o.of(3).linear(o.of(5, 3), o.of(5))),
                of("matmul", o -> o.of(o.any(), 3).matmul(o.of(3, o.any()))),
                of("matmul of batches", o -> o.of(2, 1, o.any(), 3).matmul(o.of(4, 3, o.any()))),
                of("layer_norm", o -> o.of(2, o.any(), 3).layerNorm(null, null, 1e-5)),
                of("layer_norm with weights", o -> o.of(2, o.any(), 3).layerNorm(o.of(3), o.of(3), 1e-5)),
                of("rms_norm", o -> o.of(o.any(), 3).rmsNorm(o.of(3), 1e-5)),
                of("group_norm", o -> o.of(2, 6, o.any(), o.any()).groupNorm(3, o.of(6), o.of(6), 1e-5)),
                of("attention", o -> Tensor.scaledDotProductAttention(
                        o.of(2, 3, 5, 8), o.of(2, 3, 7, 8), o.of(2, 3, 7, 8), null, 0.3)),
                of("attention with mask", o -> Tensor.scaledDotProductAttention(
                        o.of(2, 3, 5, 8), o.of(2, 3, 7, 8), o.of(2, 3, 7, 8), o.of(2, 1, 1, 7), 0.3)),
                of("conv2d", o -> o.of(o.any(), 2, 9, 8).conv2d(o.of(3, 2, o.any(), 3), o.of(3), new long[] {2, 1}, new long[] {0, 1})),
                of("conv3d", o -> o.of(1, 2, 5, 4 + o.any(), 6).conv3d(o.of(3, 2, 3, 3, 3), o.of(3), one, new long[] {0, 1, 1})),
                of("conv3d of 1", o -> o.of(2, 3, o.any(), 4, 4).conv3d(o.of(o.any(), 3, 1, 1, 1), null, one, new long[3])),
                of("upsample_nearest3d", o -> o.of(1, 2, o.any(), 3, 4).upsampleNearest3d(o.any(), 6, 8)),
                of("embedding", o -> o.of(5, o.any()).embedding(o.indices(2, o.any()))));
    }

    private static Stream<Case> shapes() {
        return Stream.of(
                of("cat", o -> Tensor.cat(1, o.of(2, o.any()), o.of(2, o.any()), o.of(2, 1))),
                of("reshape", o -> o.of(2, o.any(), 3).reshape(-1, 2)),
                of("reshape that copies", o -> o.of(2, o.any(), 3).transpose(0, 2).reshape(-1)),
                of("expand", o -> o.of(1, 3).expand(o.any(), -1)), of("permute", o -> o.of(2, o.any(), 3).permute(2, 0, 1)),
                of("transpose", o -> o.of(2, o.any()).transpose(0, 1)), of("unsqueeze", o -> o.of(o.any()).unsqueeze(-1)),
                of("squeeze", o -> o.of(o.any(), 3).squeeze(0)), of("narrow", o -> o.of(o.any(), 5).narrow(1, 1, 3)),
                of("to", o -> o.of(o.any()).to(DType.FLOAT64)), of("contiguous", o -> o.of(2, o.any()).transpose(0, 1).contiguous()),
                of("alias", o -> o.of(o.any()).alias()), of("clone", o -> o.of(o.any()).copy()),
                of("empty", o -> o.of(o.any(), 0).add(1)));
    }

    static Stream<Case> all() {
        return Stream.of(arithmetic(), layers(), shapes()).flatMap(Function.identity());
    }

    @ParameterizedTest
    @MethodSource("all")
    void hasTheShapesAndDtypesOfTheCpu(Case each) {
        for (DType dtype : DTYPES) {
            for (int seed = 0; seed < ROUNDS; seed++) {
                try (var _ = TensorScope.open()) {
                    Tensor expected = each.operator.apply(new Operands(seed, dtype, Device.CPU));
                    Tensor found = each.operator.apply(new Operands(seed, dtype, Device.META));
                    assertThat(found.describe()).isEqualTo(expected.describe().replace("cpu", "meta"));
                }
            }
        }
    }

    private static int count(Case each) {
        try (var _ = TensorScope.open()) {
            Operands operands = new Operands(0, DType.BFLOAT16, Device.META);
            each.operator.apply(operands);
            return operands.made;
        }
    }

    static Stream<Case> ofSeveral() {
        return all().filter(each -> count(each) > 1);
    }

    /** Whichever operand it is that was left on the CPU. */
    @ParameterizedTest
    @MethodSource("ofSeveral")
    void refusesAnOperandOnTheCpu(Case each) {
        try (var _ = TensorScope.open()) {
            for (int i = 0; i < count(each); i++) {
                Operands operands = new Operands(0, DType.BFLOAT16, Device.META).withOdd(i, DType.BFLOAT16, Device.CPU);
                assertThatThrownBy(() -> each.operator.apply(operands)).as("operand " + i)
                        .isInstanceOf(TorchException.class)
                        .hasMessageMatching("(?s).*(all tensors on one device|all tensors to be on the same device).*");
            }
        }
    }

    static Stream<Case> ofOneDtype() {
        return layers().filter(each -> count(each) > 1 && !each.name.equals("rms_norm") && !each.name.equals("embedding"));
    }

    /** As weights that were forgotten in float32 do in a bfloat16 model. */
    @ParameterizedTest
    @MethodSource("ofOneDtype")
    void refusesAnOperandOfAnotherDtype(Case each) {
        try (var _ = TensorScope.open()) {
            for (int i = 0; i < count(each); i++) {
                Operands operands = new Operands(0, DType.BFLOAT16, Device.META).withOdd(i, DType.FLOAT32, Device.META);
                assertThatThrownBy(() -> each.operator.apply(operands)).as("operand " + i).isInstanceOf(TorchException.class);
            }
        }
    }

    @Test
    void refusesWhatDoesNotFit() {
        try (var _ = TensorScope.open()) {
            Operands o = new Operands(0, DType.BFLOAT16, Device.META);
            Stream.<Runnable>of(
                    () -> o.of(2, 3).linear(o.of(3, 2), null), () -> o.of(2, 3).linear(o.of(2, 3), o.of(3)),
                    () -> o.of(2, 3).matmul(o.of(2, 3)), () -> o.of(2, 2, 3).matmul(o.of(3, 3, 2)),
                    () -> o.of(2, 3).layerNorm(o.of(2), null, 1e-5), () -> o.of(1, 6, 2).groupNorm(4, null, null, 1e-5),
                    () -> o.of(1, 2, 4, 4).conv2d(o.of(3, 1, 3, 3), null, new long[] {1, 1}, new long[2]),
                    () -> o.of(1, 2, 2, 2).conv2d(o.of(3, 2, 3, 3), null, new long[] {1, 1}, new long[2]),
                    () -> Tensor.scaledDotProductAttention(o.of(1, 2, 3, 4), o.of(1, 2, 3, 5), o.of(1, 2, 3, 5), null, 1),
                    () -> Tensor.scaledDotProductAttention(o.of(1, 2, 3, 4), o.of(1, 1, 3, 4), o.of(1, 1, 3, 4), null, 1),
                    () -> Tensor.scaledDotProductAttention(o.of(1, 2, 3, 4), o.of(1, 2, 3, 4), o.of(1, 2, 3, 4), o.of(2), 1),
                    () -> o.of(2, 3).embedding(o.of(2)))
                    .forEach(use -> assertThatThrownBy(use::run).isInstanceOf(TorchException.class));
        }
    }

    /** What the frequency filter of a cache computes with. */
    @Test
    void fourierTransforms() {
        try (var _ = TensorScope.open()) {
            for (Device device : new Device[] {Device.CPU, Device.META}) {
                Tensor spectrum = Operator.named("aten::fft_rfft2")
                        .call(Tensor.zeros(Shape.of(2, 6, 5), DType.FLOAT32, device)).tensor();
                Tensor back = Operator.named("aten::fft_irfft2").call(spectrum, new long[] {6, 5}).tensor();
                assertThat(spectrum.describe()).startsWith("[2, 6, 3] ");
                assertThat(back.describe()).isEqualTo("[2, 6, 5] float32 " + device);
            }
        }
    }
}
