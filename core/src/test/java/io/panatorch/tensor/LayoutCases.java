package io.panatorch.tensor;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/** For each operator that has tensors for operands a call with operands that are drawn; {@link LayoutsTest} makes them. */
final class LayoutCases {

    private static final List<DType> FLOATS = List.of(DType.FLOAT32, DType.FLOAT64, DType.BFLOAT16, DType.FLOAT16);
    private static final List<DType> WHOLE = List.of(DType.INT64, DType.INT32, DType.UINT8, DType.INT8);

    /** Whose arithmetic is that of doubles, but for rounding. */
    private static final List<DType> SIGNED = List.of(DType.FLOAT32, DType.FLOAT64, DType.BFLOAT16, DType.FLOAT16, DType.INT64,
            DType.INT32);
    private static final List<DType> NUMBERS = List.of(DType.FLOAT32, DType.FLOAT64, DType.BFLOAT16, DType.FLOAT16, DType.INT64,
            DType.INT32, DType.UINT8, DType.INT8);
    private static final List<DType> ALL = List.of(DType.values());

    /** @param call makes a {@link Tensor}, a list of them, a {@link ValuesAndIndices}, or numbers for Java */
    record Case(List<DType> dtypes, Function<DrawnOperands, Object> call) {}

    private final Map<String, Case> cases = new LinkedHashMap<>();

    private LayoutCases() {}

    /** {@return the cases by the names of methods and the types of their parameters} */
    static Map<String, Case> all() {
        LayoutCases all = new LayoutCases();
        all.arithmetic();
        all.functions();
        all.comparisons();
        all.reductions();
        all.ordering();
        all.views();
        all.indices();
        all.joining();
        all.products();
        all.norms();
        all.convolutions();
        all.attention();
        all.windows();
        all.copying();
        return all.cases;
    }

    private void put(String method, List<DType> dtypes, Function<DrawnOperands, Object> call) {
        if (cases.put(method, new Case(dtypes, call)) != null) {
            throw new AssertionError(method + " twice");
        }
    }

    // ---- elementwise ----------------------------------------------------------------------------------------------

    private interface WithNumber<N> {

        Tensor of(Tensor x, N number);
    }

    private interface Binary {

        Tensor of(Tensor x, Tensor y);
    }

    private static double[] each(double[] values, DoubleUnaryOperator formula) {
        return Arrays.stream(values).map(formula).toArray();
    }

    /** A number from -4 to 4 but 0, as booleans and bytes have no less in all libtorchs. */
    private static int factor(DrawnOperands d) {
        int number = d.number(1, 4);
        return d.dtype == DType.UINT8 || d.random.nextBoolean() ? number : -number;
    }

    private void withNumbers(String name, List<DType> dtypes, WithNumber<Long> ofLong, WithNumber<Double> ofDouble,
            DoubleBinaryOperator formula) {
        put(name + "(long)", dtypes, d -> {
            Tensor x = d.tensor(d.shape(0, 4));
            double[] values = d.values();
            long number = factor(d);
            Tensor result = ofLong.of(x, number);
            return formula == null || !SIGNED.contains(d.dtype) ? result
                    : d.expect(result, () -> each(values, value -> formula.applyAsDouble(value, number)));
        });
        put(name + "(double)", dtypes, d -> {
            Tensor x = d.tensor(d.shape(0, 4));
            double[] values = d.values();
            double number = factor(d) + 0.5;
            Tensor result = ofDouble.of(x, number);
            return formula == null || !SIGNED.contains(d.dtype) ? result
                    : d.expect(result, () -> each(values, value -> formula.applyAsDouble(value, number)));
        });
    }

    private void binary(String name, List<DType> dtypes, Binary operator) {
        put(name + "(Tensor)", dtypes, d -> {
            long[] shape = d.shape(0, 4);
            DType other = d.random.nextBoolean() ? d.dtype : dtypes.get(d.random.nextInt(dtypes.size()));
            Tensor x = d.tensor(d.random.nextBoolean() ? shape : d.broadcast(shape));
            return operator.of(x, d.tensor(other, d.broadcast(shape)));
        });
    }

    private void unary(String name, List<DType> dtypes, UnaryOperator<Tensor> operator) {
        put(name + "()", dtypes, d -> operator.apply(d.tensor(d.shape(0, 4))));
    }

    private void onPositive(String name, UnaryOperator<Tensor> operator) {
        put(name + "()", NUMBERS, d -> operator.apply(d.positive(d.shape(0, 4))));
    }

