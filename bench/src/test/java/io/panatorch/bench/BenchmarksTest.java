package io.panatorch.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.bench.FullSize.Row;
import io.panatorch.bench.FullSize.Setting;
import io.panatorch.cache.CacheMethod;
import io.panatorch.cogvideox.PublishedModel;
import io.panatorch.cogvideox.VideoRequest;
import io.panatorch.nn.Offload;
import io.panatorch.nn.Quantization;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
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

    /** All that needs no model. */
    @Test
    void theReportOfAGpuSaysWhatItHadNoTimeFor(@TempDir Path temp) throws Exception {
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        PrintStream out = System.out;
        System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
        try {
            GpuReport.main(new String[] {"cpu", temp.toString(), "1", "16", "16", "1", "1", "0"});
        } finally {
            System.setOut(out);
        }
        assertThat(printed.toString(StandardCharsets.UTF_8)).containsPattern("^cpu, libtorch \\d+\\.\\d+\\.\\d+; a bfloat16 product of large matrices: ")
                .contains("| TFLOP/s, of the product's |\n|---|---:|---:|---:|---:|---:|\n").contains("After 0 seconds nothing more was begun");
    }

    /** Of the published widths, and one layer: 1.3 GB, which are gone afterwards. */
    @Test
    void aModelOfRandomNumbersMakesAStep(@TempDir Path temp) throws Exception {
        Setting setting = new Setting(DType.BFLOAT16, Device.CPU, Offload.blocks(0), Quantization.NONE, CacheMethod.none());
        Row row = FullSize.of(PublishedModel.COGVIDEOX_2B, temp, 1, 1).run(setting,
                VideoRequest.builder("a panda").width(16).height(16).frames(1).steps(2));

        assertThat(row).asString().matches("\\| COGVIDEOX_2B, bfloat16, blocks, none, none \\|( \\d+(\\.\\d\\d)? s, \\d+\\.\\d GB \\|){4}");
    }
}
