package io.panatorch.cogvideox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.panatorch.cogvideox.input.InputImage;
import io.panatorch.cogvideox.input.InputVideo;
import io.panatorch.cogvideox.vae.Tiling;
import io.panatorch.parallel.Ranks;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.Shape;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.io.IOException;
import java.util.Collections;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Requests against what their models are; no weight is read. */
@Tag("cpu")
class GenerationPlanTest {

    private static final String LATENTS =
            "latents: expected floating-point numbers of shape [2, 3, 4, 6, 6] [batch, frames, channels, height, width] for this request, found ";

    private static ModelDescription model(String golden) {
        try {
            return ModelDescription.read(Golden.folder(golden).resolve("pipeline"));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static InputVideo video(int frames) {
        return InputVideo.of(Collections.nCopies(frames, image()));
    }

    private static InputImage image() {
        return InputImage.of(2, 2, new byte[12]);
    }

    private static void refused(ThrowingCallable call, String message) {
        assertThatIllegalArgumentException().isThrownBy(call).withMessage(message);
    }

    /** As many latents as diffusers encodes them to. */
    @ParameterizedTest
    @CsvSource({"1, 1, 1", "2, 1, 1", "4, 1, 1", "5, 8, 2", "7, 8, 2", "8, 8, 2", "9, 9, 3", "12, 9, 3", "13, 16, 4", "16, 16, 4", "17, 17, 5"})
    void aVideoOfAnyLengthCanBeChanged(int given, int made, int latents) {
        VideoRequest request = VideoRequest.builder("a").video(video(given)).frames(made).build();
        GenerationPlan plan = GenerationPlan.of(model("v2v"), request, Ranks.alone());

        assertThat(plan.latentShape()).isEqualTo(Shape.of(1, latents, 4, 6, 6));
    }

    @Test
    void framesThatAVideoDoesNotGive() {
        ModelDescription model = model("v2v");
        VideoRequest.Builder seven = VideoRequest.builder("a").video(video(7));
        refused(() -> model.check(seven.build()), "frames: expected a number that the model makes, found a video of 7: ask for 8, or for its first 1");
        refused(() -> model.check(seven.frames(9).build()), "frames: expected 8, made of a video of 7, found 9");
        refused(() -> model.check(VideoRequest.builder("a").video(video(9)).frames(1).build()),
                "frames: expected 9, made of a video of 9, found 1");
    }

    @Test
    void sourcesOfOtherModels() {
        refused(() -> model("v2v").check(VideoRequest.builder("a").image(image()).build()),
                "image: expected none, since this is a text-to-video model, found one");
        refused(() -> model("i2v-1.5").check(VideoRequest.builder("a").build()),
                "image: expected one, since this is an image-to-video model, found none");
        refused(() -> model("control").check(VideoRequest.builder("a").video(video(9)).build()),
                "video: expected a control video in its place, since this is a control model, found one");
        refused(() -> VideoRequest.builder("a").image(image()).video(video(9)),
                "video: expected one of image, video and control video, found two");
        refused(() -> VideoRequest.builder("a").image(), "image: expected 1 or as many as prompts (1), found 0");
        refused(() -> VideoRequest.builder("a", "b").video(video(9), video(8)),
                "video: expected videos of the same number of frames, found [9, 8]");
    }

    @Test
    void latentsOfAnotherShapeOrType() {
        ModelDescription model = model("v2v");
        VideoRequest.Builder request = VideoRequest.builder("a").videosPerPrompt(2).strength(0.5);
        try (var _ = TensorScope.open()) {
            model.check(request.latents(Tensor.of(new float[864], 2, 3, 4, 6, 6)).build());
            refused(() -> model.check(request.latents(Tensor.of(new float[432], 1, 3, 4, 6, 6)).build()),
                    LATENTS + "[1, 3, 4, 6, 6] float32 cpu");
            refused(() -> model.check(request.latents(Tensor.of(new long[864], 2, 3, 4, 6, 6)).build()),
                    LATENTS + "[2, 3, 4, 6, 6] int64 cpu");
        }
        refused(() -> model.check(request.build()),
                "latents: expected a tensor that is open until the generation begins, found a closed one");
    }

    @Test
    void embeddingsOfAnotherShapeOrType() {
        try (var _ = TensorScope.open()) {
            Tensor narrow = Tensor.zeros(Shape.of(1, 20, 3), DType.FLOAT32, Device.CPU);
            int channels = model("v2v").transformer().textEmbedDim();
            Tensor whole = Tensor.zeros(Shape.of(1, 20, channels), DType.INT64, Device.CPU);
            Tensor shorter = Tensor.zeros(Shape.of(1, 9, channels), DType.FLOAT32, Device.CPU);
            refused(() -> model("v2v").check(VideoRequest.builder(narrow).build()), embeds(channels) + "[1, 20, 3] float32 cpu");
            refused(() -> model("v2v").check(VideoRequest.builder(whole).build()), embeds(channels) + "[1, 20, " + channels + "] int64 cpu");
            model("v2v").check(VideoRequest.builder(shorter).build());
            refused(() -> model("v2v").check(VideoRequest.builder(shorter).maxSequenceLength(8).build()),
                    "max sequence length: expected that of the given embeddings, 9, found 8");
            refused(() -> model("i2v-5b").check(VideoRequest.builder(shorter).image(image()).build()),
                    "promptEmbeds: expected 20 tokens, since this model adds positions to its text, found 9");
            refused(() -> VideoRequest.builder(shorter).negativePromptEmbeds(narrow).build(),
                    "negativePromptEmbeds: expected the shape of the prompts' embeddings, " + shorter.shape() + ", found " + narrow.shape());
        }
    }

    private static String embeds(int channels) {
        return "promptEmbeds: expected floating-point numbers of shape [1, 20, " + channels + "] [prompts, tokens, channels] for this request, found ";
    }

    @Test
    void settingsThatContradictEachOther() {
        refused(() -> VideoRequest.builder("a").steps(2).timesteps(9, 5).build(),
                "timesteps: expected either timesteps or a number of steps, found both");
        refused(() -> VideoRequest.builder("a", "b").videosPerPrompt(2).seeds(1, 2).build(),
                "seeds: expected 1 or as many as videos (4), found 2");
        refused(() -> VideoRequest.builder("a", "b").videosPerPrompt(Integer.MAX_VALUE).build(),
                "videos per prompt: expected at most 1073741823 of 2 prompts, found 2147483647");
        refused(() -> model("v2v").check(VideoRequest.builder("a").vaeTiling(new Tiling(30, 32, 0, 0)).build()),
                "tiling: tileSampleMinHeight: expected a multiple of 8, the pixels of a latent, found 30; 32 would do");
    }
}