    private void arithmetic() {
        sums("add", ALL, Tensor::add, (a, b) -> a + b);
        withNumbers("add", ALL, Tensor::add, Tensor::add, (a, b) -> a + b);
        sums("sub", NUMBERS, Tensor::sub, (a, b) -> a - b);
        withNumbers("sub", NUMBERS, Tensor::sub, Tensor::sub, (a, b) -> a - b);
        sums("mul", ALL, Tensor::mul, (a, b) -> a * b);
        withNumbers("mul", ALL, Tensor::mul, Tensor::mul, (a, b) -> a * b);
        put("div(Tensor)", ALL, d -> {
            long[] shape = d.shape(0, 4);
            return d.tensor(shape).div(d.positive(d.broadcast(shape)));
        });
        withNumbers("div", ALL, Tensor::div, Tensor::div, (a, b) -> a / b);
        put("floorDivide(Tensor)", NUMBERS, d -> {
            long[] shape = d.shape(0, 4);
            return d.tensor(shape).floorDivide(d.positive(d.broadcast(shape)));
        });
        withNumbers("floorDivide", NUMBERS, Tensor::floorDivide, Tensor::floorDivide, null);
        put("remainder(Tensor)", NUMBERS, d -> {
            long[] shape = d.shape(0, 4);
            return d.tensor(shape).remainder(d.positive(d.broadcast(shape)));
        });
        withNumbers("remainder", NUMBERS, Tensor::remainder, Tensor::remainder, null);
        put("pow(Tensor)", NUMBERS, d -> {
            long[] shape = d.shape(0, 4);
            return d.positive(shape).pow(d.positive(d.broadcast(shape)));
        });
        put("pow(long)", NUMBERS, d -> {
            Tensor x = d.tensor(d.shape(0, 4));
            double[] values = d.values();
            int exponent = d.number(0, 3);
            Tensor result = x.pow(exponent);
            return d.dtype.byteSize() == 1 ? result : d.expect(result, () -> each(values, value -> Math.pow(value, exponent)));
        });
        put("pow(double)", NUMBERS, d -> {
            Tensor x = d.positive(d.shape(0, 4));
            double[] values = d.values();
            double exponent = d.number(-3, 4) / 2.0;
            return d.expect(x.pow(exponent), () -> each(values, value -> Math.pow(value, exponent)));
        });
    }

    /** Of operands of one shape by a formula too. */
    private void sums(String name, List<DType> dtypes, Binary operator, DoubleBinaryOperator formula) {
        put(name + "(Tensor)", dtypes, d -> {
            long[] shape = d.shape(0, 4);
            boolean isPlain = d.random.nextBoolean();
            DType other = isPlain ? d.dtype : dtypes.get(d.random.nextInt(dtypes.size()));
            Tensor x = d.tensor(shape);
            double[] left = d.values();
            Tensor y = d.tensor(other, isPlain ? shape : d.broadcast(shape));
            double[] right = d.values();
            Tensor result = operator.of(x, y);
            return !isPlain || !SIGNED.contains(d.dtype) ? result
                    : d.expect(result, () -> IntStream.range(0, left.length)
                            .mapToDouble(i -> formula.applyAsDouble(left[i], right[i])).toArray());
        });
    }

    private void functions() {
        unary("square", NUMBERS, Tensor::square);
        unary("neg", NUMBERS, Tensor::neg);
        unary("abs", NUMBERS, Tensor::abs);
        unary("sign", NUMBERS, Tensor::sign);
        unary("exp", ALL, Tensor::exp);
        onPositive("log", Tensor::log);
        onPositive("log2", Tensor::log2);
        onPositive("sqrt", Tensor::sqrt);
        onPositive("rsqrt", Tensor::rsqrt);
        onPositive("reciprocal", Tensor::reciprocal);
        unary("sin", ALL, Tensor::sin);
        unary("cos", ALL, Tensor::cos);
        unary("tanh", ALL, Tensor::tanh);
        unary("erf", ALL, Tensor::erf);
        unary("floor", NUMBERS, Tensor::floor);
        unary("ceil", NUMBERS, Tensor::ceil);
        unary("round", NUMBERS, Tensor::round);
        unary("trunc", NUMBERS, Tensor::trunc);
        unary("sigmoid", ALL, Tensor::sigmoid);
        unary("silu", FLOATS, Tensor::silu);
        unary("relu", NUMBERS, Tensor::relu);
        unary("mish", FLOATS, Tensor::mish);
        unary("logSigmoid", FLOATS, Tensor::logSigmoid);
        unary("softplus", FLOATS, Tensor::softplus);
        put("elu(double)", FLOATS, d -> {
            Tensor x = d.tensor(d.shape(0, 4));
            double[] values = d.values();
            return d.expect(x.elu(1.5), () -> each(values, value -> value > 0 ? value : 1.5 * Math.expm1(value)));
        });
        put("leakyRelu(double)", FLOATS, d -> {
            Tensor x = d.tensor(d.shape(0, 4));
            double[] values = d.values();
            return d.expect(x.leakyRelu(0.25), () -> each(values, value -> value > 0 ? value : 0.25 * value));
        });
        put("gelu(boolean)", FLOATS, d -> d.tensor(d.shape(0, 4)).gelu(d.random.nextBoolean()));
        put("clamp(double,double)", NUMBERS, d -> d.tensor(d.shape(0, 4)).clamp(-0.5, 1.25));
        put("clamp(long,long)", NUMBERS, d -> d.tensor(d.shape(0, 4)).clamp(0, 1));
        put("clampMin(long)", NUMBERS, d -> d.tensor(d.shape(0, 4)).clampMin(1));
        put("clampMin(double)", NUMBERS, d -> d.tensor(d.shape(0, 4)).clampMin(0.5));
        put("clampMax(long)", NUMBERS, d -> d.tensor(d.shape(0, 4)).clampMax(1));
        put("clampMax(double)", NUMBERS, d -> d.tensor(d.shape(0, 4)).clampMax(0.5));
        binary("maximum", NUMBERS, Tensor::maximum);
        binary("minimum", NUMBERS, Tensor::minimum);
    }

