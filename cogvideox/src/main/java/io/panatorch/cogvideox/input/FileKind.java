package io.panatorch.cogvideox.input;

import io.panatorch.io.FileContent;
import io.panatorch.io.InvalidFileException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** What a file begins as. */
enum FileKind {

    PNG("\u0089PNG\r\n\u001a\n"),
    JPEG("\u00ff\u00d8\u00ff"),
    GIF("GIF8"),
    /** The upper half of a number, the lowest byte first, that is not very large, and the text that it counts. */
    SAFETENSORS("\0\0\0\0{"),
    OTHER("");

    private final String start;

    FileKind(String start) {
        this.start = start;
    }

    /**
     * Tells the kind of a file by its content.
     *
     * @param expected what the message asks for where it is a folder
     * @throws NoSuchFileException if it does not exist
     * @throws InvalidFileException if it is a folder, or no {@linkplain FileContent#requireReal real} file
     */
    static FileKind of(Path file, String expected) throws IOException {
        if (!FileContent.exists(file)) {
            throw new NoSuchFileException(file.toString(), null, "does not exist");
        }
        if (Files.isDirectory(file)) {
            throw new InvalidFileException(file, "expected " + expected + ", found a folder");
        }
        byte[] bytes;
        try (InputStream in = Files.newInputStream(file)) {
            bytes = in.readNBytes(FileContent.START);
        }
        FileContent.requireReal(file, bytes);
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        for (FileKind kind : values()) {
            if (text.startsWith(kind.start, kind == SAFETENSORS ? Integer.BYTES : 0)) {
                return kind;
            }
        }
        return OTHER;
    }
}
