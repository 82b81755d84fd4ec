package io.panatorch.bindings;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.bindings.generated.Panatorch;
import java.util.List;
import java.util.Map;
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

    @Test
    void usesNoMoreThreadsThanTheProcessMayHave() {
        assertThat(Libtorch.threads(64, 2, Map.of())).isEqualTo(2);
        assertThat(Libtorch.threads(4, 8, Map.of())).as("one for each core is enough").isEqualTo(4);
        assertThat(Libtorch.threads(64, 2, Map.of("OMP_NUM_THREADS", ""))).isEqualTo(2);
        assertThat(Libtorch.threads(64, 2, Map.of("OMP_NUM_THREADS", "many"))).isEqualTo(2);
        assertThat(Libtorch.threads(3, 2, Map.of("OMP_NUM_THREADS", "3"))).isEqualTo(3);
        assertThat(Libtorch.threads(3, 2, Map.of("MKL_NUM_THREADS", "3,2"))).isEqualTo(3);
    }

    private static String threads(String option, Map<String, String> environment) {
        List<String> command = ChildJvm.command(ChildJvm.options(option), LoadMain.class);
        return ChildJvm.start(command, environment).await().out().lines()
                .filter(line -> line.startsWith("threads "))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void theUsersNumberWins() {
        assertThat(threads("-XX:ActiveProcessorCount=1", Map.of("OMP_NUM_THREADS", ""))).isEqualTo("threads 1");
        assertThat(threads("-XX:ActiveProcessorCount=1", Map.of("OMP_NUM_THREADS", "3"))).isEqualTo("threads 3");
    }
}