    private void comparisons() {
        comparison("eq", Tensor::eq, Tensor::eq, Tensor::eq);
        comparison("ne", Tensor::ne, Tensor::ne, Tensor::ne);
        comparison("lt", Tensor::lt, Tensor::lt, Tensor::lt);
        comparison("le", Tensor::le, Tensor::le, Tensor::le);
        comparison("gt", Tensor::gt, Tensor::gt, Tensor::gt);
        comparison("ge", Tensor::ge, Tensor::ge, Tensor::ge);
        unary("isnan", ALL, Tensor::isnan);
        unary("isfinite", ALL, Tensor::isfinite);
        unary("logicalNot", ALL, Tensor::logicalNot);
        binary("logicalAnd", ALL, Tensor::logicalAnd);
        binary("logicalOr", ALL, Tensor::logicalOr);
        put("maskedFill(Tensor,long)", ALL, d -> {
            long[] shape = d.shape(0, 4);
            return d.tensor(shape).maskedFill(d.tensor(DType.BOOL, d.broadcast(shape)), 1);
        });
        put("maskedFill(Tensor,double)", FLOATS, d -> {
            long[] shape = d.shape(0, 4);
            return d.tensor(shape).maskedFill(d.tensor(DType.BOOL, d.broadcast(shape)), Double.NEGATIVE_INFINITY);
        });
        put("where(Tensor,Tensor,Tensor)", ALL, d -> {
            long[] shape = d.shape(0, 4);
            return Tensor.where(d.tensor(DType.BOOL, d.broadcast(shape)), d.tensor(shape), d.tensor(d.broadcast(shape)));
        });
    }

    private void comparison(String name, Binary ofTensor, WithNumber<Long> ofLong, WithNumber<Double> ofDouble) {
        binary(name, ALL, ofTensor);
        withNumbers(name, ALL, ofLong, ofDouble, null);
    }

    // ---- reductions -----------------------------------------------------------------------------------------------

    private interface OverOne {

        Object of(Tensor x, int dimension, boolean keepdim);
    }

    private interface OverSome {

        Tensor of(Tensor x, long[] dimensions, boolean keepdim);
    }

    private static int dimension(DrawnOperands d, long[] shape) {
        return d.number(-shape.length, shape.length - 1);
    }

    private static long[] dimensions(DrawnOperands d, long[] shape) {
        return IntStream.range(0, shape.length).filter(_ -> d.random.nextBoolean()).asLongStream().toArray();
    }

    private void over(String name, List<DType> dtypes, OverOne operator) {
        put(name + "(int)", dtypes, d -> {
            long[] shape = d.full(1, 4);
            return operator.of(d.tensor(shape), dimension(d, shape), false);
        });
        put(name + "(int,boolean)", dtypes, d -> {
            long[] shape = d.full(1, 4);
            return operator.of(d.tensor(shape), dimension(d, shape), d.random.nextBoolean());
        });
    }

    private void overSome(String name, List<DType> dtypes, OverSome operator) {
        put(name + "(long[],boolean)", dtypes, d -> {
            long[] shape = d.full(1, 4);
            return operator.of(d.tensor(shape), dimensions(d, shape), d.random.nextBoolean());
        });
    }

