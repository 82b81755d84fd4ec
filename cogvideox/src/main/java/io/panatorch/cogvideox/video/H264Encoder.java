package io.panatorch.cogvideox.video;

import java.io.ByteArrayOutputStream;

/**
 * Encodes pictures as H.264, in Java alone: its Constrained Baseline profile, which everything plays.
 *
 * <p>One quantizer for all, chosen so that a loss can hardly be seen. A picture is predicted from the one before it, by whole
 * pixels, or within itself by macroblocks. Files are larger than those of encoders that do more, such as x264. References are to
 * ITU-T H.264.
 */
final class H264Encoder {

    /** Pictures between two that can be decoded alone, where a player may begin. */
    private static final int KEY_INTERVAL = 24;
    private static final int QUANTIZER = 18;
    private static final int HEADER_QUANTIZER = 26;

    private static final int SEQUENCE_HEADER = 7;
    private static final int PICTURE_HEADER = 8;
    private static final int KEY_PICTURE = 5;
    private static final int OTHER_PICTURE = 1;

    private static final int BASELINE = 66;
    /** That it keeps to the Baseline and Main profiles too. */
    private static final int CONSTRAINTS = 0xc0;
    private static final int FRAME_NUMBER_BITS = 8;

    /** Levels from the least that is in common use on: number, macroblocks in a second, macroblocks in a picture (table A-1). */
    private static final int[][] LEVELS = {
        {30, 40_500, 1_620}, {31, 108_000, 3_600}, {32, 216_000, 5_120}, {40, 245_760, 8_192}, {42, 522_240, 8_704},
        {50, 589_824, 22_080}, {51, 983_040, 36_864}, {52, 2_073_600, 36_864}, {60, 4_177_920, 139_264},
        {61, 8_355_840, 139_264}, {62, 16_711_680, 139_264}};

    /** A picture in a file's form, without the length before it. */
    record Encoded(byte[] unit, boolean isKey) {}

    private final int width;
    private final int height;
    private final FrameRate rate;
    private int count;
    private Yuv before;

    H264Encoder(int width, int height, FrameRate rate) {
        this.width = width;
        this.height = height;
        this.rate = rate;
    }

    /** Encodes the next picture. */
    Encoded encode(byte[] rgb) {
        int index = count % KEY_INTERVAL;
        boolean isKey = index == 0;
        BitWriter out = new BitWriter();
        out.unsigned(0); // from the first macroblock on
        out.unsigned(isKey ? 7 : 5); // all of the picture is of this kind
        out.unsigned(0);
        out.bits(index, FRAME_NUMBER_BITS);
        if (isKey) {
            out.unsigned(count / KEY_INTERVAL % 2); // neighbours differ
            out.bits(0, 2);
        } else {
            out.bits(0, 3);
        }
        out.signed(QUANTIZER - HEADER_QUANTIZER);
        out.unsigned(1); // no filter between blocks: with this quantizer there is nothing to hide
        count++;
        before = new H264Slice(out, Yuv.of(width, height, rgb), isKey ? null : before, QUANTIZER).encode();
        return new Encoded(unit(isKey ? KEY_PICTURE : OTHER_PICTURE, out.end()), isKey);
    }

    /** The sequence's header (7.3.2.1.1), with the colours and the rate of annex E. */
    byte[] sequenceHeader() {
        BitWriter out = new BitWriter();
        out.bits(BASELINE, 8);
        out.bits(CONSTRAINTS, 8);
        out.bits(level(), 8);
        out.unsigned(0);
        out.unsigned(FRAME_NUMBER_BITS - 4);
        out.unsigned(2); // shown in the order in which they are decoded
        out.unsigned(1); // one picture to predict from
        out.bits(0, 1);
        out.unsigned(Math.ceilDiv(width, 16) - 1);
        out.unsigned(Math.ceilDiv(height, 16) - 1);
        out.bits(0b11, 2);
        out.bits(1, 1);
        out.unsigned(0);
        out.unsigned((16 - width % 16) % 16 / 2);
        out.unsigned(0);
        out.unsigned((16 - height % 16) % 16 / 2);
        out.bits(1, 1);
        writeUsability(out);
        return unit(SEQUENCE_HEADER, out.end());
    }

    private void writeUsability(BitWriter out) {
        out.bits(1, 1);
        out.bits(1, 8); // square pixels
        out.bits(0, 1);
        out.bits(0b1_101_0_1, 6); // colours are described: narrow range
        out.bits(0x010101, 24); // BT.709: primaries, transfer, matrix
        out.bits(1, 1); // colour differences lie in the middle of four pixels
        out.unsigned(1);
        out.unsigned(1);
        out.bits(1, 1);
        out.bits(rate.denominator(), 32);
        out.bits(2 * rate.numerator(), 32);
        out.bits(0b1_000_1_1, 6); // a fixed rate; no buffer model; limits follow; motions may lead outside
        out.unsigned(0);
        out.unsigned(0);
        out.unsigned(11);
        out.unsigned(11);
        out.unsigned(0); // no reordering
        out.unsigned(1);
    }

    /** The pictures' header (7.3.2.2). */
    byte[] pictureHeader() {
        BitWriter out = new BitWriter();
        out.unsigned(0);
        out.unsigned(0);
        out.bits(0, 2); // variable-length codes
        out.unsigned(0);
        out.unsigned(0);
        out.unsigned(0);
        out.bits(0, 3);
        out.signed(0);
        out.signed(0);
        out.signed(0);
        out.bits(0b1_0_0, 3); // a picture says whether blocks are filtered
        return unit(PICTURE_HEADER, out.end());
    }

    private int level() {
        int size = Math.ceilDiv(width, 16) * Math.ceilDiv(height, 16);
        double inSecond = size * (double) rate.numerator() / rate.denominator();
        for (int[] level : LEVELS) {
            if (inSecond <= level[1] && size <= level[2]) {
                return level[0];
            }
        }
        return LEVELS[LEVELS.length - 1][0];
    }

    /** With its type before it, and a byte of 3 wherever two zeros would otherwise look like the beginning of another unit. */
    private static byte[] unit(int type, byte[] payload) {
        ByteArrayOutputStream unit = new ByteArrayOutputStream(payload.length + 16);
        unit.write(0x60 | type);
        int zeros = 0;
        for (byte value : payload) {
            if (zeros == 2 && (value & 0xff) <= 3) {
                unit.write(3);
                zeros = 0;
            }
            unit.write(value);
            zeros = value == 0 ? zeros + 1 : 0;
        }
        return unit.toByteArray();
    }
}
