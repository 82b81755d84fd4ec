package io.panatorch.cogvideox.input;

import io.panatorch.io.InvalidFileException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads JPEG files (ITU-T T.81) of 8 bits with Huffman codes, sequential and progressive ones, in grey, YCbCr, RGB, CMYK and YCCK, to
 * the colours that Pillow gives.
 */
final class JpegReader {

    private static final int MARKER = 0xff;
    private static final int BASELINE = 0xc0;
    private static final int EXTENDED = 0xc1;
    private static final int PROGRESSIVE = 0xc2;
    private static final int HUFFMAN_TABLES = 0xc4;
    private static final int JPEG_EXTENSION = 0xc8;
    private static final int ARITHMETIC_TABLES = 0xcc;
    private static final int LAST_FRAME = 0xcf;
    private static final int END = 0xd9;
    private static final int SCAN = 0xda;
    private static final int QUANTIZATION_TABLES = 0xdb;
    private static final int RESTART_INTERVAL = 0xdd;
    private static final int JFIF = 0xe0;
    private static final int EXIF = 0xe1;
    private static final int ADOBE = 0xee;

    private static final String EXIF_NAME = "Exif\0\0";
    private static final String XMP_NAME = "http://ns.adobe.com/xap/1.0/\0";
    private static final String ADOBE_NAME = "Adobe";

    private static final int NO_ADOBE = -1;
    private static final int TABLES = 4;

    /** Far more than any encoder makes; each may say in a few bytes that it goes through all of the picture. */
    private static final int MOST_SCANS = 256;

    private final Path file;
    private final byte[] in;
    private int position = 2;
    private int segmentEnd;

    private final int[][] quantization = new int[TABLES][];
    private final JpegCode[] means = new JpegCode[TABLES];
    private final JpegCode[] others = new JpegCode[TABLES];
    private int restartInterval;
    private boolean hasJfif;
    private int adobeTransform = NO_ADOBE;
    private int orientation = Orientation.UPRIGHT;

    private boolean isProgressive;
    private int scans;
    private int width;
    private int height;
    private int mostAcross = 1;
    private int mostDown = 1;
    private final List<JpegComponent> components = new ArrayList<>();

    private JpegReader(Path file, byte[] content) {
        this.file = file;
        this.in = content;
    }

    /** @param content begins with the start marker */
    static BytePixels read(Path file, byte[] content) throws InvalidFileException {
        JpegReader reader = new JpegReader(file, content);
        reader.readSegments();
        return Orientation.upright(reader.picture(), reader.orientation);
    }

    private void readSegments() throws InvalidFileException {
        for (int marker = marker(); marker != END; marker = marker()) {
            segmentEnd = in.length;
            int length = number();
            if (length < 2 || length - 2 > in.length - position) {
                throw cutOff();
            }
            segmentEnd = position + length - 2;
            if (marker == SCAN) {
                readScan();
            } else {
                readSegment(marker);
                position = segmentEnd;
            }
        }
    }

    /** Passes over what stands before it, as other readers do. */
    private int marker() throws InvalidFileException {
        while (position + 1 < in.length) {
            int marker = in[position + 1] & 0xff;
            if (in[position++] == (byte) MARKER && marker != 0 && marker != MARKER) {
                position++;
                return marker;
            }
        }
        // What lacks nothing but its end is whole enough.
        if (components.stream().noneMatch(component -> component.quantization == null) && !components.isEmpty() && !isProgressive) {
            return END;
        }
        throw cutOff();
    }

    private void readSegment(int marker) throws InvalidFileException {
        switch (marker) {
            case HUFFMAN_TABLES -> readCodes();
            case QUANTIZATION_TABLES -> readQuantization();
            case RESTART_INTERVAL -> restartInterval = number();
            case JFIF -> hasJfif |= startsWith("JFIF\0");
            case EXIF -> {
                if (startsWith(EXIF_NAME)) {
                    orientation = Orientation.ofExif(in, position + EXIF_NAME.length());
                } else if (startsWith(XMP_NAME) && orientation == Orientation.UPRIGHT) {
                    orientation = Orientation.ofXmp(new String(in, position, segmentEnd - position, StandardCharsets.ISO_8859_1));
                }
            }
            case ADOBE -> {
                if (startsWith(ADOBE_NAME) && segmentEnd - position >= 12) {
                    adobeTransform = in[position + 11] & 0xff;
                }
            }
            case BASELINE, EXTENDED, PROGRESSIVE -> readFrame(marker);
            default -> {
                if (marker > BASELINE && marker <= LAST_FRAME && marker != JPEG_EXTENSION && marker != ARITHMETIC_TABLES) {
                    throw invalid("expected a JPEG picture with Huffman codes, baseline or progressive, found the rare kind SOF"
                            + (marker - BASELINE) + "; save it as PNG");
                }
            }
        }
    }

    private void readCodes() throws InvalidFileException {
        while (position < segmentEnd) {
            int target = octet();
            int[] counts = new int[16];
            int total = 0;
            for (int bits = 0; bits < counts.length; bits++) {
                counts[bits] = octet();
                total += counts[bits];
            }
            byte[] symbols = new byte[total];
            for (int i = 0; i < total; i++) {
                symbols[i] = (byte) octet();
            }
            try {
                (target >> 4 == 0 ? means : others)[index(target & 15)] = new JpegCode(counts, symbols);
            } catch (IllegalArgumentException e) {
                throw new InvalidFileException(file, "is damaged: " + e.getMessage(), e);
            }
        }
    }

    private void readQuantization() throws InvalidFileException {
        while (position < segmentEnd) {
            int target = octet();
            int[] table = new int[JpegComponent.AREA];
            for (int place : JpegScan.ZIGZAG) {
                table[place] = target >> 4 == 0 ? octet() : number();
            }
            quantization[index(target & 15)] = table;
        }
    }

