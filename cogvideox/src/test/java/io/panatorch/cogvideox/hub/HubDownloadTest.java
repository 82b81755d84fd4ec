package io.panatorch.cogvideox.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.panatorch.cogvideox.hub.FakeHub.Request;
import io.panatorch.io.InvalidFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What comes into the cache, from where and how it lies there. */
@Tag("pure")
@Timeout(60)
class HubDownloadTest extends HubFixture {

    @Test
    void whatThePipelineNeedsLiesThereAsPythonPutsIt() throws IOException {
        isWhole(download());
        assertThat(inCache("refs/main")).hasContent(server.main());
        for (String file : NEEDED) {
            String up = file.contains("/") ? "../../../" : "../../";
            Path pointer = inCache("snapshots/" + server.main()).resolve(file);
            assertThat(Files.readSymbolicLink(pointer)).hasToString(up + "blobs/" + FakeHub.etag(file, server.content(file)));
            assertThat(cache.resolve(".locks/models--tiny--model/" + FakeHub.etag(file, server.content(file)) + ".lock")).isEmptyFile();
        }
        try (Stream<Path> parts = Files.list(inCache("."))) {
            assertThat(parts.map(part -> part.getFileName().toString())).containsExactlyInAnyOrder("blobs", "refs", "snapshots");
        }
    }

    @Test
    void whatIsThereTakesOneRequestForABranchAndNoneForACommit() throws IOException {
        Path first = download();
        server.taken();
        assertThat(download()).isEqualTo(first);
        assertThat(server.taken()).containsExactly("hub HEAD model_index.json");
        assertThat(hub().download(new ModelId(FakeHub.MODEL, server.main()), "", _ -> {})).isEqualTo(first);
        assertThat(server.taken()).isEmpty();
    }

    /** A branch that has moved on: only what is new in it comes, and the old commit stays. */
    @Test
    void anotherCommitSharesWhatIsTheSame() throws IOException {
        Path old = download();
        byte[] before = server.content(VAE);
        server.commit();
        server.put(VAE, bytes("another", SIZE));
        server.taken();
        isWhole(download());
        assertThat(server.taken()).filteredOn(request -> request.contains("GET")).containsExactlyInAnyOrder(
                "hub GET /api/models/tiny/model/revision/" + server.main(), "hub GET " + VAE, "storage GET /" + VAE);
        assertThat(old.resolve(VAE)).hasBinaryContent(before);
        assertThat(inCache("refs/main")).hasContent(server.main());
    }

    @Test
    void revisionsAreBranchesTagsAndCommits() throws IOException {
        String first = server.main();
        server.commit();
        server.put("vae/config.json", "{}");
        Path folder = hub().download(ModelId.of(FakeHub.MODEL + "@" + first), "", _ -> {});
        assertThat(folder).isEqualTo(inCache("snapshots/" + first));
        assertThat(folder.resolve("vae/config.json")).hasBinaryContent(bytes("vae/config.json", 100));
        assertThat(inCache("refs")).as("a commit stands for itself").doesNotExist();
        assertThatThrownBy(() -> hub().download(ModelId.of(FakeHub.MODEL + "@v2"), "", _ -> {})).isInstanceOf(HubException.class)
                .hasMessage("tiny/model: has no branch, tag or commit v2 at " + server.endpoint());
    }

    @Test
    void aVariantComesInPlaceOfThePlainWeightsWhereThereIsOne() throws IOException {
        String half = "transformer/diffusion_pytorch_model.fp16.safetensors";
        server.put(half, bytes(half, SIZE));
        Path folder = hub().download(ModelId.of(FakeHub.MODEL), "fp16", _ -> {});
        List<String> expected = new ArrayList<>(NEEDED);
        expected.set(expected.indexOf(TRANSFORMER), half);
        assertThat(files(folder)).containsExactlyInAnyOrderElementsOf(expected);

        server.taken();
        isWholeBeside(download(), half);
        assertThat(server.taken()).contains("storage GET /" + TRANSFORMER).doesNotContain("storage GET /" + VAE);
        assertThatThrownBy(() -> hub().download(ModelId.of(FakeHub.MODEL), "bf16", _ -> {}))
                .hasMessage("tiny/model: has no weights of the variant bf16 at the hub; there is the variant fp16");
    }

