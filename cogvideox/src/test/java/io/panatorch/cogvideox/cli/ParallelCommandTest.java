package io.panatorch.cogvideox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.panatorch.cogvideox.Golden;
import io.panatorch.safetensors.Safetensors;
import io.panatorch.tensor.TensorScope;
import io.panatorch.testing.Elements;
import io.panatorch.testing.MpiJob;
import io.panatorch.testing.Program;
import io.panatorch.testing.RequiresMpi;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Processes of {@code generate} that {@code mpirun} has started. */
@Tag("cpu")
@RequiresMpi
@Timeout(240)
class ParallelCommandTest {

    private static final int SOON = 10;
    private static final String PROMPT = "a red circle moving right on a blue background";

    /** A method that fails in one half of the guidance, which is on the second rank. */
    private static final String THROWING = """
            package theirs;

            import io.panatorch.cache.*;
            import java.util.Set;

            public class Throwing implements CacheMethod {
                public String name() { return "throwing"; }
                public Set<SiteKind> kinds() { return Set.of(SiteKind.FEED_FORWARD); }
                public CachePolicy policy(CacheRun run) {
                    return call -> {
                        if (call.step().index() == 2 && call.step().branch() == Branch.UNCONDITIONAL) {
                            throw new java.util.concurrent.CancellationException("the reason");
                        }
                        return call.compute();
                    };
                }
            }
            """;

    @TempDir
    Path folder;

    private Path out;

    @BeforeEach
    void makeFolder() throws IOException {
        out = Files.createDirectory(folder.resolve("out"));
    }

    /** As the launcher starts it. */
    private static List<String> rank(List<String> flags, String... options) {
        List<String> all = Stream.concat(Stream.of("-XX:TieredStopAtLevel=1"), flags.stream()).toList();
        return CommandProcess.line(all, Stream.concat(Stream.of("generate", "--parallel", "guidance", "--prompt", PROMPT),
                Stream.of(options)).toList());
    }

    private MpiJob start(List<String> first, List<String> second) throws IOException {
        return MpiJob.start(out, folder.resolve("log"), List.of(first, second));
    }

    private MpiJob start(String... options) throws IOException {
        return start(rank(List.of(), options), rank(List.of(), options));
    }

    private static String model(String golden) {
        return Golden.folder(golden).resolve("pipeline").toString();
    }

    private static float[] latents(Path file) throws IOException {
        try (Safetensors tensors = Safetensors.open(file); var _ = TensorScope.open()) {
            return tensors.load("latents").toFloatArray();
        }
    }

