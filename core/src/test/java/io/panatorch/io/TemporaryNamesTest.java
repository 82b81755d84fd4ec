package io.panatorch.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Names as killed processes leave them, and others that must stay; processes are killed in {@code KilledWriterTest}. */
@Tag("pure")
class TemporaryNamesTest {

    @TempDir
    private Path folder;

    @Test
    void whatNobodyIsWritingAnyMoreIsDeletedByTheNextWriter() throws IOException {
        String name = TemporaryNames.next();
        String own = "-" + ProcessHandle.current().pid() + "-";
        String parent = "-" + ProcessHandle.current().parent().orElseThrow().pid() + "-";
        Path ours = Files.createFile(folder.resolve(name));
        Path running = Files.createFile(folder.resolve(name.replace(own, parent)));
        Path ended = Files.createDirectory(folder.resolve(name.replace(own, "-999999999999-") + ".mp4"));
        Files.createFile(ended.resolve("0.png"));
        Path elsewhere = Files.createFile(folder.resolve(".panatorch-00000000-999999999999-0123456789abcdef"));
        Path old = Files.createFile(folder.resolve(".panatorch-00000000-999999999999-0123456789abcdee"));
        Files.setLastModifiedTime(old, FileTime.from(Instant.now().minus(Duration.ofHours(25))));
        Path noName = Files.createFile(folder.resolve(".panatorch-settings"));
        Files.setLastModifiedTime(noName, FileTime.fromMillis(0));

        AtomicFile.check(folder.resolve("a.png"));

        assertThat(folder.toFile().listFiles())
                .extracting(File::toPath)
                .containsExactlyInAnyOrder(ours, running, elsewhere, noName);
    }
}
