package io.panatorch.cogvideox;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.panatorch.cogvideox.t5.T5Config;
import io.panatorch.testing.FuzzInputs;
import io.panatorch.testing.ReaderCheck;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Any content of each configuration of a model whose others are sound. */
@Tag("pure")
class ModelConfigFuzzTest {

    private static final Path SOUND = Path.of("src/main/resources/io/panatorch/cogvideox/demo");
    private static final VideoRequest REQUEST = VideoRequest.builder("a").build();
    private static final int BYTES_PER_BYTE = 400;
    private static final String INDEX = "model_index.json";
    private static final String SCHEDULER = "scheduler/scheduler_config.json";
    private static final String TEXT_ENCODER = "text_encoder/config.json";
    private static final String TRANSFORMER = "transformer/config.json";
    private static final String VAE = "vae/config.json";

    @TempDir
    private Path folder;

    private ReaderCheck check;

    @BeforeEach
    void makeModel() throws IOException {
        for (String name : new String[] {INDEX, SCHEDULER, TEXT_ENCODER, TRANSFORMER, VAE}) {
            Files.createDirectories(folder.resolve(name).getParent());
            Files.copy(SOUND.resolve(name), folder.resolve(name), StandardCopyOption.REPLACE_EXISTING);
        }
        check = new ReaderCheck(folder, size -> BYTES_PER_BYTE * size);
    }

    /** What a model that is accepted says of itself makes sense, and says at once whether a request fits. */
    private void read(String name, byte[] content) throws IOException {
        check.accept(name, content, _ -> {
            ModelDescription model = ModelDescription.read(folder);
            assertThat(List.of(model.sizes().height(), model.sizes().width(), model.sizes().frames(), model.transformer().innerDim()))
                    .allMatch(size -> size > 0);
            try {
                model.check(REQUEST);
            } catch (IllegalArgumentException e) {
                assertThat(e).hasNoCause();
            }
        });
    }

    @FuzzTest
    void index(byte[] content) throws IOException {
        read(INDEX, content);
    }

    @FuzzTest
    void scheduler(byte[] content) throws IOException {
        read(SCHEDULER, content);
    }

    @FuzzTest
    void textEncoder(byte[] content) throws IOException {
        check.accept(TEXT_ENCODER, content, T5Config::read);
    }

    @FuzzTest
    void transformer(byte[] content) throws IOException {
        read(TRANSFORMER, content);
    }

    @FuzzTest
    void vae(byte[] content) throws IOException {
        read(VAE, content);
    }

    @Test
    void inputs() throws Exception {
        FuzzInputs.replay(getClass(), "index", this::index);
        makeModel();
        FuzzInputs.replay(getClass(), "scheduler", this::scheduler);
        makeModel();
        FuzzInputs.replay(getClass(), "textEncoder", this::textEncoder);
        FuzzInputs.replay(getClass(), "transformer", this::transformer);
        makeModel();
        FuzzInputs.replay(getClass(), "vae", this::vae);
    }
}
