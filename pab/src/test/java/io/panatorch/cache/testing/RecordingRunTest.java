package io.panatorch.cache.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.CachePolicy;
import io.panatorch.cache.CacheRun;
import io.panatorch.cache.Site;
import io.panatorch.cache.SiteCall;
import io.panatorch.cache.SiteKind;
import io.panatorch.cache.testing.RecordingRun.Action;
import io.panatorch.cache.testing.RecordingRun.Event;
import io.panatorch.tensor.Tensor;
import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("pure")
class RecordingRunTest {

    private static final Site FIRST = new Site(SiteKind.BLOCK, 0, "blocks.0");
    private static final Site SECOND = new Site(SiteKind.BLOCK, 1, "blocks.1");
    private static final Site OTHER = new Site(SiteKind.CROSS_ATTENTION, 0, "blocks.0.attn2");
    private static final CacheRun RUN = new CacheRun(List.of(FIRST, OTHER, SECOND), new int[] {900, 500, 100});

    private record Blocks(CachePolicy policy) implements CacheMethod {

        @Override
        public String name() {
            return "blocks";
        }

        @Override
        public Set<SiteKind> kinds() {
            return Set.of(SiteKind.BLOCK);
        }

        @Override
        public CachePolicy policy(CacheRun run) {
            return policy;
        }
    }

    private static RecordingRun recorded(CachePolicy policy) {
        return new RecordingRun(new Blocks(policy), RUN);
    }

    /** The first block leaves its output to the second, which computes on it, and in the last step answers with it. */
    private static List<Tensor> handOn(SiteCall call) {
        if (call.site().equals(FIRST)) {
            List<Tensor> outputs = call.compute();
            call.hold(SECOND, outputs);
            return outputs;
        }
        List<Tensor> held = call.held();
        if (call.step().index() == 1) {
            return held;
        }
        call.drop();
        return call.compute(held);
    }

    @Test
    void recordsWhatIsDoneForWhichSite() {
        RecordingRun run = recorded(RecordingRunTest::handOn).step().step();
        assertThat(run.events()).containsExactly(
                new Event(0, FIRST, Action.COMPUTE), new Event(0, SECOND, Action.HOLD),
                new Event(0, SECOND, Action.DROP), new Event(0, SECOND, Action.COMPUTE_PARTIALLY),
                new Event(1, FIRST, Action.COMPUTE), new Event(1, SECOND, Action.HOLD),
                new Event(1, SECOND, Action.REUSE));
        assertThat(run.decisions(FIRST)).isEqualTo("CC");
        assertThat(run.decisions(SECOND)).isEqualTo("PR");
        assertThat(run.holds(FIRST)).isEqualTo("..");
        assertThat(run.holds(SECOND)).isEqualTo(".H");
        assertThat(run.sources(SECOND)).containsExactly(0, 1);
    }

    @Test
    void goesPastSitesAndLosesWhatIsHeld() {
        RecordingRun run = recorded(call -> {
            List<Tensor> held = call.held();
            List<Tensor> outputs = held.isEmpty() ? call.compute() : held;
            call.hold(outputs);
            return outputs;
        });
        run.step().lose(FIRST).step(List.of(FIRST)).step();
        assertThat(run.decisions(FIRST)).isEqualTo("CCR");
        assertThat(run.decisions(SECOND)).isEqualTo("C-R");
        assertThat(run.sources(FIRST)).containsExactly(0, 1, 1);
        assertThat(run.sources(SECOND)).containsExactly(0, 0);
    }

    @Test
    void refusesWhatASessionRefuses() {
        assertThatThrownBy(() -> recorded(call -> {
            call.compute();
            return call.compute();
        }).step()).hasMessage("blocks.0, step 0: a policy runs the computation at most once in a call");
        assertThatThrownBy(() -> recorded(call -> call.held(OTHER)).step())
                .hasMessage("site blocks.0.attn2 is not one that the method covers in this run");
        assertThatThrownBy(() -> recorded(SiteCall::held).step())
                .hasMessage("blocks.0, step 0: the policy returned 0 output(s), the computation gives 2");
        assertThatIllegalArgumentException().isThrownBy(() -> recorded(SiteCall::compute).step(List.of(OTHER)))
                .withMessage("blocks.0.attn2 is no covered site of the run, or is visited twice");
    }

    @Test
    void needsNoLibtorch(@TempDir Path folder) throws Exception {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED", "-cp",
                String.join(File.pathSeparator, "target/test-classes", System.getProperty("java.class.path"),
                        System.getProperty("jdk.module.path", "")),
                RecordingMain.class.getName()));
        Path output = folder.resolve("output");
        Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile()).start();
        assertThat(process.waitFor(90, TimeUnit.SECONDS)).isTrue();
        assertThat(output).hasContent("CRCRC H.H.. false\ntrue");
    }
}