    private void readFrame(int marker) throws InvalidFileException {
        if (!components.isEmpty()) {
            throw invalid("is damaged: expected one frame, found two");
        }
        isProgressive = marker == PROGRESSIVE;
        int depth = octet();
        height = number();
        width = number();
        int count = octet();
        if (depth != 8 || count != 1 && count != 3 && count != 4) {
            throw invalid("expected a JPEG picture of 8 bits with 1, 3 or 4 colours, found " + depth + " bits and " + count
                    + " colours; save it as PNG");
        }
        BytePixels.requireSize(file, width, height);
        for (int i = 0; i < count; i++) {
            int id = octet();
            int factors = octet();
            components.add(new JpegComponent(id, factors >> 4, factors & 15, index(octet())));
            mostAcross = Math.max(mostAcross, factors >> 4);
            mostDown = Math.max(mostDown, factors & 15);
        }
        requireFactors();
        if ((long) Math.ceilDiv(width, JpegComponent.SIDE) * Math.ceilDiv(height, JpegComponent.SIDE) > (long) in.length * Byte.SIZE) {
            throw invalid("is cut off or damaged: its bytes cannot hold " + width + "x" + height + " pixels"); // a bit a block at the least
        }
        for (JpegComponent component : components) {
            component.allocate(width, height, mostAcross, mostDown);
        }
    }

    private void requireFactors() throws InvalidFileException {
        for (JpegComponent component : components) {
            if (component.across == 0 || component.down == 0 || mostAcross > 4 || mostDown > 4
                    || mostAcross % component.across != 0 || mostDown % component.down != 0) {
                throw invalid("expected colours sampled 1, 2 or 4 times, found " + component.across + "x" + component.down
                        + " of " + mostAcross + "x" + mostDown + "; save it as PNG");
            }
        }
    }

    private void readScan() throws InvalidFileException {
        if (++scans > MOST_SCANS) {
            throw invalid("is damaged: expected at most " + MOST_SCANS + " scans, found more, at byte " + position);
        }
        int count = octet();
        List<JpegScan.Part> parts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int id = octet();
            int codes = octet();
            JpegComponent component = components.stream().filter(known -> known.id == id).findFirst()
                    .orElseThrow(() -> invalid("is damaged: a scan has a colour that the frame has not"));
            if (component.quantization == null) {
                component.quantization = quantization[component.tableIndex];
            }
            parts.add(new JpegScan.Part(component, means[index(codes >> 4)], others[index(codes & 15)]));
        }
        int first = octet();
        int last = octet();
        int bits = octet();
        JpegScan scan = isProgressive
                ? new JpegScan(true, parts, first, last, bits >> 4, bits & 15, restartInterval)
                : new JpegScan(false, parts, 0, JpegComponent.AREA - 1, 0, 0, restartInterval);
        requireSound(scan);
        position = scan.read(file, in, position, Math.ceilDiv(width, mostAcross * JpegComponent.SIDE),
                Math.ceilDiv(height, mostDown * JpegComponent.SIDE));
    }

    private void requireSound(JpegScan scan) throws InvalidFileException {
        boolean isSound = !scan.parts().isEmpty() && scan.first() <= scan.last() && scan.last() < JpegComponent.AREA && scan.low() < 14
                && (scan.first() == 0 || scan.parts().size() == 1);
        for (JpegScan.Part part : scan.parts()) {
            boolean needsMeans = scan.first() == 0 && scan.high() == 0;
            boolean needsOthers = !isProgressive || scan.first() > 0;
            isSound &= part.component().quantization != null
                    && (part.means() != null || !needsMeans) && (part.others() != null || !needsOthers);
        }
        if (!isSound) {
            throw invalid("is damaged: a scan has no colours, no tables or no coefficients");
        }
    }

    private BytePixels picture() throws InvalidFileException {
        if (components.isEmpty()) {
            throw invalid("is damaged: it has no frame");
        }
        BytePixels picture = BytePixels.allocate(file, width, height);
        List<JpegRows> planes = new ArrayList<>();
        for (JpegComponent component : components) {
            if (component.quantization == null) {
                throw cutOff();
            }
            planes.add(new JpegRows(component, mostAcross, mostDown));
            component.coefficients = null;
        }
        JpegColour colour = JpegColour.of(components.stream().mapToInt(component -> component.id).toArray(), hasJfif,
                adobeTransform == NO_ADOBE ? null : adobeTransform);
        int[][] rows = new int[components.size()][width];
        for (int y = 0; y < height; y++) {
            for (int i = 0; i < rows.length; i++) {
                planes.get(i).row(y, rows[i]);
            }
            for (int x = 0; x < width; x++) {
                colour.set(picture, x, y, rows);
            }
        }
        return picture;
    }

    private boolean startsWith(String name) {
        int end = position + name.length();
        return end <= segmentEnd && new String(in, position, name.length(), StandardCharsets.ISO_8859_1).equals(name);
    }

    private int index(int table) throws InvalidFileException {
        if (table >= TABLES) {
            throw invalid("is damaged: expected a table from 0 to 3, found " + table);
        }
        return table;
    }

    private int octet() throws InvalidFileException {
        if (position >= segmentEnd) {
            throw cutOff();
        }
        return in[position++] & 0xff;
    }

    private int number() throws InvalidFileException {
        return octet() << 8 | octet();
    }

    private InvalidFileException cutOff() {
        return invalid("is cut off or damaged, at byte " + position);
    }

    private InvalidFileException invalid(String problem) {
        return new InvalidFileException(file, problem);
    }
}
