package io.panatorch.safetensors;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.io.AtomicFile;
import io.panatorch.testing.TensorTest;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Processes that write are killed (SIGKILL) at random moments. What has its final name is whole, the next process writes as
 * if nothing had been, and what was left goes.
 *
 * <p>{@code -Dpanatorch.kills=N} is for more of them than the build takes time for. With 120 (6 minutes on two busy processors)
 * no file or folder was incomplete, and nothing was left.
 */
@TensorTest
class KilledWriterTest {

    private static final int KILLS = Integer.getInteger("panatorch.kills", 3);
    private static final int MOST_KILLS = KILLS + 50; // until one of them was in the middle of a file
    private static final int LONGEST_MILLISECONDS = 60;

    @TempDir
    private Path folder;

    @Test
    void whatHasItsNameIsWholeAndNothingElseStays() throws Exception {
        Random random = new Random(KILLS);
        int left = 0;
        for (int i = 0; i < KILLS || left == 0 && i < MOST_KILLS; i++) {
            killAfter(TimeUnit.MILLISECONDS.toNanos(1) * random.nextInt(LONGEST_MILLISECONDS), "written" + i);
            left += temporary().size();
            AtomicFile.write(folder.resolve("next"), temporary -> Files.writeString(temporary, "whole"));
            AtomicFile.writeInto(folder.resolve("into"), _ -> false,
                    temporary -> Files.writeString(temporary.resolve("next"), "whole"));
            assertThat(temporary()).as("after kill %d", i).isEmpty();
            assertWhole();
        }
        assertThat(left).as("files that were being written when their process was killed").isPositive();
    }

    private void killAfter(long nanoseconds, String name) throws Exception {
        String classes = System.getProperty("java.class.path") + File.pathSeparator + System.getProperty("jdk.module.path");
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED", "-cp", classes, KilledMain.class.getName(), folder.toString(), name)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader output = process.inputReader()) {
            assertThat(output.readLine()).isEqualTo("writing");
            TimeUnit.NANOSECONDS.sleep(nanoseconds);
        } finally {
            process.destroyForcibly().waitFor();
        }
    }

    /** The names of what was not finished. */
    private List<Path> temporary() throws IOException {
        List<Path> found = new ArrayList<>();
        for (Path each : List.of(folder, folder.resolve("into"))) {
            try (Stream<Path> files = Files.list(each)) {
                files.filter(file -> file.getFileName().toString().startsWith(".panatorch-")).forEach(found::add);
            }
        }
        return found;
    }

    private void assertWhole() throws IOException {
        Path file = folder.resolve("a.safetensors");
        if (Files.exists(file)) {
            byte[] all = Files.readAllBytes(file);
            long header = Long.BYTES + ByteBuffer.wrap(all).order(ByteOrder.LITTLE_ENDIAN).getLong();
            assertOneContent(Arrays.copyOfRange(all, Math.toIntExact(header), all.length));
        }
        try (Stream<Path> all = Files.list(folder)) {
            for (Path written : all.filter(path -> path.getFileName().toString().startsWith("written")).toList()) {
                for (int i = 0; i < KilledMain.FILES; i++) {
                    assertOneContent(Files.readAllBytes(written.resolve(i + ".bin")));
                    Files.delete(written.resolve(i + ".bin"));
                }
                Files.delete(written); // which fails where there is more in it
            }
        }
        for (int i = 0; i < KilledMain.FILES; i++) {
            Path into = folder.resolve("into").resolve(i + ".bin");
            if (Files.exists(into)) {
                assertOneContent(Files.readAllBytes(into));
            }
        }
    }

    private static void assertOneContent(byte[] content) {
        assertThat(content).hasSize(KilledMain.BYTES).containsOnly(content[0]);
    }
}
