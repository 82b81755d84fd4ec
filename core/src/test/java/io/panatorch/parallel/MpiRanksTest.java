package io.panatorch.parallel;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.testing.MpiJob;
import io.panatorch.testing.RequiresMpi;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two processes over MPI. */
@Tag("pure") // the tensors are those of other processes
@RequiresMpi
@Timeout(120)
class MpiRanksTest {

    private static final int SOON = 10;

    @TempDir
    Path folder;

    private MpiJob start(String what) throws IOException {
        List<String> rank = List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-ea",
                "--enable-native-access=ALL-UNNAMED", "-cp",
                System.getProperty("java.class.path") + File.pathSeparator + System.getProperty("jdk.module.path"),
                RanksMain.class.getName(), what);
        return MpiJob.start(folder, folder.resolve("log"), Collections.nCopies(2, rank));
    }

    @Test
    void allGetThePartsOfAll() throws Exception {
        MpiJob job = start("gather");
        assertThat(job.waitFor()).as(job.output()).isZero();
        assertThat(job.output().lines()).containsExactly("rank 0 of 2",
                "[0.0, NaN, 1.0, NaN]",
                "[2] bool cpu [False,  True]",
                "[6, 2] int64 cpu", "[[ 0,  3],", " [ 1,  4],", " [ 2,  5],", " [10, 13],", " [11, 14],", " [12, 15]]",
                "BFLOAT16",
                "[0, 4]",
                "[2, 4194304] [0.0, 1.0]",
                "Traffic[calls=6, bytes=" + (16 + 1 + 48 + 4 + (16 << 20)) + "]",
                "MPI has ended in this process, and starts only once", "MPI has ended in this process, and starts only once");
    }

    @Test
    void aProgramHandsItsCommunicatorOver() throws Exception {
        MpiJob job = start("world");
        assertThat(job.waitFor()).as(job.output()).isZero();
        assertThat(job.output()).isEqualTo("3\n3\n");
    }

    /** Closing does not wait for the first rank, which waits for this one: the process ends, and the launcher ends the other. */
    @Test
    void aRankThatThrowsEndsAll() throws Exception {
        MpiJob job = start("throw");
        assertThat(job.waitFor(SOON)).isEqualTo(1);
        assertThat(job.output()).contains("rank 1 of 2 has stopped in the middle, after a failure: the others do not wait"
                + " for what it does next; end the process, or abort all\n");
        assertThat(job.output().indexOf("IllegalStateException: the reason")).isPositive().isLessThan(job.output().indexOf("job"));
    }

    @Test
    void anAbortEndsAll() throws Exception {
        MpiJob job = start("abort");
        assertThat(job.waitFor(SOON)).isEqualTo(7);
        assertThat(job.output()).startsWith("the reason\n");
    }
}
