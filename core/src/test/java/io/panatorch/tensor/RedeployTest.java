package io.panatorch.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.testing.TensorTest;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server's thread goes on when a program that has computed on it is taken away. */
@TensorTest
class RedeployTest {

    @TempDir
    private Path temp;

    @Test
    void aThreadThatGoesOnKeepsNothingOfAProgramThatHasEnded() throws Exception {
        assertThat(ChildJvm.run(temp, RedeployMain.class)).isEqualTo(new ChildJvm.Output("3.0 true\ncollected\n", ""));
    }
}
