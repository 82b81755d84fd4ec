package io.panatorch.cogvideox.video;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;

/** Makes a file of pictures. */
interface VideoEncoder {

    /** {@return what it is, for people} */
    String name();

    /**
     * Writes a whole file.
     *
     * @param file is there, and empty
     * @throws InterruptedIOException if the calling thread is interrupted; its interrupt status stays set
     */
    void encode(Frames frames, VideoMetadata metadata, Path file) throws IOException;

    /** Ends the work of an interrupted thread. */
    static void checkInterrupt() throws InterruptedIOException {
        if (Thread.currentThread().isInterrupted()) {
            throw new InterruptedIOException("interrupted");
        }
    }
}
