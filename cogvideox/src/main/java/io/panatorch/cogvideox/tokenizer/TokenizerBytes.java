package io.panatorch.cogvideox.tokenizer;

import io.panatorch.io.InvalidFileException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** Bytes of files and of texts. */
final class TokenizerBytes {

    /** Far above any T5 tokenizer (umT5's tokenizer.json has 17 MB), and small enough to hold in memory. */
    static final long MAX_FILE_SIZE = 32L << 20;

    private static final byte[] REPLACEMENT_CHARACTER = {(byte) 0xEF, (byte) 0xBF, (byte) 0xBD};

    private TokenizerBytes() {}

    /** The whole file, refused before it is read where it is too large. */
    static byte[] readFile(Path file) throws IOException {
        long size = Files.size(file);
        if (size > MAX_FILE_SIZE) {
            throw new InvalidFileException(
                    file,
                    "size: expected at most " + MAX_FILE_SIZE + " bytes, found " + size
                            + "; this is no T5 tokenizer, use the checkpoint's own");
        }
        return Files.readAllBytes(file);
    }

    /** UTF-8 in which every lone surrogate is U+FFFD; {@link String#getBytes} would make it a question mark. */
    static byte[] utf8(String text) {
        try {
            ByteBuffer encoded = StandardCharsets.UTF_8
                    .newEncoder()
                    .onMalformedInput(CodingErrorAction.REPLACE)
                    .replaceWith(REPLACEMENT_CHARACTER)
                    .encode(CharBuffer.wrap(text));
            return Arrays.copyOf(encoded.array(), encoded.limit());
        } catch (CharacterCodingException e) {
            throw new IllegalStateException("an encoder that replaces malformed input reported it", e);
        }
    }
}
