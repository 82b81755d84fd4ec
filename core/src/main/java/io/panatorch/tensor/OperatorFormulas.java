package io.panatorch.tensor;

import static java.util.Map.entry;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * Operators that take a {@code Scalar} and have no overload that takes a tensor for it, computed from others by torch's formulas.
 *
 * <p>Activations of float16 and bfloat16 are computed in float32 and rounded once, as in torch. Sums with a product round the
 * product too, which torch does in one.
 */
final class OperatorFormulas {

    /** By name; from the values in the order of the schema's parameters. */
    private static final Map<String, Function<Object[], Tensor>> ALL = Map.ofEntries(
            entry("aten::add", v -> sum(self(v), v[1], v[2])),
            entry("aten::sub", v -> difference(self(v), v[1], v[2])),
            entry("aten::subtract", v -> difference(self(v), v[1], v[2])),
            entry("aten::rsub", v -> v[1] instanceof Tensor other
                    ? difference(other, self(v), v[2]) : sum(times(self(v), plain(v[2])).neg(), v[1], 1L)),
            entry("aten::addcmul", v -> sum(self(v), tensor(v, 1).mul(tensor(v, 2)), v[3])),
            entry("aten::addcdiv", v -> sum(self(v), tensor(v, 1).div(tensor(v, 2)), v[3])),
            entry("aten::addmm", v -> sumWithProduct(v, "aten::mm(Tensor self, Tensor mat2) -> Tensor")),
            entry("aten::addmv", v -> sumWithProduct(v, "aten::mv(Tensor self, Tensor vec) -> Tensor")),
            entry("aten::addr", v -> sumWithProduct(v, "aten::outer(Tensor self, Tensor vec2) -> Tensor")),
            entry("aten::baddbmm", v -> sumWithProduct(v, "aten::bmm(Tensor self, Tensor mat2) -> Tensor")),
            entry("aten::leaky_relu", v -> activation("leaky_relu", self(v),
                    x -> Tensor.where(x.gt(0), x, x.mul(number(v[1]))))),
            entry("aten::elu", v -> activation("elu", self(v), x -> elu(x, number(v[1]), number(v[2]), number(v[3])))),
            entry("aten::celu", v -> activation("celu", self(v), x -> elu(x, number(v[1]), 1, 1 / number(v[1])))),
            entry("aten::softplus", v -> activation("softplus", self(v), x -> softplus(x, number(v[1]), number(v[2])))),
            entry("aten::softshrink", v -> activation("softshrink", self(v), x -> softshrink(x, number(v[1])))),
            entry("aten::hardshrink", v -> activation("hardshrink", self(v),
                    x -> x.maskedFill(x.abs().le(number(v[1])), 0))),
            entry("aten::hardtanh", v -> v[1] instanceof Long low && v[2] instanceof Long high
                    ? self(v).clamp(low, high) : self(v).clamp(number(v[1]), number(v[2]))),
            entry("aten::threshold", v -> self(v).maskedFill(self(v).le(number(v[1])), number(v[2]))));

    private static final Set<String> OVERLOADS = Set.of("", "Tensor", "Scalar");

    private OperatorFormulas() {}

    /** {@return whether there is a formula for an operator, which may write what it makes to its first tensor} */
    static boolean has(OperatorSchema schema) {
        return ALL.containsKey(nameOf(schema)) && OVERLOADS.contains(schema.overload());
    }

    static OperatorResult call(OperatorSchema schema, Object[] values) {
        try (TensorScope scope = TensorScope.openFor(schema.shortName())) {
            Tensor result = ALL.get(nameOf(schema)).apply(values);
            if (schema.parameters().getFirst().type().isWritten()) {
                OperatorOutputs.write(schema, 0, self(values), result);
                result = self(values).alias();
            }
            return OperatorResult.of(schema, List.of(scope.promote(result)));
        }
    }

    /** Without the underscore of what is done in place. */
    private static String nameOf(OperatorSchema schema) {
        return schema.name().endsWith("_") ? schema.name().substring(0, schema.name().length() - 1) : schema.name();
    }

