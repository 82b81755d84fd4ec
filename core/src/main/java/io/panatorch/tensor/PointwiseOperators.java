package io.panatorch.tensor;

import io.panatorch.bindings.generated.Panatorch;

/**
 * What a tensor computes element by element, torch's "Pointwise Ops" and "Comparison Ops" and the activations of
 * {@code torch.nn.functional}.
 *
 * <p>Two tensors are broadcast to one shape, and their dtypes are promoted as in torch. A number is Python's: a {@code long}
 * leaves whole numbers whole, a {@code double} makes float32 of them, and neither changes a floating-point dtype.
 */
public sealed interface PointwiseOperators permits Tensor {

    // ---- arithmetic ------------------------------------------------------------------------------------------------------

    /** {@return this + other, with broadcasting} */
    default Tensor add(Tensor other) {
        CallState state = CallState.begin("add", self(), other);
        return state.finish(Panatorch.pt_add(self().handle(), other.handle(), state.error()));
    }

    /** {@return this + a whole number, of this tensor's dtype; int64 where this is of booleans, as in torch} */
    default Tensor add(long number) {
        CallState state = CallState.begin("add", self());
        return state.finish(Panatorch.pt_add_scalar(self().handle(), state.frame.value(number), state.error()));
    }

    /** {@return this + a number, of this tensor's dtype; float32 where this is of whole numbers, as in torch} */
    default Tensor add(double number) {
        CallState state = CallState.begin("add", self());
        return state.finish(Panatorch.pt_add_scalar(self().handle(), state.frame.value(number), state.error()));
    }

    /** {@return this - other, with broadcasting} */
    default Tensor sub(Tensor other) {
        CallState state = CallState.begin("sub", self(), other);
        return state.finish(Panatorch.pt_sub(self().handle(), other.handle(), state.error()));
    }

    /** {@return this - a whole number, of this tensor's dtype} */
    default Tensor sub(long number) {
        CallState state = CallState.begin("sub", self());
        return state.finish(Panatorch.pt_sub_scalar(self().handle(), state.frame.value(number), state.error()));
    }

    /** {@return this - a number, of this tensor's dtype; float32 where this is of whole numbers, as in torch} */
    default Tensor sub(double number) {
        CallState state = CallState.begin("sub", self());
        return state.finish(Panatorch.pt_sub_scalar(self().handle(), state.frame.value(number), state.error()));
    }

    /** {@return this * other, elementwise with broadcasting} */
    default Tensor mul(Tensor other) {
        CallState state = CallState.begin("mul", self(), other);
        return state.finish(Panatorch.pt_mul(self().handle(), other.handle(), state.error()));
    }

    /** {@return this * a whole number, of this tensor's dtype; int64 where this is of booleans, as in torch} */
    default Tensor mul(long number) {
        CallState state = CallState.begin("mul", self());
        return state.finish(Panatorch.pt_mul_scalar(self().handle(), state.frame.value(number), state.error()));
    }

    /** {@return this * a number, of this tensor's dtype; float32 where this is of whole numbers, as in torch} */
    default Tensor mul(double number) {
        CallState state = CallState.begin("mul", self());
        return state.finish(Panatorch.pt_mul_scalar(self().handle(), state.frame.value(number), state.error()));
    }

    /** {@return this / other, elementwise with broadcasting} */
    default Tensor div(Tensor other) {
        CallState state = CallState.begin("div", self(), other);
        return state.finish(Panatorch.pt_div(self().handle(), other.handle(), state.error()));
    }

    /** {@return this / a whole number, of this tensor's dtype; float32 where this is of whole numbers, as in torch} */
    default Tensor div(long number) {
        CallState state = CallState.begin("div", self());
        return state.finish(Panatorch.pt_div_scalar(self().handle(), state.frame.value(number), state.error()));
    }

    /** {@return this / a number, of this tensor's dtype; float32 where this is of whole numbers, as in torch} */
    default Tensor div(double number) {
        CallState state = CallState.begin("div", self());
        return state.finish(Panatorch.pt_div_scalar(self().handle(), state.frame.value(number), state.error()));
    }

