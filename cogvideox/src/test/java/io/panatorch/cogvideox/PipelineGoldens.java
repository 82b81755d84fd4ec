package io.panatorch.cogvideox;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.CacheStatistics.SiteStatistics;
import io.panatorch.cache.SiteKind;
import io.panatorch.cache.pab.PyramidAttentionBroadcast;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import io.panatorch.testing.Elements;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
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
        "other-configuration, pab_s3_1_902"
    })
    void isWhatDiffusersGives(String name, String run) throws IOException {
        List<Integer> checkedSteps = new ArrayList<>();
        try (Golden golden = Golden.open(name);
                var pipeline = CogVideoXPipeline.load(golden.pipeline(), DType.FLOAT32, device);
                var _ = TensorScope.open(); // for the golden's tensors
                VideoResult fromSeed = pipeline.generate(request(golden.json())
                        .cache(cache(golden.run(run).get("pab")))
                        .onStep(event -> checkStep(golden, run, event, checkedSteps))
                        .build());
                VideoResult fromLatents = pipeline.generate(request(golden.json())
                        .seed(0)
                        .latents(golden.tensor("initial_latents"))
                        .cache(cache(golden.run(run).get("pab")))
                        .build())) {
            golden.assertClose(fromSeed.latents(), run + "/final_latents", Golden.LATENTS);
            golden.assertClose(fromSeed.frames(), run + "/frames", Golden.FRAMES);
            assertThat(fromSeed.timesteps()).isEqualTo(timesteps(golden.run(run)));
            assertThat(checkedSteps).hasSize(golden.has(run + "/step_latents") ? fromSeed.timesteps().size() : 0);
            if (golden.has(run + "/attn_computed")) {
                checkDecisions(golden, run + "/attn_computed", fromSeed);
            } else {
                assertThat(fromSeed.cache().reused()).isZero();
            }
            golden.assertClose(fromLatents.latents(), run + "/final_latents", Golden.LATENTS);
        }
    }

    /** Of numbers of frames that the model does not make, diffusers makes others, and says nothing. */
    private static int madeFrames(int asked) {
        int latentFrames = (asked - 1) / 4 + 1;
        return latentFrames % 2 == 0 ? 4 * latentFrames : 4 * latentFrames - 3;
    }

    static VideoRequest.Builder request(JsonNode json) {
        return VideoRequest.builder(texts(json.get("prompt")))
                .negativePrompts(texts(json.get("negative_prompt")))
                .seed(json.get("seed").asLong())
                .steps(json.get("num_inference_steps").asInt())
                .guidanceScale(json.get("guidance_scale").asDouble())
                .height(json.get("height").asInt())
                .width(json.get("width").asInt())
                .frames(madeFrames(json.get("num_frames").asInt()));
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
        if (pab.isNull()) {
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
