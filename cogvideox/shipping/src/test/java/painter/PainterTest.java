package painter;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PainterTest {

    @Test
    void paintsNineFrames(@TempDir Path folder) throws IOException {
        Path frames = folder.resolve("frames");
        Painter.paint(frames, 2);
        try (var files = Files.list(frames)) {
            assertEquals(9, files.count());
        }
    }
}