    /** {@return this / other, rounded down, with broadcasting} */
    default Tensor floorDivide(Tensor other) {
        return Operator.tensor("aten::floor_divide(Tensor self, Tensor other) -> Tensor", this, other);
    }

    /** {@return this / a whole number, rounded down} */
    default Tensor floorDivide(long number) {
        return OperatorScalars.tensor("aten::floor_divide(Tensor self, Tensor other) -> Tensor", this, number);
    }

    /** {@return this / a number, rounded down} */
    default Tensor floorDivide(double number) {
        return OperatorScalars.tensor("aten::floor_divide(Tensor self, Tensor other) -> Tensor", this, number);
    }

    /** {@return the remainder of this / other, of the divisor's sign, with broadcasting} */
    default Tensor remainder(Tensor other) {
        return Operator.tensor("aten::remainder.Tensor(Tensor self, Tensor other) -> Tensor", this, other);
    }

    /** {@return the remainder of this / a whole number, of the divisor's sign} */
    default Tensor remainder(long number) {
        return OperatorScalars.tensor("aten::remainder.Tensor(Tensor self, Tensor other) -> Tensor", this, number);
    }

    /** {@return the remainder of this / a number, of the divisor's sign} */
    default Tensor remainder(double number) {
        return OperatorScalars.tensor("aten::remainder.Tensor(Tensor self, Tensor other) -> Tensor", this, number);
    }

    /** {@return this to the power of each exponent, with broadcasting} */
    default Tensor pow(Tensor exponent) {
        return Operator.tensor("aten::pow.Tensor_Tensor(Tensor self, Tensor exponent) -> Tensor", this, exponent);
    }

    /**
     * {@return each element to the power of a whole number, of this tensor's dtype}
     *
     * @throws IllegalArgumentException for whole numbers to the power of less than 0
     */
    default Tensor pow(long exponent) {
        if (exponent == 2) {
            return square();
        }
        if (exponent < 0 && !self().dtype().isFloatingPoint()) {
            throw new IllegalArgumentException("pow of " + self().describe() + ": expected an exponent of 0 or more for"
                    + " whole numbers, found " + exponent + "; give a floating-point number");
        }
        return OperatorScalars.tensor("aten::pow.Tensor_Tensor(Tensor self, Tensor exponent) -> Tensor", this, exponent);
    }

    /** {@return each element to the power of a number; float32 where this is of whole numbers, as in torch} */
    default Tensor pow(double exponent) {
        return exponent == 2 && self().dtype().isFloatingPoint()
                ? square()
                : OperatorScalars.tensor("aten::pow.Tensor_Tensor(Tensor self, Tensor exponent) -> Tensor", this, exponent);
    }

    /** {@return each element by itself} */
    default Tensor square() {
        return Operator.tensor("aten::square(Tensor self) -> Tensor", this);
    }

    /** {@return each element with the other sign} */
    default Tensor neg() {
        return Operator.tensor("aten::neg(Tensor self) -> Tensor", this);
    }

    /** {@return the absolute value of each element} */
    default Tensor abs() {
        return Operator.withSchema("aten::abs(Tensor self) -> Tensor").call(this).tensor();
    }

    /** {@return -1, 0 or 1 by the sign of each element} */
    default Tensor sign() {
        return Operator.tensor("aten::sign(Tensor self) -> Tensor", this);
    }

    // ---- functions -------------------------------------------------------------------------------------------------------

    /** {@return e to the power of each element} */
    default Tensor exp() {
        CallState state = CallState.begin("exp", self());
        return state.finish(Panatorch.pt_exp(self().handle(), state.error()));
    }

    /** {@return the natural logarithm of each element} */
    default Tensor log() {
        return Operator.tensor("aten::log(Tensor self) -> Tensor", this);
    }

    /** {@return the logarithm to base 2 of each element} */
    default Tensor log2() {
        return Operator.tensor("aten::log2(Tensor self) -> Tensor", this);
    }

