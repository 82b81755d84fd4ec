package io.panatorch.cogvideox.hub;

import io.panatorch.cogvideox.hub.HubException.Kind;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodySubscribers;
import java.nio.ByteBuffer;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Sends requests to the hub, and to wherever it redirects: with the token to the hub alone, and not from HTTPS to HTTP. For many
 * threads.
 */
final class HubConnection implements AutoCloseable {

    static final int OK = 200;
    static final int PARTIAL = 206;

    private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);
    private static final int MOST_REDIRECTS = 5;
    private static final String ESCAPED = " \"<>\\^`{|}";
    private static final int HTTPS_PORT = 443;
    private static final int HTTP_PORT = 80;
    private static final double MILLIS = 1e3;

    private final URI hub;
    private final Optional<String> token;
    private final Patience patience;
    private final ModelId model;
    private final HttpClient http;

    /** @param model for messages */
    HubConnection(URI hub, Optional<String> token, Patience patience, ModelId model) {
        this.hub = hub;
        this.token = token;
        this.patience = patience;
        this.model = model;
        // Redirects are followed here, as the client would take the token along.
        this.http = HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NEVER).connectTimeout(patience.answer()).build();
    }

    /**
     * An answer, and who gave it.
     *
     * @param body to be taken by {@link #body} where the answer is to a GET and is {@link #OK} or {@link #PARTIAL}, else null
     */
    record Answer(URI uri, int status, HttpHeaders headers, Flow.Publisher<List<ByteBuffer>> body) {

        boolean isRedirect() {
            return REDIRECTS.contains(status);
        }
    }

    /** {@return the headers that describe a file} Redirects that leave the hub are not followed: only the hub knows the commit. */
    Answer head(String path) throws IOException, InterruptedException {
        return send("HEAD", path, 0);
    }

    /**
     * {@return what is there, wherever that is}
     *
     * @param from the first byte that is asked for
     */
    Answer get(String path, long from) throws IOException, InterruptedException {
        return send("GET", path, from);
    }

    /** {@return the bytes of an answer, to be closed by the caller} */
    BodyChunks body(Answer answer) {
        return new BodyChunks(answer.body, model + ": " + answer.uri.getHost(), patience.silence());
    }

    private Answer send(String method, String path, long from) throws IOException, InterruptedException {
        URI uri = URI.create(hub + path);
        for (int redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
            Answer answer = exchange(request(method, uri, from));
            Optional<String> location = answer.headers.firstValue("Location").filter(_ -> answer.isRedirect());
            if (location.isEmpty()) {
                return answer;
            }
            URI next = target(uri, location.get());
            boolean describes = answer.headers.firstValue("X-Linked-Etag").isPresent() && URI.create(legal(location.get())).isAbsolute();
            if (method.equals("HEAD") && (describes || !isHub(next))) {
                return answer;
            }
            uri = next;
        }
        throw new HubException(Kind.REFUSED, model + ": " + hub + " redirects more than " + MOST_REDIRECTS + " times");
    }

    private URI target(URI from, String location) throws HubException {
        try {
            URI target = from.resolve(legal(location));
            boolean isSafe = "https".equals(target.getScheme()) || "http".equals(target.getScheme()) && !"https".equals(from.getScheme());
            if (isSafe && target.getHost() != null) {
                return target;
            }
        } catch (IllegalArgumentException e) {
            // told below, without the address
        }
        throw new HubException(Kind.REFUSED, model + ": " + from.getHost() + " redirects to what is no address, or not a safe one");
    }

    /** Servers are not as strict as Java about what stands in an address as it is. */
    private static String legal(String location) {
        StringBuilder legal = new StringBuilder();
        for (char c : location.toCharArray()) {
            legal.append(ESCAPED.indexOf(c) < 0 ? String.valueOf(c) : String.format("%%%02X", (int) c));
        }
        return legal.toString();
    }

    private HttpRequest request(String method, URI uri, long from) {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri).method(method, HttpRequest.BodyPublishers.noBody())
                .header("User-Agent", "panatorch")
                .header("Accept-Encoding", "identity"); // so that sizes are those of the files
        if (from > 0) {
            request.header("Range", "bytes=" + from + "-");
        }
        if (isHub(uri)) {
            token.ifPresent(secret -> request.header("Authorization", "Bearer " + secret));
        }
        return request.build();
    }

    /** {@return whether an address is the hub's, and not only on the same host} */
    boolean isHub(URI uri) {
        return hub.getScheme().equals(uri.getScheme()) && hub.getHost().equalsIgnoreCase(uri.getHost()) && port(hub) == port(uri);
    }

    private static int port(URI uri) {
        if (uri.getPort() >= 0) {
            return uri.getPort();
        }
        return "https".equals(uri.getScheme()) ? HTTPS_PORT : HTTP_PORT;
    }

    private Answer exchange(HttpRequest request) throws HubException, InterruptedException {
        String host = request.uri().getHost();
        CompletableFuture<HttpResponse<Flow.Publisher<List<ByteBuffer>>>> future = http.sendAsync(request, bodies(request));
        try {
            var response = future.get(patience.answer().toMillis(), TimeUnit.MILLISECONDS);
            return new Answer(request.uri(), response.statusCode(), response.headers(), response.body());
        } catch (TimeoutException e) {
            future.cancel(true);
            throw new HubException(Kind.TRANSIENT, model + ": " + host + " has not answered for " + seconds(patience.answer()), e);
        } catch (ExecutionException e) {
            throw new HubException(Kind.TRANSIENT, model + ": no answer from " + host + ": " + reason(e.getCause()), e.getCause());
        } catch (InterruptedException e) {
            future.cancel(true);
            throw e;
        }
    }

    /** A body that nobody reads would keep its connection: those of refusals and redirects are dropped. */
    private static BodyHandler<Flow.Publisher<List<ByteBuffer>>> bodies(HttpRequest request) {
        return response -> request.method().equals("GET") && (response.statusCode() == OK || response.statusCode() == PARTIAL)
                ? BodySubscribers.ofPublisher() : BodySubscribers.replacing(null);
    }

    private static String reason(Throwable e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof UnresolvedAddressException) {
                return "its name is not known; is there a network?";
            }
        }
        return Objects.requireNonNullElse(e.getMessage(), e instanceof ConnectException ? "it takes no connection" : e.toString());
    }

    static String seconds(Duration duration) {
        return duration.toMillis() % MILLIS == 0 ? duration.toSeconds() + " s" : duration.toMillis() / MILLIS + " s";
    }

    /** Ends what is still going on. */
    @Override
    public void close() {
        http.shutdownNow();
    }
}
