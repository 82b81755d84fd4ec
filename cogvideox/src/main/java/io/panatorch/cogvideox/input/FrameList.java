package io.panatorch.cogvideox.input;

import io.panatorch.io.InvalidFileException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The frames of a file while they are read: of one size, and no more than the heap holds. */
final class FrameList {

    /** Of the largest heap; the rest is for reading them, and for everything else. */
    private static final double MOST_OF_HEAP = 0.5;

    private final Path file;
    private final long most;
    private final List<InputImage> frames = new ArrayList<>();
    private long bytes;

    FrameList(Path file) {
        this(file, (long) (Runtime.getRuntime().maxMemory() * MOST_OF_HEAP));
    }

    /** @param most how many bytes the frames may have */
    FrameList(Path file, long most) {
        this.file = file;
        this.most = most;
    }

    /**
     * Adds a frame.
     *
     * @param origin what messages call it
     * @throws InterruptedIOException if the calling thread is interrupted; its interrupt status stays set
     */
    void add(InputImage frame, String origin) throws InvalidFileException, InterruptedIOException {
        if (!frames.isEmpty()) {
            InputImage first = frames.getFirst();
            if (frame.width() != first.width() || frame.height() != first.height()) {
                throw new InvalidFileException(file, "expected frames of one size, found a " + first + " first and in " + origin
                        + " a " + frame);
            }
        }
        bytes += frame.pixels().byteSize();
        if (bytes > most) {
            throw new InvalidFileException(file, "expected as many frames as the heap holds, found more than " + frames.size()
                    + " of a " + frame + ", which take " + (bytes >> 20) + " MiB; cut the video, or raise java's -Xmx");
        }
        frames.add(frame);
        if (Thread.currentThread().isInterrupted()) {
            throw new InterruptedIOException("interrupted");
        }
    }

    int size() {
        return frames.size();
    }

    /** @throws InvalidFileException if there are no frames */
    List<InputImage> whole() throws InvalidFileException {
        if (frames.isEmpty()) {
            throw new InvalidFileException(file, "expected a video, found no frame in it");
        }
        return List.copyOf(frames);
    }
}
