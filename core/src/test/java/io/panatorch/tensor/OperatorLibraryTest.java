package io.panatorch.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.panatorch.testing.MetaKernels;
import io.panatorch.testing.TensorTest;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Operators of a library that the user loads are reached, and checked, as libtorch's own. */
@TensorTest
class OperatorLibraryTest {

    @TempDir
    private Path temp;

    @Test
    void aLibraryThatIsLoaded() throws Exception {
        assertThatThrownBy(() -> Operator.named("somebody::repeat")).hasMessage("operator somebody::repeat: there is none");
        Path source = temp.resolve("operators.c");
        try (InputStream in = getClass().getResourceAsStream("operators.c")) {
            Files.copy(in, source);
        }
        Path library = temp.resolve("operators.so");
        MetaKernels.compile(source, library);
        Operator.loadLibrary(library);

        try (var _ = TensorScope.open()) {
            Tensor x = Tensor.of(new float[] {1, 2}, 2);
            Operator repeat = Operator.named("somebody::repeat");
            assertThat(repeat).hasToString("somebody::repeat(Tensor x, int times=2, *, bool negative=False) -> int");
            assertThat(repeat.with("negative", true).call(x).integer()).isEqualTo(-2);
            assertThat(repeat.call(x, 7).integer()).isEqualTo(7);
            assertThatIllegalArgumentException().isThrownBy(() -> repeat.call(2))
                    .withMessage("somebody::repeat: parameter x (Tensor): expected tensor, found 2 (Integer)");
            assertThatThrownBy(() -> Operator.named("somebody::repeet")).hasMessageEndingWith("; is somebody::repeat meant?");
        }
    }
}
