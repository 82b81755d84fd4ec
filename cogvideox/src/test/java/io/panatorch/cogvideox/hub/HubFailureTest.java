package io.panatorch.cogvideox.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.panatorch.cogvideox.hub.FakeHub.Request;
import io.panatorch.cogvideox.hub.FakeHub.Trouble;
import io.panatorch.io.InterprocessLock;
import io.panatorch.testing.Logged;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A hub, a network and a disk that fail: each time the right files, or one clear line and no damage. */
@Tag("pure")
@Timeout(60)
class HubFailureTest extends HubFixture {

    /** Goes wrong with the first of such requests. */
    private static Trouble once(Predicate<Request> which, Trouble trouble) {
        AtomicBoolean done = new AtomicBoolean();
        return (request, exchange) -> which.test(request) && !done.getAndSet(true) && trouble.answers(request, exchange);
    }

    private static Patience patience(int answerMillis, int silenceMillis, int retries) {
        return new Patience(Duration.ofMillis(answerMillis), Duration.ofMillis(silenceMillis), Duration.ofMillis(1), Duration.ofMillis(2),
                retries);
    }

    private static boolean isContent(Request request, String file) {
        return request.server().equals("storage") && request.file().equals("/" + file);
    }

    private void refused(Hub hub, String message) throws IOException {
        assertThatThrownBy(() -> download(hub)).isInstanceOf(HubException.class).hasMessage(message);
        isUndamaged();
    }

    @Test
    void brokenConnectionsAreTakenUpAgain() throws IOException {
        server.trouble((request, exchange) -> {
            if (isContent(request, TRANSFORMER)) { // ten of them, more than may fail without anything coming
                FakeHub.sendPart(exchange, server.content(TRANSFORMER), SIZE / 10);
                return true;
            }
            return false;
        });
        isWhole(download());
        assertThat(server.taken()).filteredOn(request -> request.startsWith("storage GET /" + TRANSFORMER)).hasSizeGreaterThan(5)
                .contains("storage GET /" + TRANSFORMER + " bytes=10000-");
    }

    @Test
    void aConnectionThatBreaksEveryTimeEndsInALineAndAPart() throws IOException {
        server.trouble((request, exchange) -> {
            if (isContent(request, TRANSFORMER)) {
                FakeHub.sendPart(exchange, server.content(TRANSFORMER), request.range() == null ? 30_000 : 0);
                return true;
            }
            return false;
        });
        refused(hub(), "tiny/model: localhost has broken the connection off");
        assertThat(incomplete(TRANSFORMER)).hasBinaryContent(Arrays.copyOf(server.content(TRANSFORMER), 30_000));
        server.trouble((_, _) -> false);
        server.taken();
        isWhole(download());
        assertThat(server.taken()).contains("storage GET /" + TRANSFORMER + " bytes=30000-");
    }

    @Test
    void aServerThatFallsSilentIsLeft() throws IOException {
        CountDownLatch end = new CountDownLatch(1);
        server.trouble(once(request -> isContent(request, TRANSFORMER), (_, exchange) -> {
            FakeHub.sendPart(exchange, server.content(TRANSFORMER), 1000);
            await(end);
            return true;
        }));
        isWhole(download(hub(patience(20_000, 1000, 3))));
        end.countDown();
    }