    private void reductions() {
        unary("sum", ALL, Tensor::sum);
        over("sum", ALL, Tensor::sum);
        overSome("sum", ALL, Tensor::sum);
        unary("mean", FLOATS, Tensor::mean);
        over("mean", FLOATS, Tensor::mean);
        overSome("mean", FLOATS, Tensor::mean);
        unary("prod", ALL, Tensor::prod);
        over("prod", ALL, Tensor::prod);
        put("std()", FLOATS, d -> d.tensor(3, d.number(1, 4)).std());
        put("var()", FLOATS, d -> d.tensor(3, d.number(1, 4)).var());
        put("std(long[],boolean,boolean)", FLOATS, d -> {
            long[] shape = d.full(1, 4);
            return d.tensor(shape).std(dimensions(d, shape), false, d.random.nextBoolean());
        });
        put("var(long[],boolean,boolean)", FLOATS, d -> {
            long[] shape = d.full(1, 4);
            return d.tensor(shape).var(dimensions(d, shape), false, d.random.nextBoolean());
        });
        unary("norm", FLOATS, Tensor::norm);
        over("norm", FLOATS, Tensor::norm);
        overSome("norm", FLOATS, Tensor::norm);
        over("logsumexp", FLOATS, Tensor::logsumexp);
        over("cumsum", ALL, (x, dimension, _) -> x.cumsum(dimension));
        cases.remove("cumsum(int,boolean)");
        unary("any", ALL, Tensor::any);
        over("any", ALL, Tensor::any);
        unary("all", ALL, Tensor::all);
        over("all", ALL, Tensor::all);
    }

    private void ordering() {
        put("max()", ALL, d -> d.tensor(d.full(0, 4)).max());
        put("min()", ALL, d -> d.tensor(d.full(0, 4)).min());
        over("max", ALL, Tensor::max);
        over("min", ALL, Tensor::min);
        overSome("amax", ALL, Tensor::amax);
        overSome("amin", ALL, Tensor::amin);
        put("argmax()", NUMBERS, d -> d.tensor(d.full(0, 4)).argmax());
        put("argmin()", NUMBERS, d -> d.tensor(d.full(0, 4)).argmin());
        over("argmax", NUMBERS, Tensor::argmax);
        over("argmin", NUMBERS, Tensor::argmin);
        put("topk(long)", NUMBERS, d -> {
            long[] shape = d.full(1, 4);
            Tensor x = d.tensor(shape);
            return found(x, x.topk(d.number(0, (int) shape[shape.length - 1])), -1);
        });
        put("topk(long,int,boolean,boolean)", NUMBERS, d -> {
            long[] shape = d.full(1, 4);
            int dimension = dimension(d, shape);
            Tensor x = d.tensor(shape);
            long k = d.number(0, (int) x.size(dimension));
            return found(x, x.topk(k, dimension, d.random.nextBoolean(), true), dimension);
        });
        put("sort(int,boolean)", ALL, d -> {
            long[] shape = d.shape(1, 4);
            return d.tensor(shape).sort(dimension(d, shape), d.random.nextBoolean());
        });
    }

    /** Which of equal elements are found is not said. */
    private static List<Tensor> found(Tensor x, ValuesAndIndices result, int dimension) {
        return List.of(result.values(), x.gather(dimension, result.indices()));
    }

    // ---- shape ----------------------------------------------------------------------------------------------------

    private void view(String method, int least, int most, OnShape operator) {
        put(method, ALL, d -> {
            long[] shape = d.shape(least, most);
            return operator.of(d, d.tensor(shape), shape);
        });
    }

    private interface OnShape {

        Object of(DrawnOperands d, Tensor x, long[] shape);
    }

    private static long[] shuffled(DrawnOperands d, int number) {
        List<Integer> order = new ArrayList<>(IntStream.range(0, number).boxed().toList());
        Collections.shuffle(order, d.random);
        return order.stream().mapToLong(i -> i).toArray();
    }

