package io.panatorch.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

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
        // Not by mpirun's own way to start several commands, with colons between: Open MPI 5.0.7 crashes then.
        String byRank = IntStream.range(0, ranks.size()).mapToObj(i -> i + ") exec " + quoted(ranks.get(i)) + ";;")
                .collect(Collectors.joining(" ", "case $OMPI_COMM_WORLD_RANK in ", " esac"));
        List<String> line = List.of("mpirun", "--oversubscribe", "-n", Integer.toString(ranks.size()), "sh", "-c", byRank);
        ProcessBuilder builder = new ProcessBuilder(line).directory(folder.toFile()).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().put("OMP_NUM_THREADS", "1");
        builder.environment().put("OMPI_MCA_btl", "^tcp"); // all are on this machine, whatever its network
        // It does not run for root unless root says so twice.
        builder.environment().put("OMPI_ALLOW_RUN_AS_ROOT", "1");
        builder.environment().put("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1");
        return new MpiJob(builder.start(), log);
    }

    private static String quoted(List<String> command) {
        return command.stream().map(word -> "'" + word.replace("'", "'\\''") + "'").collect(Collectors.joining(" "));
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
