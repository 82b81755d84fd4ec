package io.panatorch.cogvideox;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.CacheStatistics.SiteStatistics;
import io.panatorch.cache.SiteKind;
import io.panatorch.cache.pab.PyramidAttentionBroadcast;
import io.panatorch.cogvideox.input.InputImage;
import io.panatorch.cogvideox.input.InputVideo;
import io.panatorch.cogvideox.scheduler.SchedulerConfig.TimestepSpacing;
import io.panatorch.cogvideox.scheduler.SchedulerKind;
import io.panatorch.cogvideox.vae.Tiling;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import io.panatorch.testing.Elements;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whole generations against diffusers': latents of every step, final latents, frames, and PAB's decisions. */
abstract class PipelineGoldens extends Generations {

    PipelineGoldens(Device device) {
        super(device);
    }

    @ParameterizedTest
    @CsvSource({
        "t2v-2b, none", "t2v-2b, pab_s2_100_800", "t2v-2b, pab_s3_50_950", "t2v-2b, pab_s2_0_1000", "t2v-2b, pab_s2_99_899",
        "batch2, pab_s2_100_850", "no-guidance-5-frames, pab_s2_0_1000", "no-guidance-1-frame, none",
        "13-frames, pab_s3_100_800", "other-configuration, none", "other-configuration, pab_s3_100_800",
        "other-configuration, pab_s3_1_902",
        "t2v-5b, none", "t2v-5b, pab_s2_100_800", "t2v-5b, gs1", "t2v-5b, gs1_pab_s2_100_800", "t2v-5b, generator_list",
        "t2v-1.5, none", "t2v-1.5, pab_s2_100_800", "t2v-1.5, dpm_none", "t2v-1.5, dpm_pab_s3_100_900",
        "i2v-5b, none", "i2v-5b, pab_s2_100_800", "i2v-1.5, none", "i2v-1.5, pab_s2_100_850",
        "v2v, none", "v2v, pab_s2_100_800", "control, none", "control, pab_s2_100_850",
        "t2v-5b-ddim, none", "t2v-several-videos, none", "i2v-two-images, none", "i2v-several-videos, none", "i2v-1.5-dynamic, none",
        "v2v-13-frames, none", "v2v-tiled, none", "control-13-frames, none"
    })
    void isWhatDiffusersGives(String name, String run) throws IOException {
        List<Integer> checkedSteps = new ArrayList<>();
        try (Golden golden = Golden.open(name);
                var pipeline = CogVideoXPipeline.load(golden.pipeline(), DType.FLOAT32, device);
                var _ = TensorScope.open(); // for the golden's tensors
                VideoResult result = pipeline.generate(request(golden, run)
                        .onStep(event -> checkStep(golden, run, event, checkedSteps))
                        .build())) {
            golden.assertClose(result.latents(), run + "/final_latents", Golden.LATENTS);
            if (golden.has(run + "/frames")) {
                golden.assertClose(result.frames(), run + "/frames", Golden.FRAMES);
            }
            assertThat(result.timesteps()).isEqualTo(timesteps(golden.run(run)));
            assertThat(checkedSteps).hasSize(golden.has(run + "/step_latents") ? result.timesteps().size() : 0);
            if (golden.has(run + "/attn_computed")) {
                checkDecisions(golden, run + "/attn_computed", result);
            } else {
                assertThat(result.cache().reused() == 0).isEqualTo(golden.run(run).path("pab").isNull());
            }
        }
    }

    /** With DDIM nothing is drawn after the first latents. */
    @ParameterizedTest
    @CsvSource({"t2v-2b, none", "batch2, pab_s2_100_850", "t2v-1.5, pab_s2_100_800", "other-configuration, none"})
    void goesOnFromGivenLatents(String name, String run) throws IOException {
        try (Golden golden = Golden.open(name);
                var pipeline = CogVideoXPipeline.load(golden.pipeline(), DType.FLOAT32, device);
                var _ = TensorScope.open();
                VideoResult result = pipeline.generate(request(golden, run)
                        .seed(0)
                        .latents(golden.tensor("initial_latents"))
                        .latentsOnly()
                        .build())) {
            golden.assertClose(result.latents(), run + "/final_latents", Golden.LATENTS);
        }
    }

