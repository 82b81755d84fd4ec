package io.panatorch.cogvideox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.cogvideox.Golden;
import io.panatorch.safetensors.Safetensors;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a model of the family cannot use is refused by its configuration alone: these folders have no weights. */
@Tag("cpu")
class BadSourceTest {

    @TempDir
    static Path folder;

    @BeforeAll
    static void makeFiles() throws IOException {
        for (String model : new String[] {"t2v-2b", "t2v-5b", "t2v-1.5", "i2v-5b", "v2v", "control"}) {
            copyWithoutWeights(Golden.folder(model).resolve("pipeline"), folder.resolve(model));
        }
        save("image", "image", 3, 8, 8);
        for (int frames : new int[] {7, 9, 13}) {
            save("video" + frames, "video", frames, 3, 8, 8);
        }
        save("noise", "latents", 1, 3, 4, 5, 6);
    }

    private static void copyWithoutWeights(Path source, Path target) throws IOException {
        try (Stream<Path> files = Files.walk(source)) {
            for (Path file : files.filter(file -> !file.toString().endsWith(".safetensors")).toList()) {
                Files.copy(file, target.resolve(source.relativize(file).toString()));
            }
        }
    }

    private static void save(String file, String tensor, long... shape) throws IOException {
        int count = (int) Arrays.stream(shape).reduce(1, Math::multiplyExact);
        try (var _ = TensorScope.open()) {
            Safetensors.save(folder.resolve(file), Map.of(tensor, Tensor.of(new float[count], shape)), Map.of());
        }
    }

    /** Words that begin with @ are files. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
        t2v-5b  | --image @image | --image: expected none, since this is a text-to-video model, found one
        t2v-5b  | --control-video @video9 | --control-video: expected none, since this is a text-to-video model, found one
        i2v-5b  | --steps 2 | --image: expected one, since this is an image-to-video model, found none
        i2v-5b  | --video @video9 | --video: expected an image in its place, since this is an image-to-video model, found one
        i2v-5b  | --image @image --image @image | --image: expected 1 or as many as prompts (1), found 2
        i2v-5b  | --image @image --strength 0.5 | --strength: expected together with a video to change, or latents in its place, \
        found alone
        i2v-5b  | --image @image --height 48 --width 32 | --height, --width: expected 32 × 48, the size that the model's learned \
        positions are for, found 48 × 32
        i2v-5b  | --image @image --max-sequence-length 9 | --max-sequence-length: expected 20 tokens, since this model adds positions to \
        its text, found 9
        control | --steps 2 | --control-video: expected one, since this is a control model, found none
        control | --image @image | --image: expected a control video in its place, since this is a control model, found one
        control | --control-video @video7 | --frames: expected a number that the model makes, found a video of 7: ask for 8, or for its first 1
        v2v     | --image @image --video @video9 | --video: expected one of image, video and control video, found two
        v2v     | --video @video9 --control-video @video9 | --control-video: expected one of image, video and control video, found two
        v2v     | --video @video7 | --frames: expected a number that the model makes, found a video of 7: ask for 8, or for its first 1
        v2v     | --video @video13 --frames 17 | --frames: expected 16, made of a video of 13, found 17
        v2v     | --video @video9 --frames 16 | --frames: expected 9, made of a video of 9, found 16
        v2v     | --video @video9 --strength 0 | --strength: expected a number above 0 and at most 1, found 0.0
        v2v     | --video @video9 --strength 2 | --strength: expected a number above 0 and at most 1, found 2.0
        v2v     | --video @video9 --strength NaN | --strength: expected a number above 0 and at most 1, found NaN
        v2v     | --video @video9 --strength 0.01 --steps 10 | --strength: expected 0.1 or more, which leaves one of 10 steps, \
        found 0.01
        v2v     | --video @video9 --latents @noise | --latents: expected either a video or latents to begin with, found both
        v2v     | --strength 0.5 | --strength: expected together with a video to change, or latents in its place, found alone
        v2v     | --latents @noise | --latents: expected floating-point numbers of shape [1, 3, 4, 6, 6] [batch, frames, channels, \
        height, width] for this request, found [1, 3, 4, 5, 6] float32 cpu
        t2v-1.5 | --video @video9 | --frames: expected a video whose latent frames make whole patches of 2, such as one of 8 frames, \
        found one of 9
        t2v-1.5 | --height 40 | --height, --width: expected at most 32 × 40, where the model's positions end, found 40 × 40
        t2v-2b  | --max-sequence-length 9 | --max-sequence-length: expected 18 tokens, since this model adds positions to its text, \
        found 9
        t2v-5b  | --max-sequence-length 0 | --max-sequence-length: expected 1 to 46340, found 0
        t2v-5b  | --max-sequence-length 46341 | --max-sequence-length: expected 1 to 46340, found 46341
        t2v-5b  | --eta 0.5 | --eta: expected 0 with CogVideoXDPMScheduler, whose noise is fixed by its timesteps, found 0.5; \
        CogVideoXDDIMScheduler has an eta
        t2v-5b  | --eta 1.5 | --eta: expected a number from 0 to 1, found 1.5
        t2v-5b  | --timesteps 5,9 | --timesteps: expected each below the one before, found 9 after 5
        t2v-5b  | --timesteps 5,5 | --timesteps: expected each below the one before, found 5 after 5
        t2v-5b  | --timesteps 1000,5 | --timesteps: expected 0 to 999 (below num_train_timesteps), found 1000
        t2v-5b  | --timesteps 5,-1 | --timesteps: expected 0 to 999 (below num_train_timesteps), found -1
        t2v-5b  | --timesteps 9,5 --steps 2 | --steps, --timesteps: expected one of them, found both
        t2v-5b  | --num-videos 0 | --num-videos: expected 1 to 1000, found 0
        t2v-5b  | --num-videos 2147483647 | --num-videos: expected 1 to 1000, found 2147483647
        """)
    void refused(String model, String options, String message) throws IOException {
        Path latents = folder.resolve("l.safetensors");
        String[] arguments = Stream.concat(
                Stream.of("generate", "--model", folder.resolve(model).toString(), "--prompt", "a", "--output-latents", latents.toString()),
                Stream.of(options.split(" ")).map(word -> word.startsWith("@") ? folder.resolve(word.substring(1)).toString() : word))
                .toArray(String[]::new);

        assertThat(Run.of(arguments)).isEqualTo(new Run(2, "", "panatorch: " + message + "\n"));
        assertThat(latents).doesNotExist();
    }
}