    private void views() {
        view("reshape(long[])", 0, 4, (d, x, shape) -> x.reshape(Arrays.stream(shape).reduce(1, (a, b) -> a * b)));
        view("expand(long[])", 0, 3, (d, x, shape) -> {
            long[] more = new long[shape.length + 1];
            Arrays.fill(more, -1);
            more[0] = d.number(1, 3);
            return x.expand(more);
        });
        view("permute(long[])", 0, 4, (d, x, shape) -> x.permute(shuffled(d, shape.length)));
        view("transpose(int,int)", 1, 4, (d, x, shape) -> x.transpose(dimension(d, shape), dimension(d, shape)));
        view("unsqueeze(int)", 0, 4, (d, x, shape) -> x.unsqueeze(d.number(0, shape.length)));
        view("squeeze()", 0, 4, (d, x, shape) -> x.squeeze());
        view("squeeze(int)", 1, 4, (d, x, shape) -> x.squeeze(dimension(d, shape)));
        view("flatten(int,int)", 1, 4, (d, x, shape) -> x.flatten(d.number(0, shape.length - 1), -1));
        view("unflatten(int,long[])", 1, 4, (d, x, shape) -> x.unflatten(shape.length - 1, shape[shape.length - 1], 1));
        view("narrow(int,long,long)", 1, 4, (d, x, shape) -> {
            int dimension = dimension(d, shape);
            int start = d.number(0, (int) x.size(dimension));
            return x.narrow(dimension, start, d.number(0, (int) x.size(dimension) - start));
        });
        put("select(int,long)", ALL, d -> {
            long[] shape = d.full(1, 4);
            int dimension = dimension(d, shape);
            Tensor x = d.tensor(shape);
            int size = (int) x.size(dimension);
            return x.select(dimension, d.number(-size, size - 1));
        });
        view("slice(int,Long,Long)", 1, 4, (d, x, shape) -> x.slice(dimension(d, shape), bound(d), bound(d)));
        view("slice(int,long,long)", 1, 4, (d, x, shape) -> x.slice(dimension(d, shape), d.number(-2, 3), d.number(-2, 3)));
        view("slice(int,Long,Long,long)", 1, 4,
                (d, x, shape) -> x.slice(dimension(d, shape), bound(d), bound(d), d.number(1, 3)));
        view("split(long,int)", 1, 4, (d, x, shape) -> x.split(d.number(1, 3), dimension(d, shape)));
        view("split(long[],int)", 1, 4, (d, x, shape) -> {
            int dimension = dimension(d, shape);
            int first = d.number(0, (int) x.size(dimension));
            return x.split(new long[] {first, x.size(dimension) - first}, dimension);
        });
        view("chunk(int,int)", 1, 4, (d, x, shape) -> x.chunk(d.number(1, 3), dimension(d, shape)));
        view("unbind(int)", 1, 4, (d, x, shape) -> x.unbind(dimension(d, shape)));
    }

    private static Long bound(DrawnOperands d) {
        return d.random.nextInt(4) == 0 ? null : Long.valueOf(d.number(-6, 6));
    }

    private void indices() {
        put("index(Tensor[])", ALL, d -> {
            long[] shape = d.full(1, 4);
            Tensor x = d.tensor(shape);
            if (d.random.nextInt(3) == 0) {
                return x.index(d.tensor(DType.BOOL, shape));
            }
            long[] places = d.shape(0, 2);
            Tensor first = d.indices(shape[0], places);
            return shape.length == 1 ? x.index(first)
                    : d.random.nextBoolean() ? x.index(null, d.indices(shape[1], places))
                    : x.index(first, d.indices(shape[1], d.broadcast(places)));
        });
        put("indexSelect(int,Tensor)", ALL, d -> {
            long[] shape = d.full(1, 4);
            int dimension = dimension(d, shape);
            Tensor x = d.tensor(shape);
            return x.indexSelect(dimension, d.indices(x.size(dimension), d.number(0, 5)));
        });
        put("gather(int,Tensor)", ALL, d -> {
            long[] shape = d.full(1, 4);
            int dimension = d.number(0, shape.length - 1);
            Tensor x = d.tensor(shape);
            return x.gather(dimension, d.indices(shape[dimension], part(d, shape)));
        });
        put("scatter(int,Tensor,Tensor)", ALL, d -> {
            long[] shape = d.full(1, 4);
            int dimension = d.number(0, shape.length - 1);
            long[] places = part(d, shape);
            places[dimension] = 1; // else one may be written to twice
            return d.tensor(shape).scatter(dimension, d.indices(shape[dimension], places), d.tensor(shape));
        });
        put("maskedSelect(Tensor)", ALL, d -> {
            long[] shape = d.shape(0, 4);
            return d.tensor(shape).maskedSelect(d.tensor(DType.BOOL, d.broadcast(shape)));
        });
        view("nonzero()", 0, 4, (d, x, shape) -> x.nonzero());
        view("flip(long[])", 0, 4, (d, x, shape) -> x.flip(dimensions(d, shape)));
        view("roll(long,int)", 1, 4, (d, x, shape) -> x.roll(d.number(-3, 3), dimension(d, shape)));
        view("repeat(long[])", 0, 3, (d, x, shape) -> x.repeat(d.full(shape.length, 4)));
        view("repeatInterleave(long,int)", 1, 4, (d, x, shape) -> x.repeatInterleave(d.number(0, 3), dimension(d, shape)));
        view("tril(long)", 2, 4, (d, x, shape) -> x.tril(d.number(-2, 2)));
        view("triu(long)", 2, 4, (d, x, shape) -> x.triu(d.number(-2, 2)));
    }

