package example;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.panatorch.cogvideox.CogVideoXPipeline;
import io.panatorch.cogvideox.DemoModel;
import io.panatorch.cogvideox.video.VideoWriter;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.testing.TensorTest;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The service as a client sees it. */
@TensorTest
@Timeout(120)
class VideoServiceTest {

    private static final JsonMapper JSON = new JsonMapper();
    private static final String ENDLESS = "/videos?steps=1000";

    @TempDir
    Path folder;

    private CogVideoXPipeline pipeline;
    private VideoService service;

    private record Answer(int status, byte[] body) {

        JsonNode json() throws IOException {
            return JSON.readTree(body);
        }

        String path() throws IOException {
            return "/videos/" + json().get("id").asText();
        }
    }

    @BeforeEach
    void open() throws IOException {
        String encoder = VideoWriter.encoders().get(".mp4");
        assumeTrue(!encoder.startsWith("none"), () -> "MP4 cannot be written here: " + encoder);
        pipeline = CogVideoXPipeline.load(DemoModel.folder(), DType.FLOAT32, Device.CPU);
        service = new VideoService(pipeline, folder, 0, 1);
    }

    @AfterEach
    void close() {
        if (service != null) {
            service.close();
            pipeline.close();
        }
    }

    private Answer call(String method, String path, String body) throws IOException {
        HttpURLConnection connection =
                (HttpURLConnection) URI.create("http://127.0.0.1:" + service.port() + path).toURL().openConnection();
        connection.setRequestMethod(method);
        if (body != null) {
            connection.setDoOutput(true);
            connection.getOutputStream().write(body.getBytes(StandardCharsets.UTF_8));
        }
        int status = connection.getResponseCode();
        try (InputStream in = status < 400 ? connection.getInputStream() : connection.getErrorStream()) {
            return new Answer(status, in.readAllBytes());
        }
    }

    @Test
    void makesAVideoAndTellsHowFarItIs() throws IOException {
        Answer created = call("POST", "/videos?steps=3", "a red circle on a blue background");
        assertThat(created.status).isEqualTo(202);
        assertThat(created.json().get("steps").asInt()).isEqualTo(3);

        List<String> events = new String(call("GET", created.path() + "/events", null).body, StandardCharsets.UTF_8).lines()
                .filter(line -> !line.isEmpty()).toList();
        assertThat(events).allMatch(line -> line.startsWith("data: {"));
        JsonNode last = JSON.readTree(events.getLast().substring("data: ".length()));
        assertThat(last.get("state").asText()).isEqualTo("success");
        assertThat(last.get("step").asInt()).isEqualTo(3);
        assertThat(call("GET", created.path(), null).json()).isEqualTo(last);

        byte[] video = call("GET", created.path() + "/video.mp4", null).body;
        assertThat(new String(video, 4, 4, StandardCharsets.US_ASCII)).isEqualTo("ftyp");
        assertThat(call("DELETE", created.path(), null).status).isEqualTo(200);
        assertThat(folder).isEmptyDirectory();
        assertThat(call("GET", created.path(), null).status).isEqualTo(404);
    }

    @Test
    void cancelsAndTakesTheNext() throws Exception {
        Answer first = call("POST", ENDLESS, "a red circle");
        awaitStep(first);
        Answer second = call("POST", "/videos?steps=1", "a blue square");
        assertThat(call("POST", ENDLESS, "a green star").status).as("one computes, one waits").isEqualTo(503);
        assertThat(call("GET", second.path() + "/video.mp4", null).status).isEqualTo(409);

        assertThat(call("DELETE", first.path(), null).json().get("state").asText()).isEqualTo("cancelled");
        call("GET", second.path() + "/events", null); // until it is done
        assertThat(call("GET", second.path(), null).json().get("state").asText()).isEqualTo("success");
    }

    @Test
    void refusesWhatIsNoRequest() throws IOException {
        assertThat(call("POST", "/videos", " ").json().get("error").asText()).isEqualTo("expected a prompt of 1 to 4096 bytes");
        assertThat(call("POST", "/videos?steps=0", "a").json().get("error").asText())
                .isEqualTo("steps: expected 1 or more, found 0");
        assertThat(call("POST", "/videos?steps=many", "a").status).isEqualTo(400);
        assertThat(call("GET", "/videos/none", null).status).isEqualTo(404);

        Answer tooMany = call("POST", "/videos?steps=1001", "a"); // the model's scheduler refuses it
        call("GET", tooMany.path() + "/events", null);
        assertThat(call("GET", tooMany.path(), null).json().get("error").asText()).startsWith("steps: expected 1 to 1000");
    }

    @Test
    void endsWhileAVideoIsMade() throws Exception {
        awaitStep(call("POST", ENDLESS, "a red circle"));
        call("POST", ENDLESS, "a blue square");
        service.close();
        assertThat(service.jobs.values()).hasSize(2).allMatch(job -> job.task().isCancelled());
        pipeline.close();
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void aVideoThatIsThereWhenItIsCancelledIsDeleted() {
        Path target = folder.resolve("a.mp4");
        List<FutureTask<Path>> itself = new ArrayList<>();
        itself.add(VideoService.task(target, () -> {
            Files.writeString(target, "video");
            itself.getFirst().cancel(false);
            return target;
        }));
        itself.getFirst().run();
        assertThat(itself.getFirst().isCancelled()).isTrue();
        assertThat(folder).isEmptyDirectory();
    }

    private void awaitStep(Answer created) throws Exception {
        while (call("GET", created.path(), null).json().get("step").asInt() == 0) {
            Thread.sleep(10);
        }
    }
}
