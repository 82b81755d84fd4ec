package io.panatorch.tensor;

import java.lang.foreign.MemorySegment;
import java.util.function.IntConsumer;

/**
 * A source of random numbers that, for a seed, gives the numbers of torch's CPU generator
 * ({@code torch.Generator('cpu').manual_seed(seed)}), draw after draw, also where draws of several functions, sizes and
 * types follow each other.
 *
 * <p>Uniform numbers are torch's bit for bit. Normal float64 numbers, and draws of fewer than 16 elements, differ by
 * {@code 1e-15} at most. Blocks of normal float32 numbers are rounded here from double logarithms and sines, and
 * differ by {@code 2e-6} at most from torch's vectorised ones, which also differ among themselves by processor.
 *
 * <p>Two generators of one seed give the same numbers. Draws by several threads follow one another, in an order that nobody can
 * tell: for numbers that come again, each thread has a generator of its own.
 */
public final class Generator {

    /** Normal numbers are made in blocks of this many from draws of this many elements on, and one by one below. */
    private static final int BLOCK = 16;

    private static final int HALF_BLOCK = BLOCK / 2;
    private static final float TWO_PI = (float) (2 * Math.PI);

    private final long seed;
    private final Mt19937 engine;

    /** The second number of the last pair of single normal draws, which the next single draw of any type takes. */
    private double spare;

    private boolean hasSpare;

    private Generator(long seed) {
        this.seed = seed;
        // As in torch, only the low 32 bits reach the engine: 42 and 2^32 + 42 give the same numbers.
        this.engine = new Mt19937((int) seed);
    }

    /**
     * {@return a new generator at the beginning of its sequence}
     *
     * @param seed any value; torch uses its low 32 bits, and so does this
     */
    public static Generator seeded(long seed) {
        return new Generator(seed);
    }

    /** {@return the seed this generator began with} */
    public long seed() {
        return seed;
    }

    /** {@return n numbers, uniform in [0, 1), multiples of 2^-24} */
    float[] randFloat32(int n) {
        float[] out = new float[n];
        fillUniform(out, 0, n);
        return out;
    }

    /** {@return n numbers, uniform in [0, 1), multiples of 2^-53} */
    double[] randFloat64(int n) {
        double[] out = new double[n];
        fillUniform(out, 0, n);
        return out;
    }

    /** {@return the bits of n bfloat16 numbers, uniform in [0, 1]; 1 is possible by rounding, as in torch} */
    short[] randBfloat16(int n) {
        short[] out = new short[n];
        for (int i = 0; i < n; i++) {
            out[i] = toBfloat16(uniformFloat());
        }
        return out;
    }

    /** {@return the bits of n float16 numbers, uniform in [0, 1]; 1 is possible by rounding, as in torch} */
    short[] randFloat16(int n) {
        short[] out = new short[n];
        for (int i = 0; i < n; i++) {
            out[i] = Float.floatToFloat16(uniformFloat());
        }
        return out;
    }

    /**
     * {@return n numbers, uniform in low (included) to high (excluded)}
     *
     * @throws IllegalArgumentException unless {@code high - low} is from 1 to 2^28 - 1; torch's releases differ
     *     above that
     */
    long[] randint(int n, long low, long high) {
        long range = high - low;
        if (range <= 0 || range >= 1L << 28) {
            throw new IllegalArgumentException(
                    "randint from " + low + " to " + high + ": the range must be from 1 to 2^28 - 1");
        }
        long[] out = new long[n];
        for (int i = 0; i < n; i++) {
            out[i] = low + Integer.toUnsignedLong(engine.nextInt()) % range;
        }
        return out;
    }

    /**
     * {@return a CPU tensor of numbers uniform in [0, 1), as {@code torch.rand} draws them}
     *
     * @param dtype a floating-point type
     */
    public synchronized Tensor rand(Shape shape, DType dtype) {
        int n = count(shape);
        return switch (dtype) {
            case FLOAT32 -> Tensor.of(MemorySegment.ofArray(randFloat32(n)), dtype, shape);
            case FLOAT64 -> Tensor.of(MemorySegment.ofArray(randFloat64(n)), dtype, shape);
            case BFLOAT16 -> Tensor.of(MemorySegment.ofArray(randBfloat16(n)), dtype, shape);
            case FLOAT16 -> Tensor.of(MemorySegment.ofArray(randFloat16(n)), dtype, shape);
            default -> throw new IllegalArgumentException("rand draws floating-point numbers, not " + dtype.torchName());
        };
    }

    /**
     * {@return a CPU tensor of numbers of the standard normal distribution, as {@code torch.randn} draws them}
     *
     * @param dtype a floating-point type; half types follow another stream than float32
     */
    public synchronized Tensor randn(Shape shape, DType dtype) {
        int n = count(shape);
        return switch (dtype) {
            case FLOAT32 -> Tensor.of(MemorySegment.ofArray(randnFloat32(n)), dtype, shape);
            case FLOAT64 -> Tensor.of(MemorySegment.ofArray(randnFloat64(n)), dtype, shape);
            case BFLOAT16 -> Tensor.of(MemorySegment.ofArray(randnBfloat16(n)), dtype, shape);
            case FLOAT16 -> Tensor.of(MemorySegment.ofArray(randnFloat16(n)), dtype, shape);
            default -> throw new IllegalArgumentException("randn draws floating-point numbers, not " + dtype.torchName());
        };
    }

