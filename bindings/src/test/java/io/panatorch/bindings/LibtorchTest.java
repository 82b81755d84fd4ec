package io.panatorch.bindings;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.bindings.generated.Panatorch;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("cpu")
class LibtorchTest {

    @Test
    void loadsTheNativesOfTheClassPath() {
        Libtorch libtorch = Libtorch.load();

        assertThat(libtorch.version()).matches("2\\.\\d+\\.\\d+");
        assertThat(libtorch.source()).contains("org.bytedeco:pytorch");
        assertThat(libtorch.has(Panatorch.PT_ERROR_TEXT())).isTrue();
        assertThat(Libtorch.load()).isSameAs(libtorch);
    }
}
