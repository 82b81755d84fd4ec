package io.panatorch.cogvideox.input;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.panatorch.testing.FuzzInputs;
import io.panatorch.testing.ReaderCheck;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Any content of a PNG file with checksums that are right, of a JPEG file and of a GIF file. */
class PictureFuzzTest {

    /** Deflate makes 1032 bytes of one, and of each come 8 pixels of 3 bytes at the most. */
    private static final int BYTES_PER_BYTE = 25_000;

    /** A picture of a GIF file needs so many bytes, and may give a frame as large as the largest. */
    private static final int LEAST_BYTES_OF_FRAME = 14;

    @TempDir
    private Path folder;

    private ReaderCheck check;
    private ReaderCheck animatedCheck;

    @BeforeEach
    void makeChecks() {
        check = new ReaderCheck(folder, size -> BYTES_PER_BYTE * size);
        animatedCheck = new ReaderCheck(folder, size -> BYTES_PER_BYTE * size * (1 + size / LEAST_BYTES_OF_FRAME));
    }

    @FuzzTest
    void png(byte[] content) throws IOException {
        check.accept("a.png", PictureFilesTest.withChecksums(content.clone()), InputImage::read);
    }

    @FuzzTest
    void jpeg(byte[] content) throws IOException {
        check.accept("a.jpg", content, InputImage::read);
    }

    @FuzzTest
    void gif(byte[] content) throws IOException {
        animatedCheck.accept("a.gif", content, GifReader::read);
    }

    @Test
    void inputs() throws Exception {
        FuzzInputs.replay(getClass(), "png", this::png);
        FuzzInputs.replay(getClass(), "jpeg", this::jpeg);
        FuzzInputs.replay(getClass(), "gif", this::gif);
    }
}
