package io.panatorch.cogvideox.input;

import io.panatorch.io.InvalidFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * A scan of a JPEG picture: some coefficients, or some bits of them, of some components (ITU-T T.81, annexes F and G).
 *
 * @param parts the components, each with its codes
 * @param first the first coefficient of a block in the order of frequencies; 0 is the block's mean
 * @param last the last one
 * @param high how many bits the scans before have left out; 0 if there were none
 * @param low how many bits this leaves out
 * @param restartInterval after how many blocks, or groups of blocks, it begins anew; 0 if never
 */
record JpegScan(boolean isProgressive, List<Part> parts, int first, int last, int high, int low, int restartInterval) {

    /**
     * A component in a scan.
     *
     * @param means the code of blocks' means; may be null where a scan has none
     * @param others the code of the other coefficients; may be null in the same way
     */
    record Part(JpegComponent component, JpegCode means, JpegCode others) {}

    /** The places in a block of coefficients in the order of frequencies. */
    static final int[] ZIGZAG = {
        0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
        35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63
    };

    /** Reads the scan into its components. {@return where it ends} */
    int read(Path file, byte[] content, int start, int groupsAcross, int groupsDown) throws InvalidFileException {
        Decoder decoder = new Decoder(file, new JpegBits(file, content, start));
        boolean isSingle = parts.size() == 1;
        JpegComponent single = parts.getFirst().component();
        int columns = isSingle ? single.blocksAcross : groupsAcross;
        int rows = isSingle ? single.blocksDown : groupsDown;
        int done = 0;
        for (int row = 0; row < rows; row++) {
            for (int column = 0; column < columns; column++) {
                if (restartInterval > 0 && done > 0 && done % restartInterval == 0) {
                    decoder.restart(done / restartInterval - 1);
                }
                if (isSingle) {
                    decoder.block(0, single.block(column, row));
                } else {
                    decoder.group(column, row);
                }
                done++;
            }
        }
        return decoder.bits.position();
    }

    private final class Decoder {

        private final Path file;
        private final JpegBits bits;
        private final int[] lastMeans = new int[parts.size()];
        /** How many more blocks have nothing new in them. */
        private int emptyBlocks;

        Decoder(Path file, JpegBits bits) {
            this.file = file;
            this.bits = bits;
        }

        void restart(int index) throws InvalidFileException {
            bits.restart(index);
            Arrays.fill(lastMeans, 0);
            emptyBlocks = 0;
        }

        void group(int column, int row) throws InvalidFileException {
            for (int i = 0; i < parts.size(); i++) {
                JpegComponent component = parts.get(i).component();
                for (int y = 0; y < component.down; y++) {
                    for (int x = 0; x < component.across; x++) {
                        block(i, component.block(column * component.across + x, row * component.down + y));
                    }
                }
            }
        }

        void block(int part, int at) throws InvalidFileException {
            short[] c = parts.get(part).component().coefficients;
            JpegCode others = parts.get(part).others();
            if (first == 0) {
                mean(part, c, at);
            }
            if (!isProgressive) {
                sequential(c, at, others);
            } else if (first > 0 && high == 0) {
                progressive(c, at, others);
            } else if (first > 0) {
                refine(c, at, others);
            }
        }

        private void mean(int part, short[] c, int at) throws InvalidFileException {
            if (high > 0) {
                c[at] |= (short) (bits.get(1) << low);
                return;
            }
            lastMeans[part] += bits.signed(size(bits.symbol(parts.get(part).means())));
            c[at] = (short) (lastMeans[part] << low);
        }

        private void sequential(short[] c, int at, JpegCode code) throws InvalidFileException {
            for (int k = 1; k <= last; k++) {
                int symbol = bits.symbol(code);
                int zeros = symbol >> 4;
                int size = symbol & 15;
                if (size == 0 && zeros < 15) {
                    return;
                }
                k += zeros;
                if (size > 0) {
                    c[at + place(k)] = (short) bits.signed(size);
                }
            }
        }

        private void progressive(short[] c, int at, JpegCode code) throws InvalidFileException {
            if (emptyBlocks > 0) {
                emptyBlocks--;
                return;
            }
            for (int k = first; k <= last; k++) {
                int symbol = bits.symbol(code);
                int zeros = symbol >> 4;
                int size = symbol & 15;
                if (size == 0 && zeros < 15) {
                    emptyBlocks = (1 << zeros) - 1 + bits.get(zeros);
                    return;
                }
                k += zeros;
                if (size > 0) {
                    c[at + place(k)] = (short) (bits.signed(size) << low);
                }
            }
        }

        /** One more bit of coefficients that are not 0, and coefficients whose first bit it is. */
        private void refine(short[] c, int at, JpegCode code) throws InvalidFileException {
            int k = first;
            while (k <= last && emptyBlocks == 0) {
                int symbol = bits.symbol(code);
                int zeros = symbol >> 4;
                int fresh = 0;
                if ((symbol & 15) > 0) {
                    fresh = (bits.get(1) == 1 ? 1 : -1) << low;
                } else if (zeros < 15) {
                    emptyBlocks = (1 << zeros) + bits.get(zeros);
                    break;
                }
                for (; k <= last; k++) {
                    int place = at + ZIGZAG[k];
                    if (c[place] != 0) {
                        refine(c, place);
                    } else if (zeros-- == 0) {
                        c[place] = (short) fresh;
                        break;
                    }
                }
                k++;
            }
            if (emptyBlocks > 0) {
                for (; k <= last; k++) {
                    int place = at + ZIGZAG[k];
                    if (c[place] != 0) {
                        refine(c, place);
                    }
                }
                emptyBlocks--;
            }
        }

        private void refine(short[] c, int place) throws InvalidFileException {
            if (bits.get(1) == 1 && (c[place] & 1 << low) == 0) {
                c[place] += (short) ((c[place] > 0 ? 1 : -1) << low);
            }
        }

        private int size(int size) throws InvalidFileException {
            if (size > 15) {
                throw new InvalidFileException(file, "is damaged: expected a number of at most 15 bits, found " + size);
            }
            return size;
        }

        private int place(int k) throws InvalidFileException {
            if (k > last) {
                throw new InvalidFileException(file, "is damaged: a block has more than " + JpegComponent.AREA + " coefficients");
            }
            return ZIGZAG[k];
        }
    }
}