    @Test
    void aServerThatDoesNotAnswerIsLeft() throws IOException {
        CountDownLatch end = new CountDownLatch(1);
        server.trouble((_, _) -> {
            await(end);
            return true;
        });
        refused(hub(patience(400, 400, 1)), "tiny/model: 127.0.0.1 has not answered for 0.4 s");
        end.countDown();
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Of a large file, which has a SHA-256, and of a small one, which has Git's hash. */
    @ParameterizedTest
    @ValueSource(strings = {VAE, "vae/config.json"})
    void wrongContentIsNotKept(String file) throws IOException {
        byte[] wrong = bytes("wrong", server.content(file).length);
        server.trouble((request, exchange) -> {
            boolean isWanted = file.equals(VAE) ? isContent(request, file) : request.toString().equals("hub GET " + file);
            if (isWanted) {
                FakeHub.sendContent(exchange, wrong);
            }
            return isWanted;
        });
        refused(hub(), "tiny/model: " + file + ": expected the hash " + FakeHub.etag(file, server.content(file)) + ", found "
                + FakeHub.etag(file, wrong) + "; nothing of it is kept, try again");
        assertThat(incomplete(file)).doesNotExist();
        assertThat(blob(file)).doesNotExist();
        server.trouble((_, _) -> false);
        isWhole(download());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "99999 | expected 100000 bytes, found 99999; what is there is kept, try again",
        "0 | expected 100000 bytes, found 0; what is there is kept, try again",
        "100001 | expected 100000 bytes, found more; nothing of it is kept, try again"})
    void aWrongLengthIsTold(int length, String message) throws IOException {
        server.trouble((request, exchange) -> {
            if (isContent(request, VAE)) {
                FakeHub.sendWhole(exchange, Arrays.copyOf(server.content(VAE), length));
                return true;
            }
            return false;
        });
        refused(hub(), "tiny/model: " + VAE + ": " + message);
        assertThat(blob(VAE)).doesNotExist();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "401 | RepoNotFound | Repository not found | no model tiny/model at HUB (or it is private: set HF_TOKEN to a token of an account"
                + " that may read it)",
        "404 | '' | Not Found | no model tiny/model at HUB (or it is private: set HF_TOKEN to a token of an account that may read it)",
        "401 | '' | Invalid credentials in Authorization header | tiny/model: HUB does not take the token; set HF_TOKEN to a valid one",
        "401 | GatedRepo | Access is restricted | tiny/model: is gated: accept its terms at HUB/tiny/model, and set HF_TOKEN to a token of"
                + " the account that has",
        "403 | GatedRepo | Access is restricted | tiny/model: is gated: accept its terms at HUB/tiny/model, and set HF_TOKEN to a token of"
                + " the account that has",
        "403 | '' | no access with hf_aSecretOfNobody | tiny/model: HUB does not give it to this user: no access with ***",
        "400 | '' | Bad thing | tiny/model: HUB answers 400 for model_index.json: Bad thing",
        "503 | '' | Later | tiny/model: HUB answers 503 for model_index.json: Later"})
    void whatTheHubRefusesIsExplained(int status, String code, String text, String message) throws IOException {
        server.trouble((_, exchange) -> {
            FakeHub.refuse(exchange, status, code, text);
            return true;
        });
        refused(hub(), message.replace("HUB", server.endpoint()));
        assertThat(server.taken()).as("tries").hasSize(status == 503 ? 4 : 1);
        assertThat(files(cache.getParent())).isEmpty();
    }

    /** Each request is refused once. */
    @ParameterizedTest
    @ValueSource(ints = {408, 429, 500, 502, 503, 504})
    void whatPassesIsWaitedFor(int status) throws IOException {
        Set<String> asked = ConcurrentHashMap.newKeySet();
        server.trouble((request, exchange) -> {
            if (!asked.add(request.toString())) {
                return false;
            }
            FakeHub.refuse(exchange, status, "", "Not now");
            return true;
        });
        isWhole(download());
    }

    @Test
    void theHubSaysHowLongToWait() throws IOException {
        server.trouble(once(_ -> true, (_, exchange) -> {
            exchange.getResponseHeaders().set("Retry-After", "1");
            FakeHub.refuse(exchange, 429, "", "Too many");
            return true;
        }));
        long start = System.nanoTime();
        isWhole(download());
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofSeconds(1));

        server.trouble((_, exchange) -> {
            exchange.getResponseHeaders().set("Retry-After", "3600");
            FakeHub.refuse(exchange, 429, "", "Too many");
            return true;
        });
        Files.delete(inCache("refs/main"));
        refused(hub(), "tiny/model: " + server.endpoint() + " answers 429, too many requests; try again after 3600 s");
    }

    @Test
    void whatIsNoHubIsTold() throws IOException {
        server.trouble((_, exchange) -> {
            exchange.sendResponseHeaders(200, -1);
            return true;
        });
        refused(hub(), "tiny/model: " + server.endpoint() + " does not answer as a hub does, it names no commit; another server may stand"
                + " before it");
        server.trouble((_, exchange) -> {
            exchange.getResponseHeaders().set("Location", "/again");
            exchange.sendResponseHeaders(302, -1);
            return true;
        });
        refused(hub(), "tiny/model: " + server.endpoint() + " redirects more than 5 times");
        server.trouble((_, exchange) -> {
            exchange.getResponseHeaders().set("Location", "file:///etc/passwd");
            exchange.sendResponseHeaders(302, -1);
            return true;
        });
        refused(hub(), "tiny/model: 127.0.0.1 redirects to what is no address, or not a safe one");
    }

    @Test
    void noHubAtAllIsTold() throws IOException {
        String endpoint = server.endpoint();
        server.close();
        assertThatThrownBy(() -> download(hub("HF_ENDPOINT", endpoint))).isInstanceOf(HubException.class)
                .hasMessageStartingWith("tiny/model: no answer from 127.0.0.1: ").message().doesNotContain("\n", FakeHub.TOKEN);
    }

    @Test
    void aDiskWithoutRoomIsToldBeforeAnythingComes() throws IOException {
        server.trouble((request, exchange) -> {
            if (!request.file().equals(VAE) || !request.method().equals("HEAD")) {
                return false;
            }
            exchange.getResponseHeaders().set("X-Repo-Commit", server.main());
            exchange.getResponseHeaders().set("X-Linked-Etag", "\"" + "0".repeat(64) + "\"");
            exchange.getResponseHeaders().set("X-Linked-Size", Long.toString(1L << 60));
            exchange.getResponseHeaders().set("Location", "http://localhost/vae");
            exchange.sendResponseHeaders(302, -1);
            return true;
        });
        assertThatThrownBy(this::download).isInstanceOf(IOException.class)
                .hasMessageStartingWith(inCache("blobs") + ": has no room for tiny/model: it takes 1073741824.")
                .hasMessageEndingWith("are free; make room, or name another folder with HF_HUB_CACHE");
        assertThat(server.taken()).doesNotContain("storage GET /" + TRANSFORMER);
    }

    @Test
    void anInterruptKeepsWhatHasCome() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch end = new CountDownLatch(1);
        server.trouble((request, exchange) -> {
            if (!isContent(request, TRANSFORMER) || end.getCount() == 0) {
                return false;
            }
            FakeHub.sendPart(exchange, server.content(TRANSFORMER), 50_000);
            begun.countDown();
            await(end);
            return true;
        });
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        Thread thread = Thread.ofPlatform().start(() -> {
            try {
                download();
            } catch (Throwable e) {
                thrown.set(e);
            }
        });
        begun.await();
        while (!Files.exists(incomplete(TRANSFORMER)) || Files.size(incomplete(TRANSFORMER)) < 50_000) {
            Thread.sleep(5);
        }
        thread.interrupt();
        thread.join();
        end.countDown();
        assertThat(thrown.get()).isInstanceOf(CancellationException.class)
                .hasMessage("tiny/model: the download was stopped; the next one goes on from there");
        isUndamaged();
        server.taken();
        isWhole(download());
        assertThat(server.taken()).contains("storage GET /" + TRANSFORMER + " bytes=50000-");
    }

    /** Another program has the lock of a file, and has brought it when it gives that back. */
    @Test
    void whatAnotherProgramDownloadsIsWaitedFor() throws Exception {
        Path lock = cache.resolve(".locks/models--tiny--model/" + blob(VAE).getFileName() + ".lock");
        Files.createDirectories(lock.getParent());
        InterprocessLock held = InterprocessLock.acquire(lock, Duration.ZERO, () -> {});
        try (Logged warnings = new Logged(Hub.class)) {
            CompletableFuture<Path> download = CompletableFuture.supplyAsync(() -> {
                try {
                    return download(hub(patience(20_000, 500, 9)));
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
            while (warnings.messages().isEmpty()) {
                Thread.sleep(5);
            }
            assertThat(warnings.messages()).containsExactly(
                    "WARNING: another program is downloading " + VAE + " of tiny/model: waiting for it");
            Files.write(blob(VAE), server.content(VAE));
            held.close();
            isWhole(download.get());
            assertThat(server.taken()).doesNotContain("hub GET " + VAE);
        }
    }

    /** Where a file system has no locks, another program may finish the same file in the meantime. */
    @Test
    void whatAnotherProgramHasFinishedIsTaken() throws IOException {
        server.trouble(once(request -> isContent(request, VAE), (_, exchange) -> {
            byte[] content = server.content(VAE);
            FakeHub.sendPart(exchange, content, SIZE / 2);
            Files.write(incomplete(VAE), content);
            Files.move(incomplete(VAE), blob(VAE));
            return true;
        }));
        isWhole(download());
    }
}
