package io.panatorch.cogvideox.tokenizer;

import io.panatorch.io.FileContent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;

/** Bytes of files and of texts. */
final class TokenizerBytes {

    /** Far above any T5 tokenizer (umT5's tokenizer.json has 17 MB), and small enough to hold in memory. */
    private static final int MAX_FILE_SIZE = 32 << 20;

    private static final byte[] REPLACEMENT_CHARACTER = {(byte) 0xEF, (byte) 0xBF, (byte) 0xBD};

    private TokenizerBytes() {}

    /** The whole file. */
    static byte[] readFile(Path file) throws IOException {
        return FileContent.read(file, MAX_FILE_SIZE, "a T5 tokenizer");
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
