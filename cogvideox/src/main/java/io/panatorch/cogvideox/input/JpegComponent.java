package io.panatorch.cogvideox.input;

/**
 * One of a JPEG picture's colours, in blocks of 8 × 8 samples, as fine as the picture or coarser.
 */
final class JpegComponent {

    static final int SIDE = 8;
    static final int AREA = SIDE * SIDE;

    final int id;
    final int across;
    final int down;
    final int tableIndex;

    /** Without what only fills up the last blocks. */
    int width;
    int height;
    int blocksAcross;
    int blocksDown;
    /** With what only fills up the last group of blocks of all components. */
    private int storedAcross;
    /** Of each block, in the order of rows. */
    short[] coefficients;
    /** In the order of rows; those that hold when the component's first scan begins. */
    int[] quantization;

    /**
     * @param across samples in a row, per as many of the component that has the fewest
     * @param down the same of a column
     */
    JpegComponent(int id, int across, int down, int tableIndex) {
        this.id = id;
        this.across = across;
        this.down = down;
        this.tableIndex = tableIndex;
    }

    /** Makes the memory, when the picture's size and the largest factors of its components are known. */
    void allocate(int pictureWidth, int pictureHeight, int mostAcross, int mostDown) {
        width = (int) Math.ceilDiv((long) pictureWidth * across, mostAcross);
        height = (int) Math.ceilDiv((long) pictureHeight * down, mostDown);
        blocksAcross = Math.ceilDiv(width, SIDE);
        blocksDown = Math.ceilDiv(height, SIDE);
        storedAcross = Math.ceilDiv(pictureWidth, mostAcross * SIDE) * across;
        int storedDown = Math.ceilDiv(pictureHeight, mostDown * SIDE) * down;
        coefficients = new short[Math.multiplyExact(Math.multiplyExact(storedAcross, storedDown), AREA)];
    }

    /** {@return where a block's coefficients begin} */
    int block(int column, int row) {
        return (row * storedAcross + column) * AREA;
    }

    /** {@return the samples, 0 to 255, in rows of {@code blocksAcross * 8}} */
    byte[] samples() {
        byte[] samples = new byte[blocksAcross * blocksDown * AREA];
        int[] block = new int[AREA];
        for (int row = 0; row < blocksDown; row++) {
            for (int column = 0; column < blocksAcross; column++) {
                int from = block(column, row);
                for (int i = 0; i < AREA; i++) {
                    block[i] = coefficients[from + i] * quantization[i];
                }
                JpegTransform.invert(block);
                for (int y = 0; y < SIDE; y++) {
                    int to = ((row * SIDE + y) * blocksAcross + column) * SIDE;
                    for (int x = 0; x < SIDE; x++) {
                        samples[to + x] = (byte) Math.clamp(block[y * SIDE + x] + 128, 0, 255);
                    }
                }
            }
        }
        return samples;
    }
}
