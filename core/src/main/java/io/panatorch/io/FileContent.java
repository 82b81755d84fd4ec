package io.panatorch.io;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Locale;

/**
 * The bytes of files that were fetched from somewhere, and what often lies in the place of one that was not: the pointer of
 * a checkout without Git LFS, a web page that asks to log in, nothing.
 */
public final class FileContent {

    /** The number of bytes from the start by which {@link #requireReal} knows what is no real file. */
    public static final int START = 512;

    /** Ends the message about a text that somebody wrote, and may write again. */
    public static final String SAVE_AS_UTF8 = "; save it in UTF-8";

    private static final String BYTE_ORDER_MARK = "\ufeff";
    private static final String GIT_LFS = "version https://git-lfs.github.com/spec/";

    private FileContent() {}

    /**
     * {@return whether there is something of a name}
     *
     * @throws AccessDeniedException where that cannot be found out, as in a folder that may not be searched
     */
    public static boolean exists(Path path) throws AccessDeniedException {
        try {
            Files.readAttributes(path, BasicFileAttributes.class);
            return true;
        } catch (AccessDeniedException e) {
            throw e;
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * {@return what calculates a hash of a content}
     *
     * @param algorithm {@code SHA-256} or {@code SHA-1}
     */
    public static MessageDigest digest(String algorithm) {
        try {
            return MessageDigest.getInstance(algorithm);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has it", e);
        }
    }

    /**
     * Reads a file as a whole.
     *
     * @param most the number of bytes that a sound file of its kind stays below; nothing is read beyond it
     * @param kind what the file is, with its article, for the message where it is larger
     * @throws InvalidFileException where it is larger, or not {@linkplain #requireReal real}
     * @throws IOException where it cannot be read
     */
    public static byte[] read(Path file, int most, String kind) throws IOException {
        if (Files.isDirectory(file)) {
            throw new InvalidFileException(file, "expected " + kind + ", found a folder");
        }
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(most + 1);
            if (bytes.length > most) {
                throw new InvalidFileException(
                        file, "content: expected " + kind + " of at most " + most + " bytes, found more");
            }
            requireReal(file, bytes);
            return bytes;
        }
    }

    /**
     * {@return a file's text, without a byte order mark, as editors of Windows save one}
     *
     * @param content of the file
     * @param remedy ends the message: what to do where it is no such text
     * @throws InvalidFileException that names the first byte that is not UTF-8
     */
    public static String utf8(Path file, byte[] content, String remedy) throws InvalidFileException {
        ByteBuffer bytes = ByteBuffer.wrap(content);
        try {
            String text = StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
            return text.startsWith(BYTE_ORDER_MARK) ? text.substring(BYTE_ORDER_MARK.length()) : text;
        } catch (CharacterCodingException e) {
            throw new InvalidFileException(
                    file, "byte " + bytes.position() + ": expected text in UTF-8, found other bytes" + remedy, e);
        }
    }

    /** {@return text of a file for a message: line breaks and other control characters as in Java's source} */
    public static String oneLine(String text) {
        StringBuilder line = new StringBuilder(text.length());
        for (char c : text.toCharArray()) {
            boolean breaks = Character.isISOControl(c) || c == '\u2028' || c == '\u2029';
            line.append(breaks ? String.format("\\u%04x", (int) c) : String.valueOf(c));
        }
        return line.toString();
    }

    /**
     * Refuses what lies in the place of a file, and is none.
     *
     * @param start the file's first {@value #START} bytes, or more, or as many as it has
     * @throws InvalidFileException that says what it is, and what to do
     */
    public static void requireReal(Path file, byte[] start) throws InvalidFileException {
        if (start.length == 0) {
            throw new InvalidFileException(file, "is empty; the file is damaged, fetch it again");
        }
        String text = new String(start, 0, Math.min(start.length, START), StandardCharsets.ISO_8859_1);
        if (text.startsWith(GIT_LFS)) {
            throw new InvalidFileException(file, "is a Git LFS pointer, not the file itself; fetch it with: git lfs pull");
        }
        String markup = text.replaceFirst("^(\u00EF\u00BB\u00BF)?\\s*", "").toLowerCase(Locale.ROOT);
        if (markup.startsWith("<!doctype html") || markup.startsWith("<html")) {
            throw new InvalidFileException(file, "is an HTML page, not the file itself: a site's page about it, or one that asks"
                    + " to log in; fetch the file again, by the site's download link");
        }
    }
}