    /** Embeddings that were made before, and those of diffusers. */
    @ParameterizedTest
    @CsvSource({"t2v-5b, none", "t2v-1.5, pab_s2_100_800"})
    void goesOnFromGivenEmbeddings(String name, String run) throws IOException {
        try (Golden golden = Golden.open(name);
                var pipeline = CogVideoXPipeline.load(golden.pipeline(), DType.FLOAT32, device);
                var _ = TensorScope.open()) {
            String[] prompts = texts(golden.json().get("prompt"));
            Tensor encoded = pipeline.encodePrompts(List.of(prompts), golden.json().get("max_sequence_length").asInt());
            golden.assertClose(encoded, "module/prompt_embeds", Golden.MODULE);
            for (Tensor embeds : List.of(encoded, golden.tensor("module/prompt_embeds"))) {
                VideoRequest.Builder request = settings(golden, run, VideoRequest.builder(embeds))
                        .negativePromptEmbeds(golden.tensor("module/negative_prompt_embeds"));
                try (VideoResult result = pipeline.generate(request.latentsOnly().build())) {
                    golden.assertClose(result.latents(), run + "/final_latents", Golden.LATENTS);
                }
            }
        }
    }

    /** Of numbers of frames that the model does not make, and of videos with such numbers, diffusers makes others, and says nothing. */
    private static int madeFrames(int asked) {
        int latentFrames = (asked - 1) / 4 + 1;
        return latentFrames % 2 == 0 ? 4 * latentFrames : 4 * latentFrames - 3;
    }

    /** What the golden's run was asked for. */
    static VideoRequest.Builder request(Golden golden, String run) throws IOException {
        JsonNode call = call(golden, run);
        return settings(golden, run, VideoRequest.builder(texts(call.get("prompt"))).negativePrompts(texts(call.get("negative_prompt"))));
    }

    private static JsonNode call(Golden golden, String run) {
        JsonNode own = golden.run(run).path("call");
        return own.isObject() ? own : golden.json().has("call") ? golden.json().get("call") : golden.json();
    }

    private static VideoRequest.Builder settings(Golden golden, String run, VideoRequest.Builder request) throws IOException {
        JsonNode call = call(golden, run);
        JsonNode seed = golden.run(run).has("generator_seed") ? golden.run(run).get("generator_seed") : golden.json().get("seed");
        request.seeds(seed.isArray() ? seed.valueStream().mapToLong(JsonNode::asLong).toArray() : new long[] {seed.asLong()})
                .steps(call.get("num_inference_steps").asInt())
                .guidanceScale(call.get("guidance_scale").asDouble())
                .height(call.get("height").asInt())
                .width(call.get("width").asInt())
                .cache(cache(golden.run(run).path("pab")));
        if (call.path("num_frames").isInt()) {
            request.frames(madeFrames(call.get("num_frames").asInt()));
        }
        if (call.has("max_sequence_length")) {
            request.maxSequenceLength(call.get("max_sequence_length").asInt());
        }
        if (call.path("use_dynamic_cfg").asBoolean()) {
            request.dynamicCfg();
        }
        String scheduler = golden.run(run).path("scheduler").asText();
        Stream.of(SchedulerKind.values()).filter(kind -> scheduler.startsWith(kind.className())).forEach(request::scheduler);
        if (golden.run(run).has("timestep_spacing")) {
            request.timestepSpacing(TimestepSpacing.valueOf(golden.run(run).get("timestep_spacing").asText().toUpperCase(Locale.ROOT)));
        }
        if (call.has("num_videos_per_prompt")) {
            request.videosPerPrompt(call.get("num_videos_per_prompt").asInt());
        }
        JsonNode tiling = call.path("vae_tiling");
        if (tiling.isArray()) {
            request.vaeSlicing().vaeTiling(new Tiling(tiling.get(0).asInt(), tiling.get(1).asInt(), tiling.get(2).asDouble(),
                    tiling.get(3).asDouble()));
        }
        if (call.has("strength")) {
            request.strength(call.get("strength").asDouble());
        }
        addSource(golden, request);
        return request;
    }

