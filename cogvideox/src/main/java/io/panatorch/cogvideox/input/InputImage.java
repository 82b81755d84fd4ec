package io.panatorch.cogvideox.input;

import io.panatorch.io.FileContent;
import io.panatorch.io.InvalidFileException;
import io.panatorch.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;

/**
 * A picture to make a video from.
 *
 * <p>It is either an 8-bit picture or one of floating-point numbers: diffusers resizes the first, there a {@code PIL.Image},
 * with a Lanczos filter, and the second, there a tensor, by nearest neighbour. Both are done here to the bit
 * ({@code VaeImageProcessor} in {@code image_processor.py}). It holds no tensor: there is nothing to close. It is immutable, and safe for
 * use by several threads.
 */
public final class InputImage {

    /** Larger than any sound file of a picture. */
    private static final int MOST_BYTES = 1 << 30;

    private static final String EXPECTED = "a PNG or JPEG picture, or safetensors with a tensor \"image\"";

    private final Pixels pixels;

    InputImage(Pixels pixels) {
        this.pixels = pixels;
    }

    /**
     * Reads a PNG or JPEG file, as diffusers' {@code load_image} does, or a safetensors file with a tensor {@code image}
     * {@code [3, height, width]} of floating-point numbers in [0, 1]. The file's content tells which it is, not its name.
     *
     * <p>Pictures are turned upright (Exif), and become 8-bit RGB: alpha is dropped, and of 16 bits the upper 8 are taken.
     * Pillow does the same except for 16-bit grey, of which it makes white where a value is above 255. Colour profiles are not
     * applied, as they are not there.
     *
     * @throws java.nio.file.NoSuchFileException if it does not exist
     * @throws InvalidFileException if it is damaged, something else, or absurdly large
     * @throws IOException if it cannot be read
     */
    public static InputImage read(Path file) throws IOException {
        return switch (FileKind.of(file, EXPECTED)) {
            case PNG -> new InputImage(PngReader.read(file, FileContent.read(file, MOST_BYTES, "a PNG picture")));
            case JPEG -> new InputImage(JpegReader.read(file, FileContent.read(file, MOST_BYTES, "a JPEG picture")));
            case SAFETENSORS -> TensorFile.read(file, "image", "[3, height, width]", InputImage::of);
            case GIF, OTHER -> throw new InvalidFileException(file, "expected " + EXPECTED + ", found neither");
        };
    }

    /**
     * Copies an 8-bit picture.
     *
     * @param rgb {@code width * height * 3} bytes, row by row from the top left, red before green before blue
     * @throws IllegalArgumentException if the size is not positive or absurdly large, or there are more or fewer bytes
     */
    public static InputImage of(int width, int height, byte[] rgb) {
        requireSize(height, width);
        int expected = width * height * BytePixels.CHANNELS;
        if (rgb.length != expected) {
            throw new IllegalArgumentException("rgb: expected " + expected + " bytes for " + width + "x" + height + ", found "
                    + rgb.length);
        }
        return new InputImage(new BytePixels(width, height, rgb.clone()));
    }

    /**
     * Copies a picture of floating-point numbers, as float32. diffusers takes values in [-1, 1] too, and then leaves out the mapping to
     * [-1, 1], by whether there is one below 0; here they are refused.
     *
     * @param image {@code [3, height, width]} in [0, 1], on any device; borrowed
     * @throws IllegalArgumentException if its type, shape or a value is another
     */
    public static InputImage of(Tensor image) {
        return new InputImage(FloatPixels.of(image, "image"));
    }

    /** {@return the width in pixels} */
    public int width() {
        return pixels.width();
    }

    /** {@return the height in pixels} */
    public int height() {
        return pixels.height();
    }

    Pixels pixels() {
        return pixels;
    }

    /**
     * Gives the picture to a VAE's encoder. Where it has the size it is not resized.
     *
     * @return {@code [3, height, width]} in [-1, 1], float32 on the CPU; belongs to the innermost open scope
     * @throws IllegalArgumentException if the size is not positive or absurdly large
     */
    public Tensor toTensor(int height, int width) {
        requireSize(height, width);
        return pixels.toTensor(height, width);
    }

    static void requireSize(int height, int width) {
        if (height <= 0 || width <= 0 || (long) height * width > BytePixels.MOST_PIXELS) {
            throw new IllegalArgumentException("size: expected 1 to " + BytePixels.MOST_PIXELS + " pixels, found "
                    + width + "x" + height);
        }
    }

    @Override
    public String toString() {
        return width() + "x" + height() + (pixels instanceof BytePixels ? " 8-bit" : " float32") + " picture";
    }
}
