package io.panatorch.cogvideox.video;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import org.jcodec.api.FrameGrab;
import org.jcodec.api.JCodecException;
import org.jcodec.common.io.FileChannelWrapper;
import org.jcodec.common.io.NIOUtils;
import org.jcodec.common.model.Picture;
import org.w3c.dom.NamedNodeMap;

/** Reads videos back with other programs than wrote them, as pictures in RGB. */
final class Decoder {

    private static final int CHANNELS = 3;

    private Decoder() {}

    /** Of the pure Java encoder: what JCodec decodes is Baseline. */
    static List<byte[]> mp4(Path file) throws IOException {
        try (FileChannelWrapper channel = NIOUtils.readableChannel(file.toFile())) {
            FrameGrab grab = FrameGrab.createFrameGrab(channel);
            List<byte[]> pictures = new ArrayList<>();
            for (Picture picture = grab.getNativeFrame(); picture != null; picture = grab.getNativeFrame()) {
                pictures.add(rgb(picture));
            }
            return pictures;
        } catch (JCodecException e) {
            throw new IOException(e);
        }
    }

    /** BT.709, narrow range. */
    private static byte[] rgb(Picture yuv) {
        int width = yuv.getCroppedWidth();
        byte[] rgb = new byte[width * yuv.getCroppedHeight() * CHANNELS];
        for (int i = 0; i < rgb.length / CHANNELS; i++) {
            int x = i % width;
            int y = i / width;
            int half = y / 2 * yuv.getPlaneWidth(1) + x / 2;
            double luma = (yuv.getPlaneData(0)[y * yuv.getPlaneWidth(0) + x] + 128 - 16) * 255.0 / 219;
            double blue = yuv.getPlaneData(1)[half] * 255.0 / 224;
            double red = yuv.getPlaneData(2)[half] * 255.0 / 224;
            rgb[CHANNELS * i] = clamped(luma + 1.5748 * red);
            rgb[CHANNELS * i + 1] = clamped(luma - 0.1873 * blue - 0.4681 * red);
            rgb[CHANNELS * i + 2] = clamped(luma + 1.8556 * blue);
        }
        return rgb;
    }

    private static byte clamped(double value) {
        return (byte) Math.clamp(Math.round(value), 0, 255);
    }

    /** Each picture as it stands on the screen. */
    static List<byte[]> gif(Path file) throws IOException {
        ImageReader reader = ImageIO.getImageReadersByFormatName("gif").next();
        try (ImageInputStream in = ImageIO.createImageInputStream(file.toFile())) {
            reader.setInput(in);
            List<byte[]> pictures = new ArrayList<>();
            BufferedImage screen = null;
            for (int i = 0; i < reader.getNumImages(true); i++) {
                BufferedImage image = reader.read(i);
                if (screen == null) {
                    screen = new BufferedImage(image.getWidth(), image.getHeight(), BufferedImage.TYPE_INT_RGB);
                }
                NamedNodeMap place = reader.getImageMetadata(i).getAsTree("javax_imageio_gif_image_1.0").getFirstChild()
                        .getAttributes();
                draw(image, screen, number(place, "imageLeftPosition"), number(place, "imageTopPosition"));
                pictures.add(rgb(screen));
            }
            return pictures;
        } finally {
            reader.dispose();
        }
    }

    /** Not by a graphics context, which may want fonts of the system. */
    private static void draw(BufferedImage image, BufferedImage screen, int left, int top) {
        for (int y = 0; y < image.getHeight(); y++) {
            for (int x = 0; x < image.getWidth(); x++) {
                int color = image.getRGB(x, y);
                if (color >>> 24 != 0) {
                    screen.setRGB(left + x, top + y, color);
                }
            }
        }
    }

    private static int number(NamedNodeMap attributes, String name) {
        return Integer.parseInt(attributes.getNamedItem(name).getNodeValue());
    }

    static List<byte[]> folder(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            List<byte[]> pictures = new ArrayList<>();
            for (Path file : files.filter(name -> name.toString().endsWith(".png")).sorted().toList()) {
                pictures.add(rgb(ImageIO.read(file.toFile())));
            }
            return pictures;
        }
    }

    private static byte[] rgb(BufferedImage image) {
        byte[] rgb = new byte[image.getWidth() * image.getHeight() * CHANNELS];
        for (int i = 0; i < rgb.length / CHANNELS; i++) {
            int color = image.getRGB(i % image.getWidth(), i / image.getWidth());
            rgb[CHANNELS * i] = (byte) (color >> 16);
            rgb[CHANNELS * i + 1] = (byte) (color >> 8);
            rgb[CHANNELS * i + 2] = (byte) color;
        }
        return rgb;
    }

    /** Skips the test where no FFmpeg is on the {@code PATH} that could have written the file. */
    static String requireFfmpeg() {
        try {
            return FfmpegMp4.find(System.getenv("PATH")).path().toString();
        } catch (IOException e) {
            assumeThat(e.getMessage()).as("skipped, for want of an ffmpeg on PATH with libx264 or libopenh264").isNull();
            throw new AssertionError(e);
        }
    }

    /** By the FFmpeg on the {@code PATH}. */
    static List<byte[]> ffmpeg(Path file, int width, int height) throws IOException {
        byte[] all = output(requireFfmpeg(), "-loglevel", "error", "-i", file.toString(), "-vsync", "0",
                "-vf", "scale=in_color_matrix=bt709:flags=bicubic+accurate_rnd+full_chroma_int", "-f", "rawvideo", "-pix_fmt",
                "rgb24", "pipe:1");
        int size = width * height * CHANNELS;
        assertThat(all.length % size).isZero();
        List<byte[]> pictures = new ArrayList<>();
        for (int at = 0; at < all.length; at += size) {
            pictures.add(Arrays.copyOfRange(all, at, at + size));
        }
        return pictures;
    }

    /** What a program prints. */
    static byte[] output(String... command) throws IOException {
        Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        return process.getInputStream().readAllBytes();
    }
}
