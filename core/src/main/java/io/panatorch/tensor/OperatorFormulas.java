package io.panatorch.tensor;

import static java.util.Map.entry;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * Operators that take a {@code Scalar} and have no overload that takes a tensor for it, computed from others by torch's formulas.
 * What is of float16 or bfloat16 is computed in float32 and rounded once, as in torch. What is made on the way is freed when the
 * call ends, some times the size of the result.
 */
final class OperatorFormulas {

    /** By name; from the values in the order of the schema's parameters. */
    private static final Map<String, Function<Object[], Tensor>> ALL = Map.ofEntries(
            entry("aten::add", v -> sum("add", self(v), v[1], v[2], 1)),
            entry("aten::sub", v -> difference("sub", self(v), v[1], v[2])),
            entry("aten::subtract", v -> difference("subtract", self(v), v[1], v[2])),
            entry("aten::rsub", v -> difference("rsub", operand("rsub", self(v), v[1]), self(v), v[2])),
            entry("aten::addcmul", v -> sumOfThree("addcmul", v, Tensor::mul)),
            entry("aten::addcdiv", v -> sumOfThree("addcdiv", v, Tensor::div)),
            entry("aten::addmm", v -> sumWithProduct("addmm", v, "aten::mm(Tensor self, Tensor mat2) -> Tensor")),
            entry("aten::addmv", v -> sumWithProduct("addmv", v, "aten::mv(Tensor self, Tensor vec) -> Tensor")),
            entry("aten::addr", v -> sumWithProduct("addr", alike(v), "aten::outer(Tensor self, Tensor vec2) -> Tensor")),
            entry("aten::baddbmm", v -> sumWithProduct("baddbmm", v, "aten::bmm(Tensor self, Tensor mat2) -> Tensor")),
            entry("aten::leaky_relu", v -> activation("leaky_relu", self(v),
                    x -> Tensor.where(x.gt(0), x, x.mul(number(v[1]))))),
            entry("aten::elu", v -> activation("elu", self(v), x -> elu(x, number(v[1]), number(v[2]), number(v[3])))),
            entry("aten::celu", v -> {
                double alpha = requireThat("celu", "alpha", "another number than 0", number(v[1]), number(v[1]) != 0);
                return activation("celu", self(v), x -> elu(x, alpha, 1, 1 / alpha));
            }),
            entry("aten::softplus", v -> activation("softplus", self(v), x -> softplus(x, number(v[1]), number(v[2])))),
            entry("aten::softshrink", v -> {
                double lambda = requireThat("softshrink", "lambd", "0 or more", number(v[1]), number(v[1]) >= 0);
                return activation("softshrink", self(v), x -> softshrink(x, rounded(self(v).dtype(), lambda)));
            }),
            entry("aten::hardshrink", v -> activation("hardshrink", self(v),
                    x -> x.maskedFill(x.abs().le(rounded(self(v).dtype(), number(v[1]))), 0))),
            entry("aten::hardtanh", v -> hardtanh(self(v), v[1], v[2])),
            entry("aten::threshold", v -> threshold(self(v), v[1], v[2])));

    private static final Optional<DType> BOOLEAN = Optional.of(DType.BOOL);

    private static final Set<String> OVERLOADS = Set.of("", "Tensor", "Scalar");

    /** Of two tensors. */
    private interface Combination {
        Tensor of(Tensor one, Tensor other);
    }

    private OperatorFormulas() {}

    /** {@return whether there is a formula for an operator, which may write what it makes to its first tensor} */
    static boolean has(OperatorSchema schema) {
        return ALL.containsKey(nameOf(schema)) && OVERLOADS.contains(schema.overload());
    }

