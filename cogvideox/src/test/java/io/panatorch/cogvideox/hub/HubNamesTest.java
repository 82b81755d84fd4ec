package io.panatorch.cogvideox.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.panatorch.io.InvalidFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Names of models, and names from the hub that would lead somewhere else. */
@Tag("pure")
@Timeout(60)
class HubNamesTest extends HubFixture {

    @Test
    void aNameMayHaveARevision() {
        assertThat(ModelId.of("zai-org/CogVideoX-2b")).isEqualTo(new ModelId("zai-org/CogVideoX-2b", "main"))
                .hasToString("zai-org/CogVideoX-2b");
        assertThat(ModelId.of("a/b@refs/pr/1")).isEqualTo(new ModelId("a/b", "refs/pr/1")).hasToString("a/b@refs/pr/1");
        assertThat(ModelId.of("THUDM/CogVideoX1.5-5B").folderName()).isEqualTo("models--THUDM--CogVideoX1.5-5B");
        assertThat(ModelId.nameOf("models--THUDM--CogVideoX1.5-5B")).contains("THUDM/CogVideoX1.5-5B");
        assertThat(ModelId.nameOf("models--gpt2")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "model", "a/b/c", "../b", "a/..", "a/b--c", "a/.b", "/a", "a/", "a b/c",
        "a/b.git", "a/b\n", "a/b..c", "-a/b"})
    void whatIsNoNameIsRefused(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> ModelId.of(text))
                .withMessageStartingWith("model: expected ORG/NAME or ORG/NAME@REVISION, found \"").withMessageNotContaining("\n");
        assertThat(Hub.isOfHub(text)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "..", "../x", "/x", "x/../y", "x//y", ".x", "x/", "x y", "x@y", "x\\y", "x..y"})
    void whatIsNoRevisionIsRefused(String revision) {
        assertThatIllegalArgumentException().isThrownBy(() -> ModelId.of("a/b@" + revision))
                .withMessage("model a/b: expected a branch, a tag or a commit after @, found \"" + revision + '"');
    }

    /** Which is not the one of this process, but that of the tests. */
    @Test
    void aFolderComesBeforeAModelOfTheHub() throws IOException {
        assertThat(Hub.isOfHub("src/main")).isFalse();
        assertThat(Hub.folder("src/main", "", _ -> {})).isEqualTo(Path.of("src/main"));
        assertThat(Hub.folder("no such folder", "", _ -> {})).isEqualTo(Path.of("no such folder"));
        isWhole(hub().folderOfHub(FakeHub.MODEL, "", _ -> {}));
    }

    @Test
    void whatIsNeitherMayBeMeantAsEither() {
        assertThatThrownBy(() -> hub().folderOfHub("models/CogVidoeX", "", _ -> {})).isInstanceOf(HubException.class)
                .hasMessage("no model models/CogVidoeX at " + server.endpoint() + " (or it is private: set HF_TOKEN to a token of an account"
                        + " that may read it); there is no folder models/CogVidoeX either");
        assertThatThrownBy(() -> hub("HF_HUB_OFFLINE", "1").folderOfHub("models/CogVidoeX", "", _ -> {}))
                .hasMessageEndingWith("where there is a network; there is no folder models/CogVidoeX either");
        assertThatThrownBy(() -> hub().folderOfHub(FakeHub.MODEL + "@v2", "", _ -> {})).hasMessageEndingWith("v2 at " + server.endpoint());
    }

    /** Files of a commit are those with names that any pipeline has; others are as if they were not there. */
    @Test
    void filesWithOtherNamesAreLeft() throws IOException {
        for (String name : List.of("../../../escaped.json", "/tmp/escaped.json", "vae/../../escaped.json", "vae\\\\escaped.json",
                "transformer/.hidden.safetensors", "C:/escaped.json")) {
            server.put(name, "{}");
        }
        isWhole(download());
        assertThat(files(temp)).noneMatch(file -> file.contains("escaped"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"../../../escaped.safetensors", "/tmp/escaped.safetensors", "a/../b.safetensors", "..",
        "a\\\\b.safetensors", "model.bin", ""})
    void anIndexThatLeadsElsewhereIsRefused(String shard) throws IOException {
        server.remove(TRANSFORMER);
        server.put("transformer/diffusion_pytorch_model.safetensors.index.json", "{\"weight_map\": {\"a\": \"" + shard + "\"}}");
        assertThatThrownBy(this::download).isInstanceOf(InvalidFileException.class).hasMessage(inCache("snapshots/" + server.main()
                + "/transformer/diffusion_pytorch_model.safetensors.index.json") + ": weight_map: expected names of safetensors files"
                + " beside it, found \"" + shard.replace("\\\\", "\\") + '"');
        assertThat(files(temp)).noneMatch(file -> file.contains("escaped"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"../../../escaped", "/tmp/escaped", "..", "a/b", "", "."})
    void anEtagThatLeadsElsewhereIsRefused(String etag) throws IOException {
        server.trouble((request, exchange) -> {
            if (!request.file().equals("model_index.json")) {
                return false;
            }
            exchange.getResponseHeaders().set("X-Repo-Commit", server.main());
            exchange.getResponseHeaders().set("ETag", '"' + etag + '"');
            FakeHub.sendContent(exchange, server.content("model_index.json"));
            return true;
        });
        assertThatThrownBy(this::download).isInstanceOf(HubException.class).hasMessage("tiny/model: " + server.endpoint()
                + " does not answer as a hub does: expected the etag and the size of model_index.json, found \"" + etag + "\" and "
                + server.content("model_index.json").length);
        assertThat(files(temp)).isEmpty();
    }

    @Test
    void aCommitThatLeadsElsewhereIsRefused() throws IOException {
        server.trouble((_, exchange) -> {
            exchange.getResponseHeaders().set("X-Repo-Commit", "../../escaped");
            exchange.getResponseHeaders().set("ETag", "abc");
            FakeHub.sendContent(exchange, new byte[1]);
            return true;
        });
        assertThatThrownBy(this::download).isInstanceOf(HubException.class).hasMessageContaining("it names no commit");
        assertThat(files(temp)).isEmpty();
    }

    /** Links that somebody has laid in the cache, where files would be written. */
    @Test
    void linksOutOfTheCacheAreNotWrittenThrough() throws IOException {
        Path outside = Files.createDirectory(temp.resolve("outside"));
        Path file = Files.writeString(outside.resolve("file"), "mine");
        Files.createDirectories(incomplete(VAE).getParent());
        Files.createSymbolicLink(incomplete(VAE), file);
        assertThatThrownBy(this::download).isInstanceOf(IOException.class).hasMessage(incomplete(VAE)
                + ": is a link, which would have it written elsewhere; delete the link");
        assertThat(file).hasContent("mine");

        Files.delete(incomplete(VAE));
        Path folder = inCache("snapshots/" + server.main() + "/vae");
        for (String name : files(folder)) {
            Files.delete(folder.resolve(name));
        }
        Files.delete(folder);
        Files.createSymbolicLink(folder, outside);
        assertThatThrownBy(this::download).isInstanceOf(IOException.class).hasMessageEndingWith(
                ": its folder is a link that leads out of the cache; delete the link");
        assertThat(files(outside)).containsExactly("file");
    }
}
