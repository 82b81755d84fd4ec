package io.panatorch.cogvideox.video;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads videos back with the FFmpeg of the test class path. */
final class Decoder {

    private static final Pattern SIZE = Pattern.compile("Video: .* (\\d+)x(\\d+)");
    private static final Pattern RATE = Pattern.compile("([0-9.]+) fps");

    private final Path ffmpeg;

    /** @param directory where the executable is, or is to be unpacked to */
    Decoder(Path directory) throws IOException {
        for (String resource : FfmpegExecutable.BUNDLED_FILES) {
            Path file = directory.resolve(Path.of(resource).getFileName());
            try (InputStream in = Decoder.class.getClassLoader().getResourceAsStream(resource)) {
                assertThat(in).as(resource).isNotNull();
                Files.copy(in, file);
            }
        }
        ffmpeg = directory.resolve("ffmpeg");
        assertThat(ffmpeg.toFile().setExecutable(true)).isTrue();
    }

    /** Returns the pictures of a file, or of a numbered sequence of files, as RGB. */
    List<byte[]> pictures(String input, int width, int height) throws IOException {
        Process process = new ProcessBuilder(ffmpeg.toString(), "-loglevel", "error", "-i", input, "-vsync", "0",
                "-vf", "scale=flags=bicubic+accurate_rnd+full_chroma_int", "-f", "rawvideo", "-pix_fmt", "rgb24",
                "pipe:1").redirectError(ProcessBuilder.Redirect.INHERIT).start();
        byte[] all = process.getInputStream().readAllBytes();
        int size = width * height * 3;
        assertThat(all.length % size).isZero();
        List<byte[]> pictures = new ArrayList<>();
        for (int at = 0; at < all.length; at += size) {
            pictures.add(Arrays.copyOfRange(all, at, at + size));
        }
        return pictures;
    }

    /** Returns width, height and pictures per second as the file says. */
    List<Double> header(Path file) throws IOException {
        Process process = new ProcessBuilder(ffmpeg.toString(), "-hide_banner", "-i", file.toString())
                .redirectErrorStream(true).start();
        String text = new String(process.getInputStream().readAllBytes());
        Matcher size = SIZE.matcher(text);
        Matcher rate = RATE.matcher(text);
        assertThat(size.find()).as(text).isTrue();
        assertThat(rate.find()).as(text).isTrue();
        return List.of(Double.valueOf(size.group(1)), Double.valueOf(size.group(2)), Double.valueOf(rate.group(1)));
    }
}
