package io.panatorch.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.panatorch.tensor.OperatorSchema.Kind;
import io.panatorch.tensor.OperatorSchema.Parameter;
import io.panatorch.tensor.OperatorSchema.Type;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("pure")
class OperatorSchemaTest {

    private static final String TOPK = "aten::topk(Tensor self, SymInt k, int dim=-1, bool largest=True, bool sorted=True)"
            + " -> (Tensor values, Tensor indices)";

    private static Type type(String text) {
        return OperatorSchema.parse("a::b(" + text + " x) -> Tensor").parameters().getFirst().type();
    }

    @Test
    void everyPartIsRead() {
        OperatorSchema topk = OperatorSchema.parse(TOPK);
        assertThat(topk.name()).isEqualTo("aten::topk");
        assertThat(topk.overload()).isEmpty();
        assertThat(topk.parameters()).extracting(Parameter::name).containsExactly("self", "k", "dim", "largest", "sorted");
        assertThat(topk.parameters()).extracting(Parameter::standard).containsExactly(null, null, "-1", "True", "True");
        assertThat(topk.results()).extracting(OperatorSchema.Result::name).containsExactly("values", "indices");
        assertThat(topk).hasToString(TOPK);
    }

    @Test
    void types() {
        assertThat(type("SymInt[2]?")).isEqualTo(new Type(Kind.INT, true, 2, false, true, false, "SymInt[2]?"));
        assertThat(type("Tensor?[]")).isEqualTo(new Type(Kind.TENSOR, true, 0, true, false, false, "Tensor?[]"));
        assertThat(type("Tensor(a!)")).isEqualTo(new Type(Kind.TENSOR, false, 0, false, false, true, "Tensor(a!)"));
        assertThat(type("Tensor(a!)[]").isWritten()).isTrue();
        assertThat(type("Tensor(a -> *)").isWritten()).isFalse();
        assertThat(type("ScalarType?").kind()).isEqualTo(Kind.DTYPE);
        assertThat(type("Scalar?").kind()).isEqualTo(Kind.SCALAR);
        assertThat(type("Dict(str, int)").kind()).isEqualTo(Kind.OTHER);
        assertThat(type("Tensor[][]").kind()).isEqualTo(Kind.OTHER);
        assertThat(type("__torch__.torch.classes.quantized.LinearPackedParamsBase").kind()).isEqualTo(Kind.OTHER);
    }

    @ParameterizedTest
    @ValueSource(strings = {
        TOPK,
        "aten::relu_(Tensor(a!) self) -> Tensor(a!)",
        "aten::split.Tensor(Tensor(a -> *) self, SymInt split_size, int dim=0) -> Tensor(a)[]",
        "aten::add.out(Tensor self, Tensor other, *, Scalar alpha=1, Tensor(a!) out) -> Tensor(a!)",
        "aten::_foreach_abs_(Tensor(a!)[] self) -> ()",
        "aten::pad(Tensor self, SymInt[] pad, str mode=\"constant\", float? value=None) -> Tensor",
        "aten::_test_string_default(Tensor dummy, str a=\"\\\"\\'\\\\\", str b=\"\\\"\\'\\\\\") -> Tensor",
        "quantized::conv2d.new(Tensor qx, __torch__.torch.classes.quantized.Conv2dPackedParamsBase packed_weight) -> Tensor"})
    void whatIsReadIsWrittenAgain(String schema) {
        assertThat(OperatorSchema.parse(schema)).hasToString(schema);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "aten::relu", "relu(Tensor self) -> Tensor", "aten::relu(Tensor self)", "aten::format(str self, ...) -> str",
        "aten::a.b.c(Tensor self) -> Tensor", "aten::x(Tensor) -> Tensor", "aten::x(Tensor a) -> (", "aten::x(Tensor a, =) -> Tensor"})
    void whatIsNoSchema(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> OperatorSchema.parse(text))
                .withMessageStartingWith("operator schema '" + text + "': expected one such as 'aten::cumsum(");
    }

    @Test
    void defaultsOfEveryForm() {
        OperatorSchema schema = OperatorSchema.parse("a::b(int i=-3, float f=1.0000000000000001e-05, float g=inf, bool b=True, str s=\"x y\","
                + " int[2] two=1, int[] more=[-2, -1], int[] none=[], Scalar n=0.5, Scalar w=2, ScalarType? d=4, MemoryFormat m=0,"
                + " Tensor? t=None) -> Tensor");
        assertThat(OperatorArguments.bind(schema, new Object[0], Map.of()).values).containsExactly(-3L, 1e-5,
                Double.POSITIVE_INFINITY, true, "x y", new long[] {1, 1}, new long[] {-2, -1}, new long[0], 0.5, 2L, DType.INT64, 0,
                null);
    }
}
