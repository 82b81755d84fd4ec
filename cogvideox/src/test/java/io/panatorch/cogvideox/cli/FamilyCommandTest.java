package io.panatorch.cogvideox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.cogvideox.Golden;
import io.panatorch.safetensors.Safetensors;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import io.panatorch.testing.Elements;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code generate} with each kind of model gives what diffusers gives for the same call. */
@Tag("cpu")
class FamilyCommandTest {

    @TempDir
    private Path folder;

    @Test
    void textToVideoWithDpmAndDynamicGuidance() throws IOException {
        isWhatDiffusersGives("t2v-5b", "none", "--prompt", "An astronaut rides a horse on the moon, slow motion.", "--prompt",
                "rain over a city street at night", "--negative-prompt", "blurry, low quality", "--negative-prompt", "bright",
                "--seed", "7", "--steps", "8", "--dynamic-cfg", "--width", "24", "--height", "16", "--frames", "16", "--cache", "none");
    }

    @Test
    void version15WithAnotherScheduler() throws IOException {
        isWhatDiffusersGives("t2v-1.5", "dpm_pab_s3_100_900", "--prompt", "Waves at the beach at sunset", "--negative-prompt",
                "low quality", "--seed", "11", "--steps", "10", "--guidance-scale", "5", "--scheduler", "dpm", "--width", "32",
                "--height", "24", "--frames", "9", "--pab-spatial-skip", "3", "--pab-spatial-range", "100,900");
    }

    @Test
    void imageToVideo() throws IOException {
        String image = save("i2v-5b", "input/image", "image");
        isWhatDiffusersGives("i2v-5b", "pab_s2_100_800", "--prompt", "The horse runs across the river", "--negative-prompt",
                "watermark", "--image", image, "--seed", "123", "--steps", "8", "--dynamic-cfg", "--width", "48", "--height", "32",
                "--frames", "9", "--pab-spatial-range", "100,800");
    }

    /** All of the settings but the seed and the steps are the model's own. */
    @Test
    void videoToVideo() throws IOException {
        String video = save("v2v", "input/video", "video");
        isWhatDiffusersGives("v2v", "none", "--prompt", "A robot dog in the city", "--negative-prompt", "blurry", "--video", video,
                "--strength", "0.8", "--seed", "99", "--steps", "10", "--width", "48", "--height", "32", "--cache", "none");
    }

    @Test
    void controlToVideo() throws IOException {
        String video = save("control", "input/control_video", "video");
        isWhatDiffusersGives("control", "pab_s2_100_850", "--prompt", "A robot dog in the city", "--negative-prompt", "blurry",
                "--control-video", video, "--seed", "77", "--steps", "8", "--width", "48", "--height", "32");
    }

    @Test
    void severalVideosOfAPromptAreNumbered() {
        Run run = Run.of(Run.tiny("--prompt", "a", "--num-videos", "2", "--frames", "1", "--output", folder.resolve("v.gif").toString()));

        assertThat(run.status()).as(run.err()).isZero();
        assertThat(folder.resolve("v-1.gif")).exists();
        assertThat(folder.resolve("v-2.gif")).exists();
    }

    private String save(String name, String tensor, String as) throws IOException {
        Path file = folder.resolve(as + ".safetensors");
        try (Golden golden = Golden.open(name); var _ = TensorScope.open()) {
            Safetensors.save(file, Map.of(as, golden.tensor(tensor).squeeze(0)), Map.of());
        }
        return file.toString();
    }

    private void isWhatDiffusersGives(String name, String goldenRun, String... options) throws IOException {
        List<String> arguments = new ArrayList<>(List.of("generate", "--quiet", "--model",
                Golden.folder(name).resolve("pipeline").toString()));
        Collections.addAll(arguments, options);
        Path latents = folder.resolve("latents.safetensors");
        Collections.addAll(arguments, "--output-latents", latents.toString());
        Run run = Run.of(arguments.toArray(String[]::new));
        assertThat(run.status()).as(run.err()).isZero();
        try (Golden golden = Golden.open(name); Safetensors written = Safetensors.open(latents); var _ = TensorScope.open()) {
            Tensor expected = golden.tensor(goldenRun + "/final_latents");
            Elements.assertClose("latents", written.load("latents").toFloatArray(), expected.toFloatArray(), Golden.LATENTS);
        }
    }
}