    /** {@return the square root of each element} */
    default Tensor sqrt() {
        return Operator.tensor("aten::sqrt(Tensor self) -> Tensor", this);
    }

    /** {@return 1 / the square root of each element} */
    default Tensor rsqrt() {
        return Operator.tensor("aten::rsqrt(Tensor self) -> Tensor", this);
    }

    /** {@return 1 / each element} */
    default Tensor reciprocal() {
        return Operator.tensor("aten::reciprocal(Tensor self) -> Tensor", this);
    }

    /** {@return the sine of each element} */
    default Tensor sin() {
        CallState state = CallState.begin("sin", self());
        return state.finish(Panatorch.pt_sin(self().handle(), state.error()));
    }

    /** {@return the cosine of each element} */
    default Tensor cos() {
        CallState state = CallState.begin("cos", self());
        return state.finish(Panatorch.pt_cos(self().handle(), state.error()));
    }

    /** {@return the hyperbolic tangent of each element} */
    default Tensor tanh() {
        return Operator.tensor("aten::tanh(Tensor self) -> Tensor", this);
    }

    /** {@return the error function of each element} */
    default Tensor erf() {
        return Operator.tensor("aten::erf(Tensor self) -> Tensor", this);
    }

    /** {@return each element rounded down} */
    default Tensor floor() {
        return Operator.tensor("aten::floor(Tensor self) -> Tensor", this);
    }

    /** {@return each element rounded up} */
    default Tensor ceil() {
        return Operator.tensor("aten::ceil(Tensor self) -> Tensor", this);
    }

    /** {@return each element rounded, halves to even} */
    default Tensor round() {
        return Operator.tensor("aten::round(Tensor self) -> Tensor", this);
    }

    /** {@return each element rounded towards 0} */
    default Tensor trunc() {
        return Operator.tensor("aten::trunc(Tensor self) -> Tensor", this);
    }

    // ---- limits ----------------------------------------------------------------------------------------------------------

    /** {@return each element, but not below {@code low} and not above {@code high}; float32 for whole numbers} */
    default Tensor clamp(double low, double high) {
        CallState state = CallState.begin("clamp", self());
        return state.finish(Panatorch.pt_clamp(self().handle(), low, high, state.error()));
    }

    /** {@return each element, but not below {@code low} and not above {@code high}, of this tensor's dtype} */
    default Tensor clamp(long low, long high) {
        return self().dtype().isFloatingPoint()
                ? clamp((double) low, (double) high)
                : OperatorScalars.tensor("aten::clamp.Tensor(Tensor self, Tensor? min=None, Tensor? max=None) -> Tensor",
                        this, low, high);
    }

    /** {@return each element, but not below {@code low}} */
    default Tensor clampMin(long low) {
        return OperatorScalars.tensor("aten::clamp_min.Tensor(Tensor self, Tensor min) -> Tensor", this, low);
    }

    /** {@return each element, but not below {@code low}} */
    default Tensor clampMin(double low) {
        return OperatorScalars.tensor("aten::clamp_min.Tensor(Tensor self, Tensor min) -> Tensor", this, low);
    }

    /** {@return each element, but not above {@code high}} */
    default Tensor clampMax(long high) {
        return OperatorScalars.tensor("aten::clamp_max.Tensor(Tensor self, Tensor max) -> Tensor", this, high);
    }

    /** {@return each element, but not above {@code high}} */
    default Tensor clampMax(double high) {
        return OperatorScalars.tensor("aten::clamp_max.Tensor(Tensor self, Tensor max) -> Tensor", this, high);
    }

    /** {@return the larger of each two elements, with broadcasting; NaN where one is} */
    default Tensor maximum(Tensor other) {
        return Operator.tensor("aten::maximum(Tensor self, Tensor other) -> Tensor", this, other);
    }

    /** {@return the smaller of each two elements, with broadcasting; NaN where one is} */
    default Tensor minimum(Tensor other) {
        return Operator.tensor("aten::minimum(Tensor self, Tensor other) -> Tensor", this, other);
    }