    private static long[] part(DrawnOperands d, long[] shape) {
        return Arrays.stream(shape).map(size -> d.number(1, (int) size)).toArray();
    }

    private void joining() {
        put("cat(int,Tensor[])", ALL, d -> {
            long[] shape = d.shape(1, 4);
            long[] other = shape.clone();
            other[0] = d.number(0, 3);
            return Tensor.cat(0, d.tensor(shape), d.tensor(other), d.tensor(shape));
        });
        put("cat(List,int)", ALL, d -> {
            long[] shape = d.shape(1, 4);
            return Tensor.cat(List.of(d.tensor(shape), d.tensor(shape)), dimension(d, shape));
        });
        put("stack(int,Tensor[])", ALL, d -> {
            long[] shape = d.shape(0, 4);
            return Tensor.stack(d.number(0, shape.length), d.tensor(shape), d.tensor(shape));
        });
        put("stack(List,int)", ALL, d -> {
            long[] shape = d.shape(0, 4);
            return Tensor.stack(List.of(d.tensor(shape), d.tensor(shape), d.tensor(shape)), -1);
        });
    }

    private void copying() {
        for (String method : List.of("contiguous()", "copy()", "alias()")) {
            view(method, 0, 4, (d, x, shape) -> switch (method) {
                case "contiguous()" -> x.contiguous();
                case "copy()" -> x.copy();
                default -> x.alias();
            });
        }
        view("to(DType)", 0, 4, (d, x, shape) -> x.to(DType.FLOAT64));
        view("to(Device)", 0, 4, (d, x, shape) -> x.to(Device.CPU));
        view("to(DType,Device)", 0, 4, (d, x, shape) -> x.to(DType.INT64, Device.CPU));
        for (String method : List.of("copy_(Tensor)", "copy_(Tensor,boolean)")) {
            put(method, ALL, d -> {
                long[] shape = d.shape(0, 4);
                Tensor target = Tensor.zeros(Shape.of(shape), DType.FLOAT64, Device.CPU);
                Tensor source = d.tensor(d.broadcast(shape));
                if (method.contains("boolean")) {
                    target.copy_(source, true);
                } else {
                    target.copy_(source);
                }
                return target;
            });
        }
        view("toFloatArray()", 0, 4, (d, x, shape) -> x.toFloatArray());
        view("toDoubleArray()", 0, 4, (d, x, shape) -> d.expect(x.toDoubleArray(), d::values));
        view("toLongArray()", 0, 4, (d, x, shape) -> x.toLongArray());
        view("toIntArray()", 0, 4, (d, x, shape) -> x.toIntArray());
        put("toByteArray()", WHOLE, d -> d.whole(d.dtype, 0, 9, d.shape(0, 4)).toByteArray());
        view("toBooleanArray()", 0, 4, (d, x, shape) -> x.toBooleanArray());
        view("readData(Function)", 0, 4,
                (d, x, shape) -> x.<byte[]>readData(data -> data.toArray(ValueLayout.JAVA_BYTE)));
        view("item()", 0, 0, (d, x, shape) -> x.item());
        view("itemLong()", 0, 0, (d, x, shape) -> x.itemLong());
        view("toString()", 0, 4, (d, x, shape) -> x.toString());
    }

    // ---- layers ---------------------------------------------------------------------------------------------------

    private void products() {
        put("linear(Tensor,Tensor)", FLOATS, d -> {
            boolean isLarge = d.random.nextInt(6) == 0; // from four million products on it is another kernel
            int rows = isLarge ? 16 : d.number(0, 4);
            int in = isLarge ? 512 : d.number(1, 20);
            int out = isLarge ? 512 : d.number(1, 20);
            Tensor x = d.tensor(d.random.nextBoolean() ? new long[] {rows, in} : new long[] {1, rows, in});
            double[] left = d.values();
            Tensor weight = d.tensor(out, in);
            double[] right = d.values();
            Tensor bias = d.random.nextInt(4) == 0 ? null : d.tensor(out);
            double[] added = bias == null ? new double[out] : d.values();
            return d.expect(x.linear(weight, bias), () -> linear(left, right, added, rows, in, out));
        });
        put("matmul(Tensor)", FLOATS, d -> {
            int n = d.number(0, 6);
            int k = d.number(1, 9);
            int m = d.number(1, 6);
            return switch (d.number(0, 3)) {
                case 0 -> d.tensor(n, k).matmul(d.tensor(k, m));
                case 1 -> d.tensor(2, n, k).matmul(d.tensor(k, m));
                case 2 -> d.tensor(3, 1, n, k).matmul(d.tensor(2, k, m));
                default -> d.tensor(k).matmul(d.tensor(k, m));
            };
        });
        put("einsum(String,Tensor[])", FLOATS,
                d -> Tensor.einsum("bhid,bhjd->bhij", d.tensor(2, 2, d.number(1, 4), 5), d.tensor(2, 2, d.number(1, 4), 5)));
        put("embedding(Tensor)", FLOATS, d -> {
            int rows = d.number(1, 6);
            return d.tensor(rows, d.number(1, 5)).embedding(d.indices(rows, d.shape(0, 3)));
        });
    }

