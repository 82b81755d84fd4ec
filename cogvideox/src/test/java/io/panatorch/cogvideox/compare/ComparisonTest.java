package io.panatorch.cogvideox.compare;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.CachePolicy;
import io.panatorch.cache.CacheRun;
import io.panatorch.cache.SiteKind;
import io.panatorch.cogvideox.CogVideoXPipeline;
import io.panatorch.cogvideox.Golden;
import io.panatorch.cogvideox.StepEvent;
import io.panatorch.cogvideox.VideoRequest;
import io.panatorch.cogvideox.video.Frames;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.testing.Logged;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** With a tiny model of random weights. */
@Tag("cpu")
class ComparisonTest {

    private final List<String> order = new ArrayList<>();
    private List<Standing> standings;

    /** Scales what the blocks compute, by 1, 2, 3, … in one generation after the other, or by 1. */
    private static final class Scaling implements CacheMethod {

        private final boolean changing;
        private int generations;

        Scaling(boolean changing) {
            this.changing = changing;
        }

        @Override
        public String name() {
            return "scaling";
        }

        @Override
        public Set<SiteKind> kinds() {
            return Set.of(SiteKind.BLOCK);
        }

        @Override
        public CachePolicy policy(CacheRun run) {
            int factor = changing ? ++generations : 1;
            return call -> call.compute().stream().map(output -> output.mul(factor)).toList();
        }
    }

    private List<String> compare(int repeats, boolean changing) throws IOException {
        Comparison.Listener listener = new Comparison.Listener() {
            @Override
            public void step(int run, String setting, StepEvent step) {
                if (step.index() == 0) {
                    order.add(run + " " + setting);
                }
            }

            @Override
            public void prompt(int prompt, Map<String, Frames> videos, List<Trial> trials) {
                order.add("prompt " + prompt + ": " + videos.keySet());
            }
        };
        List<Setting> settings = List.of(new Setting("a", "", new Scaling(changing)), new Setting("b", "", new Scaling(false)));
        List<VideoRequest.Builder> requests = List.of(request("one"), request("two"));
        try (Logged logged = new Logged(Comparison.class);
                CogVideoXPipeline pipeline = CogVideoXPipeline.load(
                        Golden.folder("t2v-2b").resolve("pipeline"), DType.FLOAT32, Device.CPU)) {
            standings = new Comparison(pipeline, listener).run(requests, settings, repeats);
            return logged.messages();
        }
    }

    private static VideoRequest.Builder request(String prompt) {
        return VideoRequest.builder(prompt).steps(2).frames(1).height(32).width(32);
    }

    @Test
    void allSettingsTakeTheirTurnEachTime() throws IOException {
        assertThat(compare(2, false)).isEmpty();
        assertThat(order).containsExactly("0 none", "1 a", "2 b", "3 none", "4 a", "5 b", "prompt 0: [none, a, b]",
                "6 none", "7 a", "8 b", "9 none", "10 a", "11 b", "prompt 1: [none, a, b]");
        assertThat(standings).hasSize(3).allSatisfy(standing -> assertThat(standing.trials()).hasSize(2).allSatisfy(
                trial -> assertThat(trial.seconds()).hasSize(2).doesNotHaveDuplicates()));
        assertThat(standings.getFirst().speedUp(standings.getFirst()).pairs()).isEqualTo(4);
    }

    /** For each of two prompts: by 1 and by 2, by 3 and by 4. */
    @Test
    void aVideoThatComesOutOtherwiseIsToldAndTheFirstOneCounts() throws IOException {
        assertThat(compare(2, true)).hasSize(2).containsOnly(
                "WARNING: setting a: the same request gave another video when it was made again; PSNR and SSIM are of the first");
        assertThat(standings.get(1).trials().getFirst().quality().psnr()).isEqualTo(Double.POSITIVE_INFINITY);
    }
}
