package io.panatorch.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.panatorch.testing.TensorTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Advice about the memory of a file; that tensors lie in it is tested with the files of weights. */
@TensorTest
class MappedFileTest {

    private static final int SIZE = 3 * 4096 + 5;

    @TempDir
    private Path folder;

    private MappedFile open() throws IOException {
        byte[] content = new byte[SIZE];
        new Random(1).nextBytes(content);
        return MappedFile.open(Files.write(folder.resolve("file"), content));
    }

    @Test
    void bytesAreWhatTheyWereWhateverIsAdvised() throws IOException {
        try (MappedFile file = open(); var _ = TensorScope.open()) {
            Tensor all = file.tensor(0, DType.UINT8, Shape.of(SIZE));
            byte[] expected = all.toByteArray();
            for (long[] part : new long[][] {{0, SIZE}, {0, 0}, {SIZE, 0}, {1, 4096}, {4096, 4096}, {5, SIZE - 5}}) {
                file.unload(part[0], part[1]);
                assertThat(all.toByteArray()).containsExactly(expected);
                file.prefetch(part[0], part[1]);
                assertThat(all.toByteArray()).containsExactly(expected);
            }
        }
    }

    @Test
    void adviceAboutWhatIsNotThere() throws IOException {
        MappedFile file = open();
        for (long[] part : new long[][] {{-1, 2}, {0, -1}, {0, SIZE + 1}, {SIZE + 1, 0}, {2, Long.MAX_VALUE}}) {
            assertThatThrownBy(() -> file.unload(part[0], part[1])).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(folder.resolve("file") + ": " + part[1] + " bytes from byte " + part[0]
                            + " on end beyond the file's 12293 bytes");
        }
        file.close();
        assertThatThrownBy(() -> file.prefetch(0, 1)).isInstanceOf(IllegalStateException.class).hasMessageEndingWith("is closed");
    }
}
