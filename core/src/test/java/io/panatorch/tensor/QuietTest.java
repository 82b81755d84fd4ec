package io.panatorch.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.testing.TensorTest;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A library prints nothing, and sees to it that those below it do not either. */
@TensorTest
class QuietTest {

    @TempDir
    private Path temp;

    @Test
    void nothingIsPrinted() throws Exception {
        assertThat(ChildJvm.run(temp, QuietMain.class)).isEqualTo(new ChildJvm.Output("done\n", ""));
    }
}