    // ---- comparisons, whose results are of booleans ----------------------------------------------------------------------

    /** {@return whether this = other, elementwise with broadcasting} */
    default Tensor eq(Tensor other) {
        return Operator.tensor("aten::eq.Tensor(Tensor self, Tensor other) -> Tensor", this, other);
    }

    /** {@return whether this = a whole number} */
    default Tensor eq(long number) {
        return OperatorScalars.tensor("aten::eq.Tensor(Tensor self, Tensor other) -> Tensor", this, number);
    }

    /** {@return whether this = a number} */
    default Tensor eq(double number) {
        return OperatorScalars.tensor("aten::eq.Tensor(Tensor self, Tensor other) -> Tensor", this, number);
    }

    /** {@return whether this ≠ other, elementwise with broadcasting} */
    default Tensor ne(Tensor other) {
        return Operator.tensor("aten::ne.Tensor(Tensor self, Tensor other) -> Tensor", this, other);
    }

    /** {@return whether this ≠ a whole number} */
    default Tensor ne(long number) {
        return OperatorScalars.tensor("aten::ne.Tensor(Tensor self, Tensor other) -> Tensor", this, number);
    }

    /** {@return whether this ≠ a number} */
    default Tensor ne(double number) {
        return OperatorScalars.tensor("aten::ne.Tensor(Tensor self, Tensor other) -> Tensor", this, number);
    }

    /** {@return whether {@code this <} other, elementwise with broadcasting} */
    default Tensor lt(Tensor other) {
        return Operator.tensor("aten::lt.Tensor(Tensor self, Tensor other) -> Tensor", this, other);
    }

    /** {@return whether {@code this <} a whole number} */
    default Tensor lt(long number) {
        return OperatorScalars.tensor("aten::lt.Tensor(Tensor self, Tensor other) -> Tensor", this, number);
    }

    /** {@return whether {@code this <} a number} */
    default Tensor lt(double number) {
        return OperatorScalars.tensor("aten::lt.Tensor(Tensor self, Tensor other) -> Tensor", this, number);
    }

    /** {@return whether this ≤ other, elementwise with broadcasting} */
    default Tensor le(Tensor other) {
        return Operator.tensor("aten::le.Tensor(Tensor self, Tensor other) -> Tensor", this, other);
    }

    /** {@return whether this ≤ a whole number} */
    default Tensor le(long number) {
        return OperatorScalars.tensor("aten::le.Tensor(Tensor self, Tensor other) -> Tensor", this, number);
    }

    /** {@return whether this ≤ a number} */
    default Tensor le(double number) {
        return OperatorScalars.tensor("aten::le.Tensor(Tensor self, Tensor other) -> Tensor", this, number);
    }

    /** {@return whether {@code this >} other, elementwise with broadcasting} */
    default Tensor gt(Tensor other) {
        return Operator.tensor("aten::gt.Tensor(Tensor self, Tensor other) -> Tensor", this, other);
    }

    /** {@return whether {@code this >} a whole number} */
    default Tensor gt(long number) {
        return OperatorScalars.tensor("aten::gt.Tensor(Tensor self, Tensor other) -> Tensor", this, number);
    }

    /** {@return whether {@code this >} a number} */
    default Tensor gt(double number) {
        return OperatorScalars.tensor("aten::gt.Tensor(Tensor self, Tensor other) -> Tensor", this, number);
    }

    /** {@return whether this ≥ other, elementwise with broadcasting} */
    default Tensor ge(Tensor other) {
        return Operator.tensor("aten::ge.Tensor(Tensor self, Tensor other) -> Tensor", this, other);
    }

    /** {@return whether this ≥ a whole number} */
    default Tensor ge(long number) {
        return OperatorScalars.tensor("aten::ge.Tensor(Tensor self, Tensor other) -> Tensor", this, number);
    }

    /** {@return whether this ≥ a number} */
    default Tensor ge(double number) {
        return OperatorScalars.tensor("aten::ge.Tensor(Tensor self, Tensor other) -> Tensor", this, number);
    }