    private static double[] linear(double[] x, double[] weight, double[] bias, int rows, int in, int out) {
        double[] result = new double[rows * out];
        for (int row = 0; row < rows; row++) {
            for (int o = 0; o < out; o++) {
                double sum = bias[o];
                for (int i = 0; i < in; i++) {
                    sum += x[row * in + i] * weight[o * in + i];
                }
                result[row * out + o] = sum;
            }
        }
        return result;
    }

    private static Tensor perhaps(DrawnOperands d, long size) {
        return d.random.nextInt(3) == 0 ? null : d.tensor(size);
    }

    private void norms() {
        put("softmax(int)", FLOATS, d -> {
            long[] shape = d.shape(1, 4);
            return d.tensor(shape).softmax(dimension(d, shape));
        });
        put("logSoftmax(int)", FLOATS, d -> {
            long[] shape = d.shape(1, 4);
            return d.tensor(shape).logSoftmax(dimension(d, shape));
        });
        put("layerNorm(Tensor,Tensor,double)", FLOATS, d -> {
            long[] shape = d.full(1, 4);
            Tensor x = d.tensor(shape);
            return x.layerNorm(perhaps(d, x.size(-1)), perhaps(d, x.size(-1)), 0.1);
        });
        put("rmsNorm(Tensor,double)", FLOATS, d -> {
            long[] shape = d.full(1, 4);
            Tensor x = d.tensor(shape);
            return x.rmsNorm(perhaps(d, x.size(-1)), 0.1);
        });
        put("groupNorm(int,Tensor,Tensor,double)", FLOATS, d -> {
            int groups = d.number(1, 3);
            long channels = (long) groups * d.number(1, 3);
            return d.tensor(d.number(1, 2), channels, d.number(1, 4), d.number(1, 4))
                    .groupNorm(groups, perhaps(d, channels), perhaps(d, channels), 0.1);
        });
        put("batchNorm(Tensor,Tensor,Tensor,Tensor,double)", FLOATS, d -> {
            long channels = d.number(1, 5);
            return d.tensor(d.number(1, 2), channels, d.number(1, 4), d.number(1, 4)).batchNorm(
                    d.tensor(channels), d.positive(channels), perhaps(d, channels), perhaps(d, channels), 0.1);
        });
    }

    /** @param rank of the dimensions that the kernel moves over; frames come first of three */
    private static Object convolution(DrawnOperands d, int rank) {
        int in = d.number(1, 3);
        int out = d.number(1, 3);
        int[] size = {1, 1, 1};
        int[] kernel = {1, 1, 1};
        int[] stride = {1, 1, 1};
        int[] padding = {0, 0, 0};
        for (int i = 3 - rank; i < 3; i++) {
            size[i] = d.number(3, 5);
            kernel[i] = d.number(1, 3);
            stride[i] = d.number(1, 2);
            padding[i] = d.number(0, 1);
        }
        Tensor x = d.tensor(shape(1, in, size, rank));
        double[] values = d.values();
        Tensor weight = d.tensor(shape(out, in, kernel, rank));
        double[] weights = d.values();
        Tensor bias = d.random.nextInt(3) == 0 ? null : d.tensor(out);
        double[] added = bias == null ? new double[out] : d.values();
        Tensor result = switch (rank) {
            case 1 -> x.conv1d(weight, bias, stride[2], padding[2], 1, 1);
            case 2 -> x.conv2d(weight, bias, last(stride, 2), last(padding, 2));
            default -> x.conv3d(weight, bias, last(stride, 3), last(padding, 3));
        };
        var formula = new Naive.Conv(in, out, size, kernel, stride, padding);
        return d.expect(result, () -> formula.run(values, weights, added));
    }

    private static long[] last(int[] numbers, int count) {
        return Arrays.stream(numbers, numbers.length - count, numbers.length).asLongStream().toArray();
    }

