package io.panatorch.cogvideox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.panatorch.cogvideox.Golden;
import io.panatorch.cogvideox.hub.FakeHub;
import io.panatorch.cogvideox.hub.FakeHub.Request;
import io.panatorch.testing.Elements;
import io.panatorch.safetensors.Safetensors;
import io.panatorch.tensor.TensorScope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The command with models of the hub, in processes of their own, since they are told by the environment where it is. */
@Tag("cpu")
@Timeout(120)
class HubCommandTest {

    private static final String WEIGHTS = "transformer/diffusion_pytorch_model.safetensors";
    private static final int TERMINATED = 128 + 15;

    @TempDir
    Path folder;

    private FakeHub server;
    private Map<String, String> variables;
    private int started;

    @BeforeEach
    void open() throws IOException {
        server = FakeHub.of(Golden.folder("t2v-2b").resolve("pipeline"));
        variables = new HashMap<>(server.variables(folder.resolve("cache")));
    }

    @AfterEach
    void close() {
        server.close();
    }

    /** A process, with what it writes in files. */
    private record Running(Process process, Path out, Path err) {

        Run end() throws IOException, InterruptedException {
            assertThat(process.waitFor(100, TimeUnit.SECONDS)).isTrue();
            return new Run(process.exitValue(), Files.readString(out), Files.readString(err));
        }
    }

    private Running start(List<String> before, String... arguments) throws IOException {
        List<String> line = new ArrayList<>(before);
        line.addAll(CommandProcess.line(List.of("-XX:TieredStopAtLevel=1", "-XX:-UsePerfData"), List.of(arguments)));
        Path out = folder.resolve("out" + ++started);
        Path err = folder.resolve("err" + started);
        ProcessBuilder builder = new ProcessBuilder(line).directory(folder.toFile()).redirectOutput(out.toFile())
                .redirectError(err.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("HF_") || name.startsWith("HUGGING") || name.contains("OFFLINE"));
        builder.environment().putAll(variables);
        return new Running(builder.start(), out, err);
    }

    private Run run(String... arguments) throws IOException, InterruptedException {
        return start(List.of(), arguments).end();
    }

    private Path snapshot() {
        return folder.resolve("cache/models--tiny--model/snapshots").resolve(server.main());
    }

    private Path incomplete() {
        return folder.resolve("cache/models--tiny--model/blobs/" + FakeHub.etag(WEIGHTS, server.content(WEIGHTS)) + ".incomplete");
    }

    private void isWhole() throws IOException {
        assertThat(snapshot().resolve(WEIGHTS)).hasBinaryContent(server.content(WEIGHTS));
        try (Stream<Path> all = Files.walk(folder.resolve("cache"))) {
            assertThat(all.filter(file -> file.toString().endsWith(".incomplete"))).isEmpty();
        }
    }

    @Test
    void aModelIsDownloadedListedAndUsed() throws Exception {
        Run none = run("models");
        assertThat(none).isEqualTo(new Run(0, "no models in " + folder.resolve("cache") + "\n", ""));
        Run download = run("download", FakeHub.MODEL);
        assertThat(download).isEqualTo(new Run(0, snapshot() + "\n", ""));
        assertThat(run("models").out().lines().toList()).satisfiesExactly(
                heading -> assertThat(heading).matches("model +revision +commit +size  state"),
                row -> assertThat(row).matches("tiny/model +main +" + server.main().substring(0, 7) + " +\\d+\\.\\d [KM]iB +complete"));

        server.taken();
        variables.put("HF_HUB_OFFLINE", "1");
        Run generate = run("generate", "--model", FakeHub.MODEL, "--prompt", "a", "--steps", "2", "--output-latents", "l.safetensors",
                "--stats", "s.json", "--quiet");
        assertThat(generate).isEqualTo(new Run(0, "", ""));
        assertThat(server.taken()).isEmpty();
        JsonNode stats = new JsonMapper().readTree(folder.resolve("s.json").toFile());
        String name = stats.findValue("model").get("name").asText();
        assertThat(name).isEqualTo(FakeHub.MODEL + "@" + server.main());

        Run again = run("generate", "--model", name, "--prompt", "a", "--steps", "2", "--output-latents", "again.safetensors", "--quiet");
        assertThat(again).isEqualTo(new Run(0, "", ""));
        Elements.assertSame("latents", latents("again.safetensors"), latents("l.safetensors"));
    }

