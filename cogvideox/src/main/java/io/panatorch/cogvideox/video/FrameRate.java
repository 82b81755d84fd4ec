package io.panatorch.cogvideox.video;

import java.math.BigInteger;

/** Pictures per second as a fraction. */
record FrameRate(int numerator, int denominator) {

    private static final int NTSC = 1001;
    /** MP4's customary unit of time: thirds, 24ths, 25ths and 30ths of a second are whole in it. */
    private static final int UNITS = 90_000;

    /** The nearest usual fraction; a rate such as 23.976 is 24000/1001. */
    static FrameRate of(double fps) {
        long ntsc = Math.round(fps * NTSC / 1000);
        if (fps != Math.rint(fps) && ntsc > 0 && Math.abs(ntsc * 1000.0 / NTSC - fps) < 0.001) {
            return new FrameRate((int) (ntsc * 1000), NTSC);
        }
        int numerator = (int) Math.round(fps * UNITS);
        int common = BigInteger.valueOf(numerator).gcd(BigInteger.valueOf(UNITS)).intValueExact();
        return new FrameRate(numerator / common, UNITS / common);
    }

    @Override
    public String toString() {
        return numerator + "/" + denominator;
    }
}
