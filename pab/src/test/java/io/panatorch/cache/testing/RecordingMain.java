package io.panatorch.cache.testing;

import io.panatorch.cache.CacheRun;
import io.panatorch.cache.Site;
import io.panatorch.cache.SiteKind;
import io.panatorch.cache.pab.PyramidAttentionBroadcast;
import io.panatorch.tensor.TensorScope;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A recorded run, and whether this process has libtorch before and after it needs it; for {@link RecordingRunTest}. */
final class RecordingMain {

    private RecordingMain() {}

    public static void main(String[] args) throws Exception {
        Site site = new Site(SiteKind.SPATIAL_ATTENTION, 0, "blocks.0.attn1");
        RecordingRun run = new RecordingRun(PyramidAttentionBroadcast.cogVideoX(),
                new CacheRun(List.of(site), new int[] {900, 700, 500, 300, 100})).toTheEnd();
        System.out.println(run.decisions(site) + " " + run.holds(site) + " " + hasLibtorch());
        try (TensorScope _ = TensorScope.open()) {
            System.out.println(hasLibtorch());
        }
    }

    private static boolean hasLibtorch() throws Exception {
        return Files.readString(Path.of("/proc/self/maps")).contains("libtorch");
    }
}