    private float[] latents(String file) throws IOException {
        try (Safetensors tensors = Safetensors.open(folder.resolve(file)); var _ = TensorScope.open()) {
            return tensors.load("latents").toFloatArray();
        }
    }

    @Test
    void failuresAreALine() throws Exception {
        assertThat(run("download", "none/such")).isEqualTo(new Run(1, "", "panatorch: no model none/such at " + server.endpoint()
                + " (or it is private: set HF_TOKEN to a token of an account that may read it)\n"));
        assertThat(run("download", "such")).isEqualTo(new Run(2, "",
                "panatorch: model: expected ORG/NAME or ORG/NAME@REVISION, found \"such\"\n"));
        variables.put("HF_HUB_OFFLINE", "1");
        assertThat(run("generate", "--model", FakeHub.MODEL, "--prompt", "a", "--output-latents", "l.safetensors")).isEqualTo(new Run(1, "",
                "panatorch: tiny/model: is not in " + folder.resolve("cache") + ", or not all of it, and HF_HUB_OFFLINE forbids to download"
                        + " it; unset that, or run \"panatorch download tiny/model\" where there is a network; there is no folder tiny/model either\n"));
        assertThat(folder.resolve("l.safetensors")).doesNotExist();
        variables.put("HF_TOKEN", "with blanks");
        assertThat(run("models")).isEqualTo(new Run(2, "",
                "panatorch: HF_TOKEN: expected a token, letters and digits such as hf_..., found other characters\n"));
        Path local = Golden.folder("t2v-2b").resolve("pipeline");
        assertThat(run("info", "--model", local.toString()).status()).as("which has nothing to do with a folder").isZero();
    }

    /** Of two that begin at once each file comes once. */
    @Test
    void twoProcessesShareTheWork() throws Exception {
        server.trouble((request, exchange) -> {
            if (request.server().equals("storage")) {
                sleep(300); // so that they meet
            }
            return false;
        });
        Running first = start(List.of(), "download", FakeHub.MODEL);
        Running second = start(List.of(), "download", FakeHub.MODEL);
        assertThat(first.end()).isEqualTo(new Run(0, snapshot() + "\n", ""));
        assertThat(second.end()).isEqualTo(new Run(0, snapshot() + "\n", ""));
        assertThat(server.requests()).filteredOn(request -> request.server().equals("storage")).extracting(Request::file)
                .doesNotHaveDuplicates();
        isWhole();
    }

    private static void sleep(int millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** By a signal that it cannot see, and by one that asks it to end, as Ctrl-C does. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aProcessThatIsEndedLeavesWhatTheNextGoesOnWith(boolean killed) throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        server.trouble((request, exchange) -> {
            if (!request.file().equals("/" + WEIGHTS) || end.getCount() == 0) {
                return false;
            }
            FakeHub.sendPart(exchange, server.content(WEIGHTS), 20_000);
            try {
                end.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return true;
        });
        Running running = start(List.of(), "download", FakeHub.MODEL);
        while (!Files.exists(incomplete()) || Files.size(incomplete()) < 20_000) {
            assertThat(running.process.isAlive()).isTrue();
            Thread.sleep(5);
        }
        if (killed) {
            running.process.destroyForcibly();
        } else {
            running.process.destroy();
        }
        Run ended = running.end();
        assertThat(ended.err()).isEmpty();
        assertThat(ended.status()).isEqualTo(killed ? 128 + 9 : TERMINATED);
        end.countDown();
        assertThat(snapshot().resolve(WEIGHTS)).doesNotExist();
        server.taken();
        assertThat(run("download", FakeHub.MODEL)).isEqualTo(new Run(0, snapshot() + "\n", ""));
        assertThat(server.taken()).contains("storage GET /" + WEIGHTS + " bytes=20000-");
        isWhole();
    }

    /** The system refuses to let a file grow beyond a limit in blocks of 512 bytes, as it refuses it on a full disk. */
    @Test
    void aDiskThatIsFullKeepsWhatHasCome() throws Exception {
        Run run = start(List.of("sh", "-c", "ulimit -f 64 && exec \"$@\"", "sh"), "download", FakeHub.MODEL).end();
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).hasLineCount(1).contains(".incomplete: cannot be written: ").endsWith(
                "; what is there is kept: make room, or name another folder with HF_HUB_CACHE, and try again\n");
        assertThat(run("download", FakeHub.MODEL).status()).isZero();
        isWhole();
    }
}
