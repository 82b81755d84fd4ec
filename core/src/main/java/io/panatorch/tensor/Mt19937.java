package io.panatorch.tensor;

/**
 * The Mersenne twister MT19937 of Matsumoto and Nishimura (ACM TOMACS 8(1), 1998), seeded from 32 bits by their
 * {@code init_genrand}: the engine of torch's CPU generator.
 */
final class Mt19937 {

    private static final int SIZE = 624;
    private static final int MIDDLE = 397;
    private static final int MATRIX = 0x9908b0df;

    private final int[] state = new int[SIZE];
    private int position = SIZE;

    Mt19937(int seed) {
        state[0] = seed;
        for (int i = 1; i < SIZE; i++) {
            int previous = state[i - 1];
            state[i] = 1812433253 * (previous ^ (previous >>> 30)) + i;
        }
    }

    /** {@return the next output, all 32 bits random} */
    int nextInt() {
        if (position == SIZE) {
            twist();
            position = 0;
        }
        int y = state[position++];
        y ^= y >>> 11;
        y ^= (y << 7) & 0x9d2c5680;
        y ^= (y << 15) & 0xefc60000;
        return y ^ (y >>> 18);
    }

    /** {@return the next two outputs as one number; the first of them is the upper half} */
    long nextLong() {
        long high = nextInt();
        return high << 32 | Integer.toUnsignedLong(nextInt());
    }

    private void twist() {
        for (int i = 0; i < SIZE - MIDDLE; i++) {
            state[i] = state[i + MIDDLE] ^ mix(state[i], state[i + 1]);
        }
        for (int i = SIZE - MIDDLE; i < SIZE - 1; i++) {
            state[i] = state[i + MIDDLE - SIZE] ^ mix(state[i], state[i + 1]);
        }
        state[SIZE - 1] = state[MIDDLE - 1] ^ mix(state[SIZE - 1], state[0]);
    }

    private static int mix(int upper, int lower) {
        int y = (upper & 0x80000000) | (lower & 0x7fffffff);
        return (y >>> 1) ^ (-(y & 1) & MATRIX);
    }
}
