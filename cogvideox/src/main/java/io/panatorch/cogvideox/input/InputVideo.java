package io.panatorch.cogvideox.input;

import io.panatorch.cogvideox.ffmpeg.Ffmpeg;
import io.panatorch.io.InvalidFileException;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.Shape;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Pictures of one size to make another video from, or to control one with: frames as {@link InputImage}s. It holds no tensor: there is
 * nothing to close. It is immutable, and safe for use by several threads.
 */
public final class InputVideo {

    private static final int DIMENSIONS = 4;

    private final List<InputImage> frames;

    private InputVideo(List<InputImage> frames) {
        this.frames = frames;
    }

    /**
     * Reads all frames of a video. The file's content tells what it is, not its name:
     *
     * <ul>
     *   <li>a folder: its PNG and JPEG files, by their names' endings, in the order of their names, in which 10 follows 9
     *   <li>GIF: its pictures, each drawn over what the one before has left, as Pillow does; transparent pixels have the
     *       colour that their palette gives them
     *   <li>safetensors: a tensor {@code video} {@code [frames, 3, height, width]} of floating-point numbers in [0, 1]
     *   <li>everything else, such as MP4 and WebM: by an FFmpeg on the {@code PATH}, at a constant rate, as diffusers'
     *       {@code load_video} does
     * </ul>
     *
     * @throws java.nio.file.NoSuchFileException if it does not exist
     * @throws InvalidFileException if it is damaged, something else, or has no frames, frames of several sizes, or more than the
     *     heap holds
     * @throws java.io.InterruptedIOException if the calling thread is interrupted, whose interrupt status then stays set
     * @throws IOException if it cannot be read, or takes an FFmpeg and there is none
     */
    public static InputVideo read(Path file) throws IOException {
        return read(file, Ffmpeg.searchPath());
    }

    /** @param searchPath where an FFmpeg is looked for, as in the variable {@code PATH} */
    static InputVideo read(Path file, String searchPath) throws IOException {
        if (Files.isDirectory(file)) {
            return new InputVideo(PictureFolder.read(file));
        }
        return switch (FileKind.of(file, "a video")) {
            case GIF -> new InputVideo(GifReader.read(file));
            case SAFETENSORS -> TensorFile.read(file, "video", "[frames, 3, height, width]", InputVideo::of);
            case PNG, JPEG -> throw new InvalidFileException(file, "expected a video or a folder of pictures, found one picture");
            case OTHER -> new InputVideo(FfmpegVideo.read(file, searchPath));
        };
    }

    /**
     * Makes a video of pictures.
     *
     * @throws IllegalArgumentException if there is none, or they have several sizes
     */
    public static InputVideo of(List<InputImage> frames) {
        List<InputImage> copy = List.copyOf(frames);
        if (copy.isEmpty()) {
            throw new IllegalArgumentException("frames: expected one or more, found none");
        }
        InputImage first = copy.getFirst();
        for (InputImage frame : copy) {
            if (frame.width() != first.width() || frame.height() != first.height()) {
                throw new IllegalArgumentException("frames: expected pictures of one size, found a " + first + " and a " + frame);
            }
        }
        return new InputVideo(copy);
    }

    /**
     * Copies frames of floating-point numbers, as {@link InputImage#of(Tensor)} does.
     *
     * @param video {@code [frames, 3, height, width]} in [0, 1], on any device; borrowed
     * @throws IllegalArgumentException if its type, shape or a value is another
     */
    public static InputVideo of(Tensor video) {
        Shape shape = video.shape();
        if (shape.dim() != DIMENSIONS || shape.size(0) == 0) {
            throw new IllegalArgumentException("video: expected the shape [frames, 3, height, width], found " + shape);
        }
        List<InputImage> frames = new ArrayList<>();
        for (int i = 0; i < shape.size(0); i++) {
            try (var _ = TensorScope.open()) {
                frames.add(new InputImage(FloatPixels.of(video.select(0, i), "video[" + i + "]")));
            }
        }
        return new InputVideo(List.copyOf(frames));
    }

    /** {@return how many frames there are, 1 or more} */
    public int frames() {
        return frames.size();
    }

    /** {@return the frames' width in pixels} */
    public int width() {
        return frames.getFirst().width();
    }

    /** {@return the frames' height in pixels} */
    public int height() {
        return frames.getFirst().height();
    }

    /**
     * {@return the first frames}
     *
     * @throws IllegalArgumentException if there are fewer, or none are asked for
     */
    public InputVideo first(int count) {
        if (count < 1 || count > frames()) {
            throw new IllegalArgumentException("count: expected 1 to " + frames() + ", the frames of this video, found " + count);
        }
        return new InputVideo(frames.subList(0, count));
    }

    /**
     * Gives the video to a VAE's encoder. Where its frames have the size they are not resized.
     *
     * @return {@code [3, frames, height, width]} in [-1, 1], float32 on the CPU; belongs to the innermost open scope
     * @throws IllegalArgumentException if the size is not positive or absurdly large
     */
    public Tensor toTensor(int height, int width) {
        InputImage.requireSize(height, width);
        try (TensorScope scope = TensorScope.open()) {
            Tensor video = Tensor.empty(Shape.of(BytePixels.CHANNELS, frames(), height, width), DType.FLOAT32, Device.CPU);
            for (int i = 0; i < frames(); i++) {
                try (var _ = TensorScope.open()) {
                    video.narrow(1, i, 1).copy_(frames.get(i).toTensor(height, width).unsqueeze(1));
                }
            }
            return scope.promote(video);
        }
    }

    @Override
    public String toString() {
        return frames() + " frames of a " + frames.getFirst();
    }
}
