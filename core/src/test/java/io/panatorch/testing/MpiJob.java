package io.panatorch.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Processes that {@code mpirun} has started together, with one thread each, in a folder. */
public final class MpiJob {

    private static final int SECONDS = 90;

    private final Process process;
    private final Path log;

    private MpiJob(Process process, Path log) {
        this.process = process;
        this.log = log;
    }

    /**
     * @param folder they run in
     * @param log gets all that they and {@code mpirun} print
     * @param ranks the command of each
     */
    public static MpiJob start(Path folder, Path log, List<List<String>> ranks) throws IOException {
        List<String> line = new ArrayList<>(List.of("mpirun", "--oversubscribe"));
        for (List<String> rank : ranks) {
            line.addAll(line.size() == 2 ? List.of("-n", "1") : List.of(":", "-n", "1"));
            line.addAll(rank);
        }
        ProcessBuilder builder = new ProcessBuilder(line).directory(folder.toFile()).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().put("OMP_NUM_THREADS", "1");
        // It does not run for root unless root says so twice.
        builder.environment().put("OMPI_ALLOW_RUN_AS_ROOT", "1");
        builder.environment().put("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1");
        return new MpiJob(builder.start(), log);
    }

    /** {@return what was printed so far} */
    public String output() throws IOException {
        return Files.readString(log);
    }

    /** {@return the processes of the ranks, in the order in which they were started} */
    public List<ProcessHandle> ranks() {
        return process.children().sorted((one, other) -> Long.compare(one.pid(), other.pid())).toList();
    }

    /** Waits for the end. */
    public int waitFor() throws InterruptedException {
        return waitFor(SECONDS);
    }

    /** Fails where it is not ended in so many seconds. */
    public int waitFor(int seconds) throws InterruptedException {
        boolean ended = process.waitFor(seconds, TimeUnit.SECONDS);
        if (!ended) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
        assertThat(ended).as("ended in " + seconds + " seconds").isTrue();
        return process.exitValue();
    }
}