    /** Which parts have none of it is noted as Python notes what is not there. */
    @Test
    void aVariantOfACommitThatIsThereTakesNoRequest() throws IOException {
        String half = "transformer/diffusion_pytorch_model.fp16.safetensors";
        server.put(half, bytes(half, SIZE));
        ModelId pinned = new ModelId(FakeHub.MODEL, server.main());
        Path folder = hub().download(pinned, "fp16", _ -> {});
        assertThat(files(inCache(".no_exist/" + server.main()))).contains("vae/diffusion_pytorch_model.fp16.safetensors")
                .noneMatch(file -> file.startsWith("transformer/"));
        server.taken();
        assertThat(hub().download(pinned, "fp16", _ -> {})).isEqualTo(folder);
        assertThat(server.taken()).isEmpty();
        hub().download(pinned, "", _ -> {});
        server.taken();
        assertThat(hub().download(pinned, "fp16", _ -> {})).as("the plain weights are there, too").isEqualTo(folder);
        assertThat(server.taken()).isEmpty();
    }

    /** Of shards an old diffusers has put the variant before their numbers. */
    @Test
    void variantsAreToldFromNumbersOfShards() throws IOException {
        server.put("transformer/diffusion_pytorch_model.fp16-00001-of-00002.safetensors", bytes("shard", SIZE));
        assertThatThrownBy(() -> hub().download(ModelId.of(FakeHub.MODEL), "bf16", _ -> {}))
                .hasMessageEndingWith("; there is the variant fp16");
    }

    private static void isWholeBeside(Path folder, String more) throws IOException {
        assertThat(files(folder)).containsAll(NEEDED).contains(more).hasSize(NEEDED.size() + 1);
    }

    @Test
    void weightsInManyFilesComeByTheirIndex() throws IOException {
        shardTransformer("diffusion_pytorch_model-00001-of-00002.safetensors");
        Path folder = download();
        assertThat(files(folder)).contains("transformer/diffusion_pytorch_model.safetensors.index.json",
                "transformer/diffusion_pytorch_model-00001-of-00002.safetensors",
                "transformer/diffusion_pytorch_model-00002-of-00002.safetensors").doesNotContain(TRANSFORMER);
    }

    private void shardTransformer(String first) {
        String second = "diffusion_pytorch_model-00002-of-00002.safetensors";
        server.commit();
        server.put("transformer/diffusion_pytorch_model.safetensors.index.json",
                "{\"weight_map\": {\"a\": \"" + first + "\", \"b\": \"" + second + "\", \"c\": \"" + second + "\"}}");
        server.put("transformer/diffusion_pytorch_model-00001-of-00002.safetensors", bytes("1", SIZE));
        server.put("transformer/" + second, bytes("2", SIZE));
        server.remove(TRANSFORMER);
    }

    /** Where Python has put a model, nothing is fetched again; what it has not, such as the weights, comes beside it. */
    @Test
    void whatPythonHasDownloadedIsUsed() throws IOException {
        for (String file : NEEDED) {
            if (!file.equals(VAE)) {
                Files.createDirectories(blob(file).getParent());
                Files.write(blob(file), server.content(file));
                Path pointer = inCache("snapshots/" + server.main()).resolve(file);
                Files.createDirectories(pointer.getParent());
                Files.createSymbolicLink(pointer, pointer.getParent().relativize(blob(file)));
            }
        }
        Files.createDirectories(inCache("refs"));
        Files.writeString(inCache("refs/main"), server.main());
        isWhole(download());
        assertThat(server.taken()).containsExactly("hub HEAD model_index.json",
                "hub GET /api/models/tiny/model/revision/" + server.main(), "hub HEAD " + VAE, "hub GET " + VAE, "storage GET /" + VAE);
    }

    @Test
    void whereLinksAreImpossibleThereAreFiles() throws IOException {
        Path folder = download(hub("HF_HUB_DISABLE_SYMLINKS", "1"));
        isWhole(folder);
        assertThat(files(folder)).noneMatch(file -> Files.isSymbolicLink(folder.resolve(file)));
        assertThat(inCache("blobs")).isEmptyDirectory();
        server.taken();
        assertThat(download(hub("HF_HUB_DISABLE_SYMLINKS", "1"))).isEqualTo(folder);
        assertThat(server.taken()).containsExactly("hub HEAD model_index.json");
    }

    @Test
    void theTokenGoesToTheHubAlone() throws IOException {
        download();
        for (Request request : server.requests()) {
            assertThat(request.authorization()).as(request.toString())
                    .isEqualTo(request.server().equals("hub") ? "Bearer " + FakeHub.TOKEN : null);
        }
        assertThat(server.requests()).extracting(Request::server).contains("storage");
        assertThat(hub().settings()).asString().doesNotContain(FakeHub.TOKEN);
    }