    private static Tensor self(Object[] values) {
        return tensor(values, 0);
    }

    private static Tensor tensor(Object[] values, int index) {
        return (Tensor) values[index];
    }

    private static double number(Object value) {
        return ((Number) plain(value)).doubleValue();
    }

    /** True is 1. */
    private static Object plain(Object value) {
        return value instanceof Boolean flag ? (Object) (flag ? 1L : 0L) : value;
    }

    // ---- sums ------------------------------------------------------------------------------------------------------------

    private static Tensor sum(Tensor self, Object other, Object alpha) {
        return switch (times(self, plain(other), plain(alpha))) {
            case Tensor tensor -> self.add(tensor);
            case Long number -> self.add(number);
            case Object number -> self.add((double) number);
        };
    }

    private static Tensor difference(Tensor self, Object other, Object alpha) {
        return switch (times(self, plain(other), plain(alpha))) {
            case Tensor tensor -> self.sub(tensor);
            case Long number -> self.sub(number);
            case Object number -> self.sub((double) number);
        };
    }

    private static Object times(Tensor self, Object other, Object alpha) {
        if (alpha.equals(1L)) {
            return other;
        }
        return switch (other) {
            case Tensor tensor -> times(promoted(self, tensor), alpha);
            case Long number when alpha instanceof Long factor -> number * factor;
            default -> number(other) * number(alpha);
        };
    }

    private static Tensor times(Tensor tensor, Object factor) {
        if (factor instanceof Long number) {
            return tensor.mul(number);
        }
        if (!tensor.dtype().isFloatingPoint()) {
            throw new IllegalArgumentException("alpha: expected a whole number with tensors of whole numbers, found " + factor);
        }
        return tensor.mul((double) factor);
    }

    /** In the dtype of the sum: in its own the product may not fit. */
    private static Tensor promoted(Tensor self, Tensor other) {
        Object dtype = Operator.withSchema("aten::result_type.Tensor(Tensor tensor, Tensor other) -> ScalarType")
                .call(self, other).get(0);
        return dtype == null ? other : other.to((DType) dtype);
    }

    /** beta · self + alpha · the product of the next two; of (self, one, other, beta, alpha). */
    private static Tensor sumWithProduct(Object[] v, String schema) {
        Tensor product = Operator.tensor(schema, v[1], v[2]);
        Tensor self = self(v).expand(product.shape().sizes());
        Object beta = plain(v[3]);
        if (number(beta) == 0) { // where NaN is not looked at
            return times(product, plain(v[4]));
        }
        return sum(beta.equals(1L) ? self : times(self, beta), product, v[4]);
    }

    // ---- activations -----------------------------------------------------------------------------------------------------

    private static Tensor activation(String operator, Tensor self, UnaryOperator<Tensor> formula) {
        if (!self.dtype().isFloatingPoint()) {
            throw new TorchException(TorchException.Kind.DTYPE,
                    operator + " of " + self.describe() + ": expected a floating-point dtype");
        }
        DType dtype = self.dtype() == DType.FLOAT64 ? DType.FLOAT64 : DType.FLOAT32;
        return formula.apply(self.to(dtype)).to(self.dtype());
    }

    private static Tensor elu(Tensor x, double alpha, double scale, double inputScale) {
        Tensor negative = Operator.tensor("aten::expm1(Tensor self) -> Tensor", x.mul(inputScale)).mul(alpha * scale);
        return Tensor.where(x.gt(0), x.mul(scale), negative);
    }

    private static Tensor softplus(Tensor x, double beta, double threshold) {
        Tensor scaled = x.mul(beta);
        Tensor soft = Operator.tensor("aten::log1p(Tensor self) -> Tensor", scaled.exp()).div(beta);
        return Tensor.where(scaled.gt(threshold), x, soft);
    }

    private static Tensor softshrink(Tensor x, double lambda) {
        return Tensor.where(x.gt(lambda), x.sub(lambda), Tensor.where(x.lt(-lambda), x.add(lambda), x.mul(0)));
    }
}
