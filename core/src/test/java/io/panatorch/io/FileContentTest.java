package io.panatorch.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("pure")
class FileContentTest {

    @TempDir
    private Path folder;

    private Path file(String content) throws IOException {
        return Files.writeString(folder.resolve("file"), content);
    }

    private static void refused(Path file, String problem) {
        assertThatThrownBy(() -> FileContent.read(file, 100, "a note"))
                .isInstanceOf(InvalidFileException.class)
                .hasMessage(file + ": " + problem);
    }

    @Test
    void readsUpToTheLimit() throws IOException {
        assertThat(FileContent.read(file("x".repeat(100)), 100, "a note")).hasSize(100);
        refused(file("x".repeat(101)), "content: expected a note of at most 100 bytes, found more");
        Path none = folder.resolve("none");
        assertThatThrownBy(() -> FileContent.read(none, 100, "a note")).isInstanceOf(NoSuchFileException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"<!DOCTYPE html>", "<!doctype HTML><html>", "\n  <html lang=en>", "\uFEFF<HTML>"})
    void namesWebPages(String page) throws IOException {
        refused(file(page), "is an HTML page, not the file itself: a site's page about it, or one that asks to log in; fetch the"
                + " file again, by the site's download link");
    }

    @Test
    void namesPointersAndEmptyFiles() throws IOException {
        refused(file("version https://git-lfs.github.com/spec/v1\n"),
                "is a Git LFS pointer, not the file itself; fetch it with: git lfs pull");
        refused(file(""), "is empty; the file is damaged, fetch it again");
    }

    @Test
    void textIsUtf8AndNothingElse() throws IOException {
        Path file = Path.of("file");
        assertThat(FileContent.utf8(file, "\uFEFFaé".getBytes(StandardCharsets.UTF_8), "")).isEqualTo("aé");
        byte[] latin = "aé".getBytes(StandardCharsets.ISO_8859_1);
        assertThatThrownBy(() -> FileContent.utf8(file, latin, FileContent.SAVE_AS_UTF8)).isInstanceOf(InvalidFileException.class)
                .hasMessage("file: byte 1: expected text in UTF-8, found other bytes; save it in UTF-8");
    }

    @Test
    void whateverAFileHoldsItsMessageIsOneLine() {
        assertThat(new InvalidFileException(Path.of("file"), "name: found a\r\nb\u2028\u001b[31m"))
                .hasMessage("file: name: found a\\u000d\\u000ab\\u2028\\u001b[31m");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "version 2", "<htm", "<svg>", "a <html> page, in a prompt", " "})
    void leavesOtherContentAlone(String content) throws IOException {
        assertThat(FileContent.read(file(content), 100, "a note")).asString(StandardCharsets.UTF_8).isEqualTo(content);
    }
}
