package io.panatorch.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
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
}
