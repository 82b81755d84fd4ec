package io.panatorch.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** No scope is open here, so each refusal comes before libtorch is looked for. */
@Tag("pure")
class StandInTest {

    private interface Use {
        void of(Tensor tensor);
    }

    private static Tensor standIn() {
        return Tensor.standIn(Shape.of(2, 3), DType.BFLOAT16, Device.cuda(1));
    }

    @Test
    void hasAShapeADtypeAndADevice() {
        Tensor tensor = standIn();
        assertThat(tensor.shape()).isEqualTo(Shape.of(2, 3));
        assertThat(tensor.size(-1)).isEqualTo(3);
        assertThat(tensor.dtype()).isEqualTo(DType.BFLOAT16);
        assertThat(tensor.device()).isEqualTo(Device.cuda(1));
        assertThat(tensor.byteSize()).isEqualTo(12);
        assertThat(tensor).hasToString("stand-in [2, 3] bfloat16 cuda:1");
    }

    @Test
    void isNotCountedAmongLiveTensors() {
        long before = LiveTensors.count();
        Tensor tensor = standIn();
        assertThat(LiveTensors.count()).isEqualTo(before);
        tensor.close();
        tensor.close();
        assertThat(LiveTensors.count()).isEqualTo(before);
    }

    @Test
    void isOpenUntilItIsClosed() {
        Tensor tensor = standIn();
        assertThat(tensor.isClosed()).isFalse();
        tensor.close();
        assertThat(tensor.isClosed()).isTrue();
        assertThatExceptionOfType(ClosedTensorException.class).isThrownBy(tensor::storage)
                .withMessage("this tensor is closed: closed tensor [2, 3] bfloat16 cuda:1");
    }

    static Stream<Arguments> uses() {
        return Stream.of(
                use("add", x -> x.add(1)), use("add", x -> x.add(x)), use("linear", x -> x.linear(x, null)),
                use("layer_norm", x -> x.layerNorm(null, null, 1)), use("reshape", x -> x.reshape(6)),
                use("cat", x -> Tensor.cat(0, x, x)), use("alias", Tensor::alias), use("clone", Tensor::copy),
                use("storage", Tensor::storage), use("copy_", x -> x.copy_(x)), use("to", x -> x.to(DType.FLOAT32)),
                use("scaled_dot_product_attention", x -> Tensor.scaledDotProductAttention(x, x, x, null, 1)),
                use("abs", Tensor::abs), use("item", Tensor::item), use("toFloatArray", Tensor::toFloatArray),
                use("toDoubleArray", Tensor::toDoubleArray), use("toLongArray", Tensor::toLongArray),
                use("toByteArray", Tensor::toByteArray), use("adopt", new TensorOwner()::adopt));
    }

    private static Arguments use(String operator, Use use) {
        return Arguments.of(operator, use);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("uses")
    void refusesEveryOperator(String operator, Use use) {
        assertThatIllegalStateException().isThrownBy(() -> use.of(standIn())).withMessage(operator
                + ": stand-in [2, 3] bfloat16 cuda:1 has no memory: it can be passed on, held and returned, not computed with");
    }
}
