package io.panatorch.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.cogvideox.PublishedModel;
import io.panatorch.cogvideox.VideoRequest;
import io.panatorch.nn.Offload;
import io.panatorch.nn.Quantization;
import io.panatorch.tensor.DType;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;
import org.openjdk.jmh.util.ListStatistics;

/** A benchmark is not a test; that it runs, and leaves no tensor behind, is. */
class BenchmarksTest {

    @Test
    void eachRunsOnce() throws RunnerException {
        var options = new OptionsBuilder()
                .include(Report.class.getPackageName() + "\\..*")
                .mode(Mode.SingleShotTime)
                .forks(0)
                .warmupIterations(0)
                .measurementIterations(1)
                .shouldFailOnError(true)
                .verbosity(VerboseMode.SILENT)
                .build();

        assertThat(new Runner(options).run()).isNotEmpty().allSatisfy(
                result -> assertThat(result.getPrimaryResult().getScore()).isPositive());
    }

    @Test
    void theLoopOfCPrintsOneTimeARound() throws Exception {
        ListStatistics measured = new ListStatistics();

        AddLoop.run(3, 100, measured);

        assertThat(measured.getN()).isEqualTo(3);
        assertThat(measured.getMin()).isPositive();
    }

    /** Of the published widths, and one layer: 1.3 GB, which are gone afterwards. */
    @Test
    void aModelOfRandomNumbersMakesAStep(@TempDir Path temp) throws Exception {
        String row = FullSize.of(PublishedModel.COGVIDEOX_2B, temp, 1).run(DType.BFLOAT16, Offload.blocks(0), Quantization.NONE,
                VideoRequest.builder("a panda").width(16).height(16).frames(1));

        assertThat(row).matches("\\| COGVIDEOX_2B, bfloat16, blocks, none \\|( \\d+\\.\\d s, \\d+\\.\\d GB \\|){4}");
    }
}