    /** The demo model's video, by one process and by two. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"--cache=none | 0", "--cache=pab | 0", "--cache=first-block | 1"})
    void twoMakeTheVideoOfOne(String cache, int decisions) throws Exception {
        int steps = 12;
        MpiJob job = start("--steps", "12", cache, "--output", "two.gif", "--output-latents", "two", "--stats", "two.json");
        Run one = Run.of("generate", "--prompt", PROMPT, "--steps", "12", cache, "--output-latents", folder.resolve("one").toString(),
                "--stats", folder.resolve("one.json").toString());
        assertThat(one.status()).as(one.err()).isZero();
        assertThat(job.waitFor()).as(job.output()).isZero();

        Elements.assertClose("latents", latents(out.resolve("two")), latents(folder.resolve("one")), Golden.LATENTS);
        assertThat(out.resolve("two.gif")).isNotEmptyFile();
        JsonNode alone = new JsonMapper().readTree(folder.resolve("one.json").toFile());
        JsonNode shared = new JsonMapper().readTree(out.resolve("two.json").toFile());
        assertThat(shared.get("sites")).isNotEmpty();
        for (int i = 0; i < alone.get("sites").size(); i++) {
            assertThat(shared.get("sites").get(i).get("decisions")).isEqualTo(alone.get("sites").get(i).get("decisions"));
        }
        assertThat(shared.get("recipe").get("parallel").asText()).isEqualTo("guidance");
        long latents = latents(out.resolve("two")).length * 4L;
        assertThat(shared.get("ranks").toString()).isEqualTo("{\"size\":2,\"calls\":%d,\"bytes_sent\":%d}"
                .formatted(1 + steps * (2 + decisions), 32 + steps * (latents + 1 + 8 * decisions)));
        assertThat(alone.get("ranks").toString()).isEqualTo("{\"size\":1,\"calls\":0,\"bytes_sent\":0}");
        assertThat(job.output().lines().filter(line -> line.startsWith("output"))).as(job.output()).hasSize(2); // the first tells all
        assertThat(job.output()).contains("ranks     2, ");
    }

    /** Several prompts one after another, and what only the first rank can do: write. */
    @Test
    void videosComeOneAfterAnother() throws Exception {
        Files.writeString(folder.resolve("prompts"), "a green square\na blue star\n");
        List<String> first = rank(List.of(), "--steps", "2", "--prompts", folder.resolve("prompts").toString(), "--output", "v.gif");
        List<String> second = new ArrayList<>(first);
        second.set(second.size() - 1, "/nowhere/v.gif");
        MpiJob job = start(first, second);
        assertThat(job.waitFor()).as(job.output()).isZero();
        assertThat(out.toFile().list()).containsExactlyInAnyOrder("v-1.gif", "v-2.gif", "v-3.gif");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void aKilledRankEndsAll(int rank) throws Exception {
        MpiJob job = start("--model", model("t2v-2b"), "--steps", "1000", "--height", "192", "--width", "256", "--output", "v.mp4",
                "--stats", "s.json");
        ProcessHandle killed = working(job).get(rank);
        killed.destroyForcibly();
        assertThat(job.waitFor(SOON)).isEqualTo(128 + 9);
        leftNothing(job);
    }

    /** Waits until both have started MPI. */
    private static List<ProcessHandle> working(MpiJob job) throws Exception {
        while (job.ranks().size() < 2 || !starts(job.ranks().get(0)) || !starts(job.ranks().get(1))) {
            Thread.sleep(50);
        }
        Thread.sleep(1500);
        return job.ranks();
    }

    private static boolean starts(ProcessHandle rank) throws IOException {
        return Files.readString(Path.of("/proc", Long.toString(rank.pid()), "maps")).contains("libpanatorch");
    }

    private void leftNothing(MpiJob job) throws IOException {
        assertThat(out).as(job.output()).isEmptyDirectory();
        assertThat(job.ranks()).isEmpty();
    }

    @Test
    void aThrowingRankEndsAll() throws Exception {
        Path classes = Files.createDirectory(folder.resolve("classes"));
        Program.compile(classes, "Throwing", THROWING);
        List<String> rank = rank(List.of("--class-path", System.getProperty("java.class.path") + File.pathSeparator + classes),
                "--cache", "class:theirs.Throwing", "--output", "v.gif", "--stats", "s.json");
        MpiJob job = start(rank, rank);
        assertThat(job.waitFor(3 * SOON)).isEqualTo(1); // from its start
        assertThat(job.output()).startsWith("panatorch: rank 1: the reason\n");
        leftNothing(job);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "--seed=7 | --seed: expected the same on all ranks, found [42] here and [7] on rank 1",
        "--dtype=bfloat16 | --dtype, --quantize: expected the same on all ranks, found text_encoder float32 none, transformer "
    })
    void otherOptionsOnOneRankAreTold(String option, String message) throws Exception {
        MpiJob job = start(rank(List.of(), "--output", "v.gif"), rank(List.of(), "--output", "v.gif", option));
        assertThat(job.waitFor(3 * SOON)).isEqualTo(2);
        assertThat(job.output()).contains("panatorch: " + message);
        assertThat(job.output().lines().limit(2)).allSatisfy(line -> assertThat(line).startsWith("panatorch: "));
        leftNothing(job);
    }

    /** Other models, and one that a rank has not. */
    @Test
    void otherModelsOnOneRankAreTold() throws Exception {
        MpiJob job = start(rank(List.of(), "--output", "v.gif", "--model", model("t2v-2b")),
                rank(List.of(), "--output", "v.gif", "--model", model("other-configuration")));
        assertThat(job.waitFor(3 * SOON)).isEqualTo(2);
        assertThat(job.output()).startsWith("panatorch: ").contains("--model: expected the same on all ranks, found sha256:");
        job = start(rank(List.of(), "--output", "v.gif"), rank(List.of(), "--output", "v.gif", "--model", "/nowhere"));
        assertThat(job.waitFor(3 * SOON)).isEqualTo(1);
        assertThat(job.output()).startsWith("panatorch: rank 1: /nowhere: the folder does not exist\n");
        leftNothing(job);
    }

    @Test
    void aWrongUseIsTold() throws Exception {
        MpiJob job = start("--output", "v.gif", "--cache", "faster");
        assertThat(job.waitFor(3 * SOON)).isEqualTo(2);
        assertThat(job.output()).contains("--cache: expected a method that works on each half of the guidance apart");
        job = MpiJob.start(out, folder.resolve("log"), List.of(rank(List.of(), "--output", "v.gif")));
        assertThat(job.waitFor(3 * SOON)).isEqualTo(2);
        assertThat(job.output()).startsWith("panatorch: --parallel guidance: expected 2 ranks, found 1: start the command"
                + " with mpirun -n 2");
        job = start(rank(List.of("-Dpanatorch.mpi=/nowhere/libmpi.so"), "--output", "v.gif"),
                rank(List.of("-Dpanatorch.mpi=/nowhere/libmpi.so"), "--output", "v.gif"));
        assertThat(job.waitFor(3 * SOON)).isEqualTo(1);
        assertThat(job.output()).startsWith("panatorch: no MPI is there (/nowhere/libmpi.so: ");
        leftNothing(job);
    }
}
