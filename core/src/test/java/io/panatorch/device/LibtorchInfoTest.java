package io.panatorch.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.panatorch.tensor.Device;
import io.panatorch.tensor.TorchException;
import io.panatorch.testing.TensorTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@TensorTest
class LibtorchInfoTest {

    @Test
    void saysWhatWasLoadedFromWhere() {
        LibtorchInfo info = LibtorchInfo.load();
        assertThat(info.version()).matches("2\\.\\d+\\.\\d+");
        assertThat(info.folder().resolve("libtorch_cpu.so")).isRegularFile();
        assertThat(info.shim()).isRegularFile();
        assertThat(info.source()).isNotBlank();
        assertThat(info.devices()).startsWith(Device.CPU);
    }

    @Test
    void threads() {
        int before = LibtorchInfo.threads();
        try {
            LibtorchInfo.setThreads(3);
            assertThat(LibtorchInfo.threads()).isEqualTo(3);
        } finally {
            LibtorchInfo.setThreads(before);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, 1025})
    void impossibleNumbersOfThreads(int threads) {
        assertThatThrownBy(() -> LibtorchInfo.setThreads(threads))
                .isInstanceOf(TorchException.class)
                .hasMessage("threads must be 1 to 1024, not " + threads);
    }
}
