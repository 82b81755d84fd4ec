package io.panatorch.cogvideox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.panatorch.cogvideox.cli.Diagnosis.State;
import io.panatorch.cogvideox.hub.HubSettings;
import io.panatorch.tensor.TorchException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** No request leaves the machine. */
@Tag("cpu")
class DiagnosisTest {

    @TempDir
    private Path folder;

    private static Diagnosis hub(String endpoint) throws InterruptedException {
        return Diagnosis.hub(HubSettings.of(Map.of("HF_ENDPOINT", endpoint)));
    }

    @ParameterizedTest
    @CsvSource({"200, RIGHT, answers", "401, RIGHT, answers", "503, NOTE, answers 503: try again later"})
    void theHubAnswers(int status, State state, String told) throws IOException, InterruptedException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(status, -1);
            exchange.close();
        });
        server.start();
        try {
            String endpoint = "http://127.0.0.1:" + server.getAddress().getPort();
            assertThat(hub(endpoint)).isEqualTo(new Diagnosis(state, "hub", endpoint + " " + told));
        } finally {
            server.stop(0);
        }
    }

    @Test
    void nobodyAnswers() throws InterruptedException {
        assertThat(hub("http://127.0.0.1:9").toString()).startsWith("note  hub           http://127.0.0.1:9 cannot be reached (ConnectException)")
                .contains("HF_HUB_OFFLINE=1");
        assertThat(Diagnosis.hub(HubSettings.of(Map.of("HF_HUB_OFFLINE", "1"))).text()).isEqualTo("not asked, since HF_HUB_OFFLINE is set");
    }

    @Test
    void theCacheOfModels() {
        Path cache = folder.resolve("not/there/yet");
        Diagnosis found = Diagnosis.modelCache(HubSettings.of(Map.of("HF_HUB_CACHE", cache.toString())));
        assertThat(found.text()).startsWith(cache + (found.state() == State.RIGHT ? ", " : " has "));
        assertThat(cache.getParent()).doesNotExist();
    }

    /** What the tests run on is right, as they run on it. */
    @Test
    void thisMachine() {
        for (Diagnosis.Check check : List.<Diagnosis.Check>of(Diagnosis::jdk, Diagnosis::nativeAccess, Diagnosis::glibc,
                Diagnosis::libtorch, Diagnosis::cudaLibraries)) {
            assertThat(Diagnosis.of(check)).extracting(Diagnosis::state).isEqualTo(State.RIGHT);
        }
        for (Diagnosis.Check check : List.<Diagnosis.Check>of(Diagnosis::cacheFolder, Diagnosis::cuda, Diagnosis::ffmpeg, Diagnosis::memory)) {
            assertThat(Diagnosis.of(check)).extracting(Diagnosis::state).isNotEqualTo(State.WRONG);
        }
    }

    @Test
    void whatFailsIsTold() {
        assertThat(Diagnosis.of(() -> {
            throw new IOException("no such folder");
        })).isEqualTo(new Diagnosis(State.WRONG, "settings", "no such folder"));
        assertThat(Diagnosis.of(() -> {
            throw new TorchException(TorchException.Kind.LOADING, "no libtorch");
        })).hasToString("WRONG libtorch      no libtorch");
    }
}