    static OperatorResult call(OperatorSchema schema, Object[] values) {
        try (TensorScope scope = TensorScope.openFor(schema.shortName())) {
            Tensor result = ALL.get(nameOf(schema)).apply(values);
            if (schema.parameters().getFirst().type().isWritten()) {
                OperatorOutputs.requirePlace(schema, 0, self(values), result);
                self(values).copy_(result);
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
        return (Tensor) values[0];
    }

    /** True is 1. */
    private static double number(Object value) {
        return value instanceof Boolean flag ? (flag ? 1 : 0) : ((Number) value).doubleValue();
    }

    private static double requireThat(String operator, String parameter, String expected, double found, boolean holds) {
        if (!holds) {
            throw new IllegalArgumentException(operator + ": " + parameter + ": expected " + expected + ", found " + found);
        }
        return found;
    }

    // ---- sums ------------------------------------------------------------------------------------------------------------

    /** A number as a tensor that promotes as it does. */
    private static Tensor operand(String operator, Tensor like, Object value) {
        return value instanceof Tensor tensor ? tensor : OperatorScalars.number(operator, like, value);
    }

    private static Tensor difference(String operator, Tensor self, Object other, Object alpha) {
        Tensor subtracted = operand(operator, self, other);
        if (self.ownDType().equals(BOOLEAN) || subtracted.ownDType().equals(BOOLEAN)) {
            throw dtype(operator, self, subtracted, "booleans are not subtracted");
        }
        return sum(operator, self, subtracted, alpha, -1);
    }

    /** self + sign · alpha · other. */
    private static Tensor sum(String operator, Tensor self, Object other, Object alpha, int sign) {
        Tensor added = operand(operator, self, other);
        DType result = resultType(self, added);
        requireFactor(operator, "alpha", result, alpha);
        if (number(alpha) == 1 || result == null) {
            Tensor scaled = number(alpha) == 1 ? added : times(added, alpha);
            return sign > 0 ? self.add(scaled) : self.sub(scaled);
        }
        if (result == DType.BOOL) {
            return number(alpha) == 0 ? self.logicalOr(added.logicalAnd(added.logicalNot())) : self.logicalOr(added);
        }
        Tensor scaled = times(added.to(computed(result)), alpha);
        Tensor start = self.to(computed(result));
        return (sign > 0 ? start.add(scaled) : start.sub(scaled)).to(result);
    }

    /** self + value · combination(tensor1, tensor2). */
    private static Tensor sumOfThree(String operator, Object[] v, Combination combination) {
        Tensor one = (Tensor) v[1];
        Tensor other = (Tensor) v[2];
        DType result = promoted(resultType(self(v), one), resultType(self(v), other));
        boolean isDivision = operator.equals("addcdiv");
        if (result == null || result == DType.BOOL || isDivision && !result.isFloatingPoint()) {
            throw dtype(operator, self(v), one, isDivision ? "expected floating-point numbers" : "expected numbers");
        }
        requireFactor(operator, "value", result, v[3]);
        DType dtype = computed(result);
        return self(v).to(dtype).add(times(combination.of(one.to(dtype), other.to(dtype)), v[3])).to(result);
    }

    /** beta · self + alpha · the product of the next two; of (self, one, other, beta, alpha). */
    private static Tensor sumWithProduct(String operator, Object[] v, String product) {
        Tensor one = (Tensor) v[1];
        Tensor other = (Tensor) v[2];
        DType result = self(v).dtype();
        if (one.dtype() != result || other.dtype() != result || result == DType.BOOL) {
            throw dtype(operator, self(v), one, "expected three tensors of one dtype that is no boolean");
        }
        requireFactor(operator, "beta", result, v[3]);
        requireFactor(operator, "alpha", result, v[4]);
        DType dtype = computed(result);
        Tensor made = Operator.tensor(product, one.to(dtype), other.to(dtype));
        Tensor self = self(v).expand(made.shape().sizes()).to(dtype);
        boolean isNothing = number(v[4]) == 0 && (operator.equals("addmm") || operator.equals("addmv")); // where NaN is not looked at
        if (number(v[3]) == 0) {
            return (isNothing ? self.sub(self) : times(made, v[4])).to(result);
        }
        Tensor start = times(self, v[3]);
        return (isNothing ? start.contiguous() : start.add(times(made, v[4]))).to(result);
    }

    /** The values of an operator that promotes its three tensors. */
    private static Object[] alike(Object[] v) {
        DType result = promoted(resultType(self(v), (Tensor) v[1]), resultType(self(v), (Tensor) v[2]));
        return result == null ? v
                : new Object[] {self(v).to(result), ((Tensor) v[1]).to(result), ((Tensor) v[2]).to(result), v[3], v[4]};
    }

    private static void requireFactor(String operator, String parameter, DType result, Object factor) {
        if (factor instanceof Double && result != null && !result.isFloatingPoint()) {
            throw new IllegalArgumentException(operator + ": " + parameter + ": expected a whole number with tensors of "
                    + result.torchName() + ", found " + factor);
        }
        if (factor instanceof Long whole && result != null && !result.isFloatingPoint()) {
            OperatorScalars.requireFits(() -> operator + ": " + parameter, result, whole);
        }
        if (factor instanceof Boolean && result != DType.BOOL) {
            throw new IllegalArgumentException(operator + ": " + parameter + ": expected a number, found " + factor);
        }
    }

    private static Tensor times(Tensor tensor, Object factor) {
        return number(factor) == 1 ? tensor
                : factor instanceof Long whole ? tensor.mul(whole) : tensor.mul(number(factor));
    }

    /** Null where it is a dtype that this library has not. */
    static DType resultType(Tensor self, Tensor other) {
        return (DType) Operator.withSchema("aten::result_type.Tensor(Tensor tensor, Tensor other) -> ScalarType")
                .call(self, other).get(0);
    }

    private static DType promoted(DType one, DType other) {
        return one == null || other == null ? null
                : (DType) Operator.withSchema("aten::promote_types(ScalarType type1, ScalarType type2) -> ScalarType")
                        .call(one, other).get(0);
    }

    private static DType computed(DType result) {
        return OperatorScalars.isHalf(result) ? DType.FLOAT32 : result;
    }

    private static TorchException dtype(String operator, Tensor one, Tensor other, String reason) {
        return new TorchException(TorchException.Kind.DTYPE,
                operator + " of " + one.describe() + ", " + other.describe() + ": " + reason);
    }

    // ---- activations -----------------------------------------------------------------------------------------------------

    private static Tensor activation(String operator, Tensor self, UnaryOperator<Tensor> formula) {
        if (!self.dtype().isFloatingPoint()) {
            throw new TorchException(TorchException.Kind.DTYPE,
                    operator + " of " + self.describe() + ": expected a floating-point dtype");
        }
        return formula.apply(self.to(computed(self.dtype()))).to(self.dtype());
    }

    /** Limits are numbers of the dtype. */
    private static double rounded(DType dtype, double number) {
        return Tensor.of(new double[] {number}, 1).to(dtype).item();
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

    private static Tensor hardtanh(Tensor self, Object low, Object high) {
        if (self.dtype().isFloatingPoint()) {
            return self.clamp(number(low), number(high));
        }
        long least = whole("hardtanh", self, low);
        long most = whole("hardtanh", self, high);
        if (self.dtype() == DType.UINT8 && (least < 0 || most < 0)) {
            throw new TorchException(TorchException.Kind.DTYPE,
                    "hardtanh of " + self.describe() + ": a limit below 0 is no number of uint8");
        }
        return self.clamp(least, most);
    }

    private static Tensor threshold(Tensor self, Object limit, Object value) {
        return self.dtype().isFloatingPoint()
                ? self.maskedFill(self.to(computed(self.dtype())).le(number(limit)), number(value))
                : self.maskedFill(self.le(whole("threshold", self, limit)), whole("threshold", self, value));
    }

    /** As torch makes a whole number of another, for a tensor of whole numbers. */
    private static long whole(String operator, Tensor self, Object number) {
        if (self.dtype() == DType.BOOL) {
            throw new TorchException(TorchException.Kind.DTYPE, operator + " of " + self.describe() + ": expected numbers");
        }
        return number instanceof Long whole ? whole : (long) number(number);
    }
}
