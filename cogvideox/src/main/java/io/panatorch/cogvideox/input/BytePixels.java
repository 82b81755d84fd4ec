package io.panatorch.cogvideox.input;

import io.panatorch.io.InvalidFileException;
import io.panatorch.tensor.Tensor;
import java.nio.file.Path;

/**
 * An 8-bit picture, as those of Pillow; resized with Lanczos.
 *
 * @param rgb {@code width * height * 3} bytes, row by row from the top left, red before green before blue; not copied
 */
record BytePixels(int width, int height, byte[] rgb) implements Pixels {

    static final int CHANNELS = 3;

    /** Pillow's limit, beyond which a file is taken for one that is made to fill the memory; its bytes fit into an array. */
    static final int MOST_PIXELS = 178_956_970;

    /** A reader needs a few times the memory of a picture. */
    private static final int SHARE_OF_HEAP = 4;

    private static final float[] SCALED = scaled();

    /** As in diffusers, in float32: {@code v / 255}, then {@code 2 v - 1}. */
    private static float[] scaled() {
        float[] scaled = new float[256];
        for (int value = 0; value < scaled.length; value++) {
            scaled[value] = 2f * (value / 255f) - 1f;
        }
        return scaled;
    }

    /**
     * Makes the memory for a picture of a size that a file says it has.
     *
     * @throws InvalidFileException if there is no such picture, or it is absurdly large, here or at all
     */
    static BytePixels allocate(Path file, long width, long height) throws InvalidFileException {
        requireSize(file, width, height);
        return new BytePixels((int) width, (int) height, new byte[(int) (width * height * CHANNELS)]);
    }

    /** @throws InvalidFileException as {@link #allocate} does */
    static void requireSize(Path file, long width, long height) throws InvalidFileException {
        if (width <= 0 || height <= 0 || width > MOST_PIXELS || height > MOST_PIXELS || width * height > MOST_PIXELS) {
            throw new InvalidFileException(file, "size: expected 1 to " + MOST_PIXELS + " pixels, found " + width + "x" + height);
        }
        if (width * height * CHANNELS > Runtime.getRuntime().maxMemory() / SHARE_OF_HEAP) {
            throw new InvalidFileException(file, "size: expected a picture that the heap holds, found " + width + "x" + height
                    + " pixels; raise java's -Xmx");
        }
    }

    void set(int x, int y, int red, int green, int blue) {
        int at = (y * width + x) * CHANNELS;
        rgb[at] = (byte) red;
        rgb[at + 1] = (byte) green;
        rgb[at + 2] = (byte) blue;
    }

    @Override
    public long byteSize() {
        return rgb.length;
    }

    @Override
    public Tensor toTensor(int toHeight, int toWidth) {
        byte[] resized = Lanczos.resize(this, toWidth, toHeight).rgb;
        int area = toHeight * toWidth;
        float[] planes = new float[CHANNELS * area];
        for (int pixel = 0; pixel < area; pixel++) {
            for (int channel = 0; channel < CHANNELS; channel++) {
                planes[channel * area + pixel] = SCALED[resized[pixel * CHANNELS + channel] & 0xff];
            }
        }
        return Tensor.of(planes, CHANNELS, toHeight, toWidth);
    }
}