    /** {@return an int64 CPU tensor of whole numbers uniform in [low, high), as {@code torch.randint} draws them} */
    public synchronized Tensor randint(long low, long high, Shape shape) {
        return Tensor.of(MemorySegment.ofArray(randint(count(shape), low, high)), DType.INT64, shape);
    }

    private static int count(Shape shape) {
        if (shape.numel() > Integer.MAX_VALUE - 8) {
            throw new IllegalArgumentException("shape " + shape + ": at most 2^31 numbers are drawn at once");
        }
        return (int) shape.numel();
    }

    /** {@return n numbers of the standard normal distribution} */
    float[] randnFloat32(int n) {
        float[] out = new float[n];
        randn(n, i -> out[i] = (float) normal(), (from, to) -> fillUniform(out, from, to), start -> toNormal(out, start));
        return out;
    }

    /** {@return n numbers of the standard normal distribution} */
    double[] randnFloat64(int n) {
        double[] out = new double[n];
        randn(n, i -> out[i] = normal(), (from, to) -> fillUniform(out, from, to), start -> toNormal(out, start));
        return out;
    }

    @FunctionalInterface
    private interface UniformFill {
        void fill(int from, int to);
    }

    /** The order of draws that float32 and float64 share. */
    private static void randn(int n, IntConsumer drawOne, UniformFill uniform, IntConsumer blockToNormal) {
        if (n < BLOCK) {
            for (int i = 0; i < n; i++) {
                drawOne.accept(i);
            }
            return;
        }
        // All n uniform numbers are drawn before the tail's, also the last n % 16, which the tail overwrites.
        uniform.fill(0, n);
        for (int start = 0; start <= n - BLOCK; start += BLOCK) {
            blockToNormal.accept(start);
        }
        if (n % BLOCK != 0) {
            uniform.fill(n - BLOCK, n);
            blockToNormal.accept(n - BLOCK);
        }
    }

    /** {@return the bits of n bfloat16 numbers of the standard normal distribution} */
    short[] randnBfloat16(int n) {
        return randnHalf(n, Generator::toBfloat16);
    }

    /** {@return the bits of n float16 numbers of the standard normal distribution} */
    short[] randnFloat16(int n) {
        return randnHalf(n, Float::floatToFloat16);
    }

    @FunctionalInterface
    private interface Rounding {
        short toBits(float value);
    }

    private short[] randnHalf(int n, Rounding rounding) {
        short[] out = new short[n];
        if (n < BLOCK) {
            for (int i = 0; i < n; i++) {
                out[i] = rounding.toBits((float) normal());
            }
            return out;
        }
        // Not the float32 stream: numbers are drawn block by block, and none for the last n % 16 before the tail.
        float[] block = new float[BLOCK];
        for (int start = 0; start <= n - BLOCK; start += BLOCK) {
            fillHalfBlock(out, start, block, rounding);
        }
        if (n % BLOCK != 0) {
            fillHalfBlock(out, n - BLOCK, block, rounding);
        }
        return out;
    }

    private void fillHalfBlock(short[] out, int start, float[] block, Rounding rounding) {
        fillUniform(block, 0, BLOCK);
        toNormal(block, 0);
        for (int j = 0; j < BLOCK; j++) {
            out[start + j] = rounding.toBits(block[j]);
        }
    }

    private float uniformFloat() {
        return (engine.nextInt() & 0xffffff) * 0x1p-24f;
    }

    private double uniformDouble() {
        return (engine.nextLong() & 0x1fffffffffffffL) * 0x1p-53;
    }

    private void fillUniform(float[] out, int from, int to) {
        for (int i = from; i < to; i++) {
            out[i] = uniformFloat();
        }
    }

    private void fillUniform(double[] out, int from, int to) {
        for (int i = from; i < to; i++) {
            out[i] = uniformDouble();
        }
    }

    /** One normal number by Box and Muller, which give two at a time. */
    private double normal() {
        if (hasSpare) {
            hasSpare = false;
            return spare;
        }
        double u1 = uniformDouble();
        double u2 = uniformDouble();
        double radius = Math.sqrt(-2 * StrictMath.log1p(-u2));
        double theta = 2 * Math.PI * u1;
        spare = radius * StrictMath.sin(theta);
        hasSpare = true;
        return radius * StrictMath.cos(theta);
    }

    /**
     * Turns a block of uniform numbers into normal ones, each step rounded to float32 as in torch; the angle matters
     * most, whose rounding shows in the last digits of the result.
     */
    private static void toNormal(float[] b, int start) {
        for (int j = start; j < start + HALF_BLOCK; j++) {
            float radius = (float) Math.sqrt(-2 * (float) Math.log(1 - b[j]));
            float theta = TWO_PI * b[j + HALF_BLOCK];
            b[j] = radius * (float) Math.cos(theta);
            b[j + HALF_BLOCK] = radius * (float) Math.sin(theta);
        }
    }

    private static void toNormal(double[] b, int start) {
        for (int j = start; j < start + HALF_BLOCK; j++) {
            double radius = Math.sqrt(-2 * StrictMath.log(1 - b[j]));
            double theta = 2 * Math.PI * b[j + HALF_BLOCK];
            b[j] = radius * StrictMath.cos(theta);
            b[j + HALF_BLOCK] = radius * StrictMath.sin(theta);
        }
    }

    /** Rounds to the nearest, ties to even; for finite values. */
    private static short toBfloat16(float value) {
        int bits = Float.floatToRawIntBits(value);
        return (short) ((bits + 0x7fff + (bits >>> 16 & 1)) >>> 16);
    }
}
