package io.panatorch.cogvideox.input;

/** What the components of a JPEG picture mean, and how RGB is made of them, with libjpeg's and Pillow's rounding. */
enum JpegColour {

    GREY {
        @Override
        void set(BytePixels picture, int x, int y, int[][] rows) {
            int grey = rows[0][x];
            picture.set(x, y, grey, grey, grey);
        }
    },
    RGB {
        @Override
        void set(BytePixels picture, int x, int y, int[][] rows) {
            picture.set(x, y, rows[0][x], rows[1][x], rows[2][x]);
        }
    },
    YCBCR {
        @Override
        void set(BytePixels picture, int x, int y, int[][] rows) {
            int brightness = rows[0][x];
            int cb = rows[1][x];
            int cr = rows[2][x];
            picture.set(x, y, red(brightness, cr), green(brightness, cb, cr), blue(brightness, cb));
        }
    },
    /** Stored the other way round, as by Adobe's programs: 255 is no ink. */
    CMYK {
        @Override
        void set(BytePixels picture, int x, int y, int[][] rows) {
            int white = rows[3][x];
            picture.set(x, y, ink(rows[0][x], white), ink(rows[1][x], white), ink(rows[2][x], white));
        }
    },
    /** CMY as YCbCr. */
    YCCK {
        @Override
        void set(BytePixels picture, int x, int y, int[][] rows) {
            int brightness = rows[0][x];
            int cb = rows[1][x];
            int cr = rows[2][x];
            int white = rows[3][x];
            picture.set(x, y, ink(255 - red(brightness, cr), white), ink(255 - green(brightness, cb, cr), white),
                    ink(255 - blue(brightness, cb), white));
        }
    };

    private static final int ADOBE_YCC = 1;
    private static final int ADOBE_YCCK = 2;

    private static final int BITS = 16;
    private static final int HALF = 1 << BITS - 1;
    private static final int CR_TO_RED = fixed(1.402);
    private static final int CB_TO_GREEN = fixed(0.34414);
    private static final int CR_TO_GREEN = fixed(0.71414);
    private static final int CB_TO_BLUE = fixed(1.772);

    abstract void set(BytePixels picture, int x, int y, int[][] rows);

    /**
     * {@return what the components mean, which files hardly say}
     *
     * @param ids the components' numbers
     * @param adobe what a segment of Adobe's says; null where there is none
     */
    static JpegColour of(int[] ids, boolean hasJfif, Integer adobe) {
        if (ids.length == 1) {
            return GREY;
        }
        if (ids.length == 4) {
            return adobe != null && adobe == ADOBE_YCCK ? YCCK : CMYK;
        }
        if (hasJfif) {
            return YCBCR;
        }
        if (adobe != null) {
            return adobe == 0 ? RGB : YCBCR;
        }
        return ids[0] == 'R' && ids[1] == 'G' && ids[2] == 'B' ? RGB : YCBCR;
    }

    private static int fixed(double constant) {
        return (int) (constant * (1 << BITS) + 0.5);
    }

    private static int red(int brightness, int cr) {
        return Math.clamp(brightness + (CR_TO_RED * (cr - 128) + HALF >> BITS), 0, 255);
    }

    private static int green(int brightness, int cb, int cr) {
        return Math.clamp(brightness + (-CB_TO_GREEN * (cb - 128) - CR_TO_GREEN * (cr - 128) + HALF >> BITS), 0, 255);
    }

    private static int blue(int brightness, int cb) {
        return Math.clamp(brightness + (CB_TO_BLUE * (cb - 128) + HALF >> BITS), 0, 255);
    }

    /** {@return what is left of white by two inks; a product of parts of 255, rounded} */
    private static int ink(int colour, int white) {
        int product = (255 - colour) * white + 128;
        return white - (product + (product >> 8) >> 8);
    }
}