    private static long[] shape(int first, int second, int[] sizes, int rank) {
        long[] shape = new long[2 + rank];
        shape[0] = first;
        shape[1] = second;
        System.arraycopy(last(sizes, rank), 0, shape, 2, rank);
        return shape;
    }

    private void convolutions() {
        put("conv1d(Tensor,Tensor,long,long,long,long)", FLOATS, d -> convolution(d, 1));
        put("conv2d(Tensor,Tensor,long[],long[])", FLOATS, d -> convolution(d, 2));
        put("conv3d(Tensor,Tensor,long[],long[])", FLOATS, d -> convolution(d, 3));
        put("conv2d(Tensor,Tensor,long[],long[],long[],long)", FLOATS, d -> d.tensor(2, 4, d.number(5, 7), d.number(5, 7)).conv2d(
                d.tensor(6, 2, 3, 2), perhaps(d, 6), new long[] {d.number(1, 2), 1}, new long[] {d.number(0, 1), 1},
                new long[] {d.number(1, 2), d.number(1, 2)}, 2));
        put("convTranspose2d(Tensor,Tensor,long[],long[])", FLOATS, d -> d.tensor(2, 3, d.number(2, 4), d.number(2, 4))
                .convTranspose2d(d.tensor(3, 2, 3, 2), perhaps(d, 2), new long[] {d.number(1, 2), 1}, new long[] {d.number(0, 1), 0}));
    }

    private void attention() {
        put("scaledDotProductAttention(Tensor,Tensor,Tensor,Tensor,double)", FLOATS, d -> {
            int heads = d.number(1, 2);
            int tokens = d.number(1, 6);
            int keys = d.number(1, 6);
            int size = d.number(1, 9);
            Tensor query = d.tensor(1, heads, tokens, size);
            double[] q = d.values();
            Tensor key = d.tensor(1, heads, keys, size);
            double[] k = d.values();
            Tensor value = d.tensor(1, heads, keys, size);
            double[] v = d.values();
            Tensor mask = d.random.nextBoolean() ? null : d.tensor(1, 1, tokens, keys);
            double[] added = mask == null ? new double[tokens * keys] : d.values();
            return d.expect(Tensor.scaledDotProductAttention(query, key, value, mask, 0.4), () -> {
                double[] result = new double[heads * tokens * size];
                for (int head = 0; head < heads; head++) {
                    double[] one = Naive.attention(of(q, head, heads), of(k, head, heads), of(v, head, heads), added,
                            tokens, keys, size, 0.4);
                    System.arraycopy(one, 0, result, head * one.length, one.length);
                }
                return result;
            });
        });
    }

    private static double[] of(double[] all, int head, int heads) {
        int length = all.length / heads;
        return Arrays.copyOfRange(all, head * length, (head + 1) * length);
    }

    private void windows() {
        put("pad(long[])", ALL, d -> d.tensor(d.full(2, 4)).pad(d.number(0, 2), d.number(0, 2), 1, 0));
        put("pad(long[],double)", ALL, d -> d.tensor(d.full(1, 4)).pad(new long[] {d.number(0, 2), d.number(0, 2)}, 1));
        put("pad(long[],String)", FLOATS, d -> d.tensor(2, 3, d.number(2, 4), d.number(3, 4)).pad(
                new long[] {d.number(0, 2), 1, 1, d.number(0, 1)}, List.of("reflect", "replicate", "circular").get(d.number(0, 2))));
        put("avgPool2d(long[],long[],long[])", FLOATS, d -> d.tensor(2, 3, d.number(3, 5), d.number(3, 5))
                .avgPool2d(new long[] {2, 3}, new long[] {d.number(1, 2), 1}, new long[] {d.number(0, 1), 0}));
        put("maxPool2d(long[],long[],long[])", FLOATS, d -> d.tensor(2, 3, d.number(3, 5), d.number(3, 5))
                .maxPool2d(new long[] {2, 3}, new long[] {d.number(1, 2), 1}, new long[] {d.number(0, 1), 0}));
        put("upsampleNearest2d(long,long)", FLOATS,
                d -> d.tensor(2, 3, d.number(1, 4), d.number(1, 4)).upsampleNearest2d(d.number(1, 6), d.number(1, 6)));
        put("upsampleBilinear2d(long,long,boolean)", FLOATS, d -> d.tensor(2, 3, d.number(1, 4), d.number(1, 4))
                .upsampleBilinear2d(d.number(1, 6), d.number(1, 6), d.random.nextBoolean()));
        put("upsampleNearest3d(long,long,long)", FLOATS, d -> d.tensor(1, 3, d.number(1, 3), d.number(1, 4), d.number(1, 4))
                .upsampleNearest3d(d.number(1, 4), d.number(1, 6), d.number(1, 6)));
    }
}
