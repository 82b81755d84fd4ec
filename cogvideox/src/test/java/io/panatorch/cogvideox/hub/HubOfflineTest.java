package io.panatorch.cogvideox.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.panatorch.testing.Logged;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the cache gives without the hub, and what it says of itself. */
@Tag("pure")
@Timeout(60)
class HubOfflineTest extends HubFixture {

    @ParameterizedTest
    @ValueSource(strings = {"HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"})
    void nothingIsAskedOffline(String variable) throws IOException {
        assertThatThrownBy(() -> download(hub(variable, "1"))).isInstanceOf(HubException.class).hasMessage("tiny/model: is not in " + cache
                + ", or not all of it, and HF_HUB_OFFLINE forbids to download it; unset that, or run \"panatorch download tiny/model\""
                + " where there is a network");
        assertThat(server.taken()).isEmpty();
        Path folder = download();
        server.taken();
        assertThat(download(hub(variable, "1"))).isEqualTo(folder);
        assertThat(server.taken()).isEmpty();

        Files.delete(folder.resolve(VAE));
        assertThatThrownBy(() -> download(hub(variable, "1"))).hasMessageStartingWith("tiny/model: is not in " + cache + ", or not all");
    }

    /** The branch has moved on, and the hub has no time to tell. */
    @ParameterizedTest
    @CsvSource({"500, ''", "429, ''", "401, RepoNotFound", "403, GatedRepo", "404, ''"})
    void aHubThatDoesNotAnswerIsDoneWithout(int status, String code) throws IOException {
        Path folder = download();
        server.commit();
        server.taken();
        server.trouble((_, exchange) -> {
            FakeHub.refuse(exchange, status, code, "no");
            return true;
        });
        try (Logged warnings = new Logged(Hub.class)) {
            assertThat(download()).isEqualTo(folder);
            assertThat(warnings.messages()).hasSize(1).first().asString().startsWith("WARNING: ").contains("tiny/model")
                    .endsWith("; the one in the cache is used, commit " + folder.getFileName());
        }
        assertThat(server.taken()).as("a try, without others").containsExactly("hub HEAD model_index.json");
    }

    @Test
    void aRevisionThatIsGoneIsNotDoneWithout() throws IOException {
        download();
        server.trouble((_, exchange) -> {
            FakeHub.refuse(exchange, 404, "RevisionNotFound", "no");
            return true;
        });
        assertThatThrownBy(this::download).hasMessageStartingWith("tiny/model: has no branch, tag or commit main");
    }

    /** The new commit is not all there when the connection ends: the old one is what there is. */
    @Test
    void aDownloadThatFailsLeavesTheOldCommit() throws IOException {
        Path folder = download();
        server.commit();
        server.put(VAE, bytes("another", SIZE));
        server.trouble((request, exchange) -> {
            if (request.server().equals("hub")) {
                return false;
            }
            exchange.sendResponseHeaders(500, -1);
            return true;
        });
        assertThatThrownBy(this::download).hasMessage("tiny/model: localhost answers 500 for " + VAE);
        assertThat(download(hub("HF_HUB_OFFLINE", "1"))).isEqualTo(folder);
        isUndamaged();
    }

    @Test
    void whatCannotBeReadIsLeftOutAndTold() throws IOException {
        download();
        Path folder = cache.resolve("models--a--b");
        Path commit = Files.createDirectories(folder.resolve("snapshots")).resolve("0".repeat(40));
        Files.createDirectories(commit.resolve("model_index.json")); // a folder in the place of a file
        Files.createDirectories(folder.resolve("refs"));
        Files.createSymbolicLink(folder.resolve("refs/main"), Path.of("main")); // to itself
        assertThat(hub().cachedModels()).extracting(CachedModel::name).contains("tiny/model");
    }

    @Test
    void theCacheSaysWhatIsInIt() throws IOException {
        assertThat(hub().cachedModels()).isEmpty();
        Path folder = download();
        String first = server.main();
        long bytes = NEEDED.stream().mapToLong(file -> server.content(file).length).sum();
        assertThat(hub().cachedModels()).containsExactly(new CachedModel("tiny/model", first, List.of("main"), folder, bytes, true,
                List.of(""), List.of()));

        String half = "vae/diffusion_pytorch_model.fp16.safetensors";
        String second = server.commit();
        server.put(half, bytes(half, SIZE)).remove(VAE);
        hub().download(ModelId.of(FakeHub.MODEL), "fp16", _ -> {});
        Path config = Files.createDirectories(cache.resolve("models--other--llm/snapshots/" + first)).resolve("config.json");
        Files.writeString(config, "{}");
        Files.createDirectories(cache.resolve("datasets--other--data/snapshots/" + first));
        Files.delete(folder.resolve(VAE));
        assertThat(hub().cachedModels()).containsExactly(
                new CachedModel("other/llm", first, List.of(), config.getParent(), 2, false, List.of(), List.of()),
                new CachedModel("tiny/model", first, List.of(), folder, bytes - SIZE, true, List.of(), List.of(VAE)),
                new CachedModel("tiny/model", second, List.of("main"), inCache("snapshots/" + second), bytes, true, List.of("fp16"),
                        List.of()));
    }
}
