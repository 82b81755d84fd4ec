package io.panatorch.cogvideox.input;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How a camera was held, by the eight numbers of Exif (CIPA DC-008, tag Orientation), and pictures turned upright. */
final class Orientation {

    static final int UPRIGHT = 1;

    private static final int TAG = 0x112;
    private static final int BYTES = 1;
    private static final int SHORTS = 3;
    private static final int LONGS = 4;

    /** As Pillow looks for it where Exif says nothing. */
    private static final Pattern XMP = Pattern.compile("tiff:Orientation(?:=\"|>)([0-9])");

    private Orientation() {}

    /**
     * {@return the number in Exif's data, which is laid out as a TIFF file; 1 if it has none that makes sense}
     *
     * @param start where the data begins
     */
    static int ofExif(byte[] data, int start) {
        ByteBuffer tiff = ByteBuffer.wrap(data, start, data.length - start).slice();
        if (tiff.remaining() < 8) {
            return UPRIGHT;
        }
        tiff.order(tiff.get(0) == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
        int directory = tiff.getInt(4);
        if (directory < 0 || directory > tiff.limit() - 2) {
            return UPRIGHT;
        }
        int entries = Short.toUnsignedInt(tiff.getShort(directory));
        for (int entry = directory + 2; entries > 0 && entry <= tiff.limit() - 12; entry += 12, entries--) {
            if (tiff.getShort(entry) == TAG) {
                return known(switch (tiff.getShort(entry + 2)) {
                    case BYTES -> tiff.get(entry + 8);
                    case SHORTS -> tiff.getShort(entry + 8);
                    case LONGS -> tiff.getInt(entry + 8);
                    default -> UPRIGHT;
                });
            }
        }
        return UPRIGHT;
    }

    /** {@return the number in an XMP packet; 1 if it has none} */
    static int ofXmp(String packet) {
        Matcher matcher = XMP.matcher(packet);
        return matcher.find() ? known(Integer.parseInt(matcher.group(1))) : UPRIGHT;
    }

    private static int known(int orientation) {
        return orientation >= 1 && orientation <= 8 ? orientation : UPRIGHT;
    }

    /** {@return the picture as the camera saw it} */
    static BytePixels upright(BytePixels picture, int orientation) {
        if (orientation == UPRIGHT) {
            return picture;
        }
        boolean isOnItsSide = orientation >= 5;
        int width = isOnItsSide ? picture.height() : picture.width();
        int height = isOnItsSide ? picture.width() : picture.height();
        BytePixels turned = new BytePixels(width, height, new byte[picture.rgb().length]);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int fromRight = width - 1 - x;
                int fromBottom = height - 1 - y;
                int pixel = switch (orientation) {
                    case 2 -> y * width + fromRight;
                    case 3 -> fromBottom * width + fromRight;
                    case 4 -> fromBottom * width + x;
                    case 5 -> x * height + y;
                    case 6 -> fromRight * height + y;
                    case 7 -> fromRight * height + fromBottom;
                    default -> x * height + fromBottom;
                };
                int at = pixel * BytePixels.CHANNELS;
                turned.set(x, y, picture.rgb()[at], picture.rgb()[at + 1], picture.rgb()[at + 2]);
            }
        }
        return turned;
    }
}