    /** {@return whether each element is not a number} */
    default Tensor isnan() {
        return Operator.tensor("aten::isnan(Tensor self) -> Tensor", this);
    }

    /** {@return whether each element is neither infinite nor NaN} */
    default Tensor isfinite() {
        return Operator.tensor("aten::isfinite(Tensor self) -> Tensor", this);
    }

    /** {@return whether each element is 0} */
    default Tensor logicalNot() {
        return Operator.tensor("aten::logical_not(Tensor self) -> Tensor", this);
    }

    /** {@return whether both are not 0, elementwise with broadcasting} */
    default Tensor logicalAnd(Tensor other) {
        return Operator.tensor("aten::logical_and(Tensor self, Tensor other) -> Tensor", this, other);
    }

    /** {@return whether one is not 0, elementwise with broadcasting} */
    default Tensor logicalOr(Tensor other) {
        return Operator.tensor("aten::logical_or(Tensor self, Tensor other) -> Tensor", this, other);
    }

    /** {@return this, but a whole number where the mask is true; of this tensor's dtype} */
    default Tensor maskedFill(Tensor mask, long value) {
        return OperatorScalars.tensor("aten::masked_fill.Tensor(Tensor self, Tensor mask, Tensor value) -> Tensor",
                this, mask, value);
    }

    /** {@return this, but a number where the mask is true; of this tensor's dtype} */
    default Tensor maskedFill(Tensor mask, double value) {
        return OperatorScalars.tensor("aten::masked_fill.Tensor(Tensor self, Tensor mask, Tensor value) -> Tensor",
                this, mask, value);
    }

    // ---- activations -----------------------------------------------------------------------------------------------------

    /** {@return 1 / (1 + e^-x), elementwise} */
    default Tensor sigmoid() {
        return Operator.tensor("aten::sigmoid(Tensor self) -> Tensor", this);
    }

    /** {@return x · sigmoid(x), elementwise} */
    default Tensor silu() {
        CallState state = CallState.begin("silu", self());
        return state.finish(Panatorch.pt_silu(self().handle(), state.error()));
    }

    /** {@return max(x, 0), elementwise} */
    default Tensor relu() {
        CallState state = CallState.begin("relu", self());
        return state.finish(Panatorch.pt_relu(self().handle(), state.error()));
    }

    /**
     * {@return the Gaussian error linear unit of each element}
     *
     * @param tanhApproximation torch's {@code approximate="tanh"} instead of the exact formula
     */
    default Tensor gelu(boolean tanhApproximation) {
        CallState state = CallState.begin("gelu", self());
        return state.finish(Panatorch.pt_gelu(self().handle(), tanhApproximation ? 1 : 0, state.error()));
    }

    /** {@return max(x, 0) + slope · min(x, 0), elementwise; torch's slope is 0.01} */
    default Tensor leakyRelu(double slope) {
        return Operator.tensor("aten::leaky_relu(Tensor self, Scalar negative_slope=0.01) -> Tensor", this, slope);
    }

    /** {@return x where it is above 0, else alpha · (e^x - 1), elementwise; torch's alpha is 1} */
    default Tensor elu(double alpha) {
        return Operator.tensor("aten::elu(Tensor self, Scalar alpha=1, Scalar scale=1, Scalar input_scale=1) -> Tensor",
                this, alpha);
    }

    /** {@return log(1 + e^x), elementwise} */
    default Tensor softplus() {
        return Operator.tensor("aten::softplus(Tensor self, Scalar beta=1, Scalar threshold=20) -> Tensor", this);
    }

    /** {@return x · tanh(log(1 + e^x)), elementwise} */
    default Tensor mish() {
        return Operator.tensor("aten::mish(Tensor self) -> Tensor", this);
    }

    /** {@return the logarithm of sigmoid, elementwise} */
    default Tensor logSigmoid() {
        return Operator.tensor("aten::log_sigmoid(Tensor self) -> Tensor", this);
    }

    private Tensor self() {
        return (Tensor) this;
    }
}