    private static void addSource(Golden golden, VideoRequest.Builder request) throws IOException {
        if (golden.has("input/image")) {
            request.image(InputImage.of(golden.tensor("input/image").squeeze(0)));
        }
        if (golden.has("input/image_u8")) {
            request.image(pictures(golden.tensor("input/image_u8")).toArray(InputImage[]::new));
        }
        if (golden.has("input/video_u8")) {
            request.video(InputVideo.of(pictures(golden.tensor("input/video_u8"))));
        }
        if (golden.has("input/control_video_u8")) {
            request.controlVideo(InputVideo.of(pictures(golden.tensor("input/control_video_u8"))));
        }
        if (golden.has("input/video")) {
            request.video(InputVideo.of(golden.tensor("input/video").squeeze(0)));
        }
        if (golden.has("input/control_video")) {
            request.controlVideo(InputVideo.of(golden.tensor("input/control_video").squeeze(0)));
        }
    }

    /** Of bytes {@code [pictures, height, width, 3]}, or of one picture without the first dimension. */
    private static List<InputImage> pictures(Tensor bytes) {
        Tensor all = bytes.shape().dim() == 3 ? bytes.unsqueeze(0) : bytes;
        List<InputImage> pictures = new ArrayList<>();
        for (int i = 0; i < all.size(0); i++) {
            pictures.add(InputImage.of((int) all.size(2), (int) all.size(1), all.narrow(0, i, 1).contiguous().toByteArray()));
        }
        return pictures;
    }

    private static String[] texts(JsonNode node) {
        return node.isArray()
                ? StreamSupport.stream(node.spliterator(), false).map(JsonNode::asText).toArray(String[]::new)
                : new String[] {node.asText()};
    }

    private static List<Integer> timesteps(JsonNode run) {
        return StreamSupport.stream(run.get("timesteps").spliterator(), false).map(JsonNode::asInt).toList();
    }

    private static CacheMethod cache(JsonNode pab) {
        if (pab.isNull() || pab.isMissingNode()) {
            return CacheMethod.none();
        }
        JsonNode window = pab.get("spatial_attention_timestep_skip_range");
        return PyramidAttentionBroadcast.builder()
                .spatialAttentionBlockSkipRange(pab.get("spatial_attention_block_skip_range").asInt())
                .spatialAttentionTimestepSkipRange(window.get(0).asInt(), window.get(1).asInt())
                .build();
    }

    /** Where the golden has the latents of every step. */
    static void checkStep(Golden golden, String run, StepEvent event, List<Integer> checked) {
        String name = run + "/step_latents";
        if (!golden.has(name)) {
            return;
        }
        try (var _ = TensorScope.open()) {
            Tensor expected = golden.tensor(name).narrow(0, event.index(), 1).squeeze(0);
            Elements.assertClose("latents after step " + event.index(), event.latents().toFloatArray(), expected.toFloatArray(),
                    Golden.LATENTS);
            checked.add(event.index());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** The golden has a row for each step and a column for each site; the denoiser itself has one of its own. */
    static void checkDecisions(Golden golden, String matrix, VideoResult result) throws IOException {
        List<SiteStatistics> sites = result.cache().sites().stream()
                .filter(site -> (site.site().kind() == SiteKind.DENOISER) == matrix.endsWith("/proj_out_computed"))
                .toList();
        long[] computed = golden.tensor(matrix).toLongArray();
        assertThat(computed).as(matrix).hasSize(result.timesteps().size() * sites.size());
        for (int layer = 0; layer < sites.size(); layer++) {
            StringBuilder expected = new StringBuilder();
            for (int step = 0; step < result.timesteps().size(); step++) {
                expected.append(computed[step * sites.size() + layer] == 1 ? 'C' : 'R');
            }
            assertThat(sites.get(layer).decisions()).as("layer %d", layer).isEqualTo(expected.toString());
        }
    }
}
