package io.panatorch.cogvideox.input;

import io.panatorch.cogvideox.ffmpeg.Ffmpeg;
import io.panatorch.cogvideox.ffmpeg.FfmpegProcess;
import io.panatorch.io.InvalidFileException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.util.List;

/** A video in any container that FFmpeg knows. */
final class FfmpegVideo {

    /** Containers of videos alone: to FFmpeg, lists of other files and texts are videos too. */
    private static final String CONTAINERS = "mov,matroska,avi,mpegts,mpeg,mpegvideo,flv,ogg,asf,mxf,nut,ivf,obu,h264,hevc,"
            + "yuv4mpegpipe,rm,dv,swf,gxf,wtv";

    private FfmpegVideo() {}

    /**
     * Reads all frames.
     *
     * @param searchPath where the FFmpeg is looked for
     * @throws InvalidFileException if FFmpeg finds no whole video, with its reason
     * @throws IOException if there is no FFmpeg
     * @throws InterruptedIOException if the calling thread is interrupted; its interrupt status stays set
     */
    static List<InputImage> read(Path file, String searchPath) throws IOException {
        Path ffmpeg;
        try {
            ffmpeg = Ffmpeg.find(searchPath);
        } catch (IOException e) {
            throw new IOException(file + ": takes an FFmpeg to read, and " + e.getMessage()
                    + "; install one, or give a GIF, a folder of PNG or JPEG files, or safetensors", e);
        }
        // Pictures of the format PPM say how large they are, so that nothing needs to be asked before.
        // An error within the file ends it all: what is cut off is not to be taken for whole.
        ProcessBuilder command = new ProcessBuilder(ffmpeg.toString(), "-hide_banner", "-nostdin", "-loglevel", "error", "-xerror",
                "-format_whitelist", CONTAINERS, "-i", file.toAbsolutePath().toString(),
                "-f", "image2pipe", "-c:v", "ppm", "-pix_fmt", "rgb24", "pipe:1");
        FrameList frames = new FrameList(file);
        try (FfmpegProcess process = FfmpegProcess.reading(ffmpeg.toString(), command)) {
            boolean hasMore = true;
            while (hasMore) {
                BytePixels frame = process.receive(output -> frame(file, output));
                hasMore = frame != null;
                if (hasMore) {
                    frames.add(new InputImage(frame), "frame " + frames.size());
                }
            }
            process.finish();
        } catch (InterruptedIOException | InvalidFileException e) {
            throw e;
        } catch (IOException e) {
            throw new InvalidFileException(file, "expected a video, as MP4, WebM or AVI, but " + e.getMessage(), e);
        }
        return frames.whole();
    }

    /** {@return the next picture; null where the output ends} */
    private static BytePixels frame(Path file, InputStream output) throws IOException {
        String format = word(output);
        if (format.isEmpty()) {
            return null;
        }
        if (!format.equals("P6")) {
            throw new IOException("FFmpeg gave no PPM picture");
        }
        BytePixels picture;
        try {
            picture = BytePixels.allocate(file, Integer.parseInt(word(output)), Integer.parseInt(word(output)));
        } catch (NumberFormatException e) {
            throw new IOException("FFmpeg gave a PPM picture without a size", e);
        }
        word(output); // the largest value, 255
        if (output.readNBytes(picture.rgb(), 0, picture.rgb().length) < picture.rgb().length) {
            throw new EOFException("FFmpeg stopped within a picture");
        }
        return picture;
    }

    private static String word(InputStream in) throws IOException {
        StringBuilder word = new StringBuilder();
        for (int next = in.read(); next > ' '; next = in.read()) {
            word.append((char) next);
        }
        return word.toString();
    }
}