    /** A model that was renamed: the hub leads from the old name to the new one, within itself. */
    @Test
    void redirectsWithinTheHubAreFollowed() throws IOException {
        server.trouble((request, exchange) -> {
            String path = exchange.getRequestURI().getPath();
            if (!path.contains("/old/name")) {
                return false;
            }
            exchange.getResponseHeaders().set("Location", path.replace("/old/name", "/" + FakeHub.MODEL));
            exchange.sendResponseHeaders(307, -1);
            return true;
        });
        Path folder = hub().download(ModelId.of("old/name"), "", _ -> {});
        assertThat(folder).isEqualTo(cache.resolve("models--old--name/snapshots/" + server.main()));
        assertThat(files(folder)).isEqualTo(NEEDED);
    }

    @Test
    void whatWasStoppedGoesOn() throws IOException {
        stop(TRANSFORMER, 40_000, server.content(TRANSFORMER));
        List<DownloadProgress> told = new CopyOnWriteArrayList<>();
        isWhole(hub().download(ModelId.of(FakeHub.MODEL), "", told::add));
        assertThat(server.taken()).contains("storage GET /" + TRANSFORMER + " bytes=40000-");
        long total = NEEDED.stream().mapToLong(file -> server.content(file).length).sum();
        assertThat(told.getLast()).isEqualTo(new DownloadProgress(total, total, total - 40_000));
        assertThat(told).isSortedAccordingTo((a, b) -> Long.compare(a.bytes(), b.bytes()));
    }

    private void stop(String file, int after, byte[] content) throws IOException {
        Files.createDirectories(incomplete(file).getParent());
        Files.write(incomplete(file), Arrays.copyOf(content, after));
    }

    @Test
    void whatLacksNothingButItsNameIsNotFetched() throws IOException {
        stop(TRANSFORMER, SIZE, server.content(TRANSFORMER));
        isWhole(download());
        assertThat(server.taken()).doesNotContain("hub GET " + TRANSFORMER);
    }

    @Test
    void aDamagedPartIsFetchedAnew() throws IOException {
        stop(TRANSFORMER, 40_000, bytes("something else", SIZE));
        stop(VAE, SIZE + 1, bytes("something longer", SIZE + 1));
        isWhole(download());
        assertThat(server.taken()).contains("storage GET /" + TRANSFORMER + " bytes=40000-", "storage GET /" + TRANSFORMER);
    }

    /** What was cut off in the middle of the name of a configuration cannot be told from a whole one. */
    @Test
    void aPartWithoutAHashIsFetchedAnew() throws IOException {
        stop("vae/config.json", 50, bytes("something else", SIZE));
        isWhole(download());
    }

    @Test
    void aServerThatIgnoresTheRangeStartsOver() throws IOException {
        stop(TRANSFORMER, 40_000, bytes("something else", SIZE));
        server.trouble((request, exchange) -> {
            if (!request.server().equals("storage")) {
                return false;
            }
            FakeHub.sendWhole(exchange, server.content(request.file().substring(1)));
            return true;
        });
        isWhole(download());
        assertThat(server.taken()).containsOnlyOnce("storage GET /" + TRANSFORMER + " bytes=40000-");
    }

    @Test
    void aModelOfAnotherKindIsRefusedBeforeItIsFetched() throws IOException {
        server.put("model_index.json", "{\"_class_name\": \"FluxPipeline\", \"transformer\": [\"diffusers\", \"FluxTransformer2DModel\"]}");
        assertThatThrownBy(this::download).isInstanceOf(InvalidFileException.class).hasMessage(inCache("snapshots/" + server.main())
                + "/model_index.json: transformer: expected \"CogVideoXTransformer3DModel\", found \"FluxTransformer2DModel\"");
        assertThat(files(inCache("blobs"))).hasSize(1);
    }

    @Test
    void whatIsNoDiffusersModelIsNoted() throws IOException {
        server.remove("model_index.json");
        assertThatThrownBy(this::download).isInstanceOf(HubException.class).hasMessage("tiny/model: has no model_index.json at "
                + server.endpoint() + ", and is no model that diffusers has saved");
        assertThat(inCache(".no_exist/" + server.main() + "/model_index.json")).isEmptyFile();
    }

    @Test
    void whatTheHubLacksIsNamed() throws IOException {
        server.remove(VAE).put("vae/diffusion_pytorch_model.fp16.safetensors", bytes("half", SIZE)).remove("tokenizer/spiece.model");
        assertThatThrownBy(this::download).isInstanceOf(HubException.class).hasMessage("tiny/model: has no tokenizer/spiece.model,"
                + " no vae/diffusion_pytorch_model.safetensors at the hub; there is the variant fp16");
    }
}
