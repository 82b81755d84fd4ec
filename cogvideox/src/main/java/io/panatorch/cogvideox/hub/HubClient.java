package io.panatorch.cogvideox.hub;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.panatorch.cogvideox.hub.HubConnection.Answer;
import io.panatorch.cogvideox.hub.HubException.Kind;
import io.panatorch.json.JsonFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpHeaders;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Asks the hub for one model; each method once, for {@link Retries} to call again. For many threads. */
final class HubClient implements AutoCloseable {

    private static final int LONGEST_LISTING = 16 << 20;

    private final URI hub;
    private final ModelId model;
    private final HubConnection connection;
    private final Refusal refusal;

    /** @throws IOException where the token cannot be read */
    HubClient(HubSettings settings, Patience patience, ModelId model) throws IOException {
        Optional<String> token = settings.token();
        this.hub = settings.endpoint();
        this.model = model;
        this.connection = new HubConnection(hub, token, patience, model);
        this.refusal = new Refusal(hub, token, model);
    }

    /** {@return the model that it asks for} */
    ModelId model() {
        return model;
    }

    /**
     * {@return what a file is, without its content}
     *
     * @param revision a branch, a tag or a commit
     */
    RemoteFile describe(String revision, String file) throws IOException, InterruptedException {
        Answer answer = connection.head(path(revision, file));
        if (!answer.isRedirect() && answer.status() != HubConnection.OK) {
            throw refusal.of(answer, file);
        }
        HttpHeaders headers = answer.headers();
        String commit = headers.firstValue("X-Repo-Commit").filter(ModelId::isCommit).orElseThrow(() -> new HubException(Kind.REFUSED,
                model + ": " + hub + " does not answer as a hub does, it names no commit; another server may stand before it"));
        String etag = headers.firstValue("X-Linked-Etag").or(() -> headers.firstValue("ETag")).map(HubClient::plain).orElse("");
        long size = headers.firstValue("X-Linked-Size")
                .or(() -> answer.isRedirect() ? Optional.empty() : headers.firstValue("Content-Length")).map(HubClient::number).orElse(-1L);
        if (!RemoteFile.isEtag(etag) || size < 0) {
            throw new HubException(Kind.REFUSED, model + ": " + hub + " does not answer as a hub does: expected the etag and the size of "
                    + file + ", found \"" + JsonFile.oneLine(etag) + "\" and " + (size < 0 ? "none" : size));
        }
        return new RemoteFile(file, commit, etag, size);
    }

    private static String plain(String etag) {
        return etag.replaceFirst("^W/", "").replaceFirst("^\"(.*)\"$", "$1");
    }

    private static long number(String text) {
        try {
            return Long.parseLong(text.strip());
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    /** {@return the names of a commit's files, as far as a file could have such a name anywhere} */
    Set<String> files(String commit) throws IOException, InterruptedException {
        Answer answer = connection.get("/api/models/" + model.name() + "/revision/" + encoded(commit), 0);
        if (answer.status() != HubConnection.OK) {
            throw refusal.of(answer, "");
        }
        Set<String> names = new TreeSet<>();
        for (JsonNode file : listing(answer).path("siblings")) {
            String name = file.path("rfilename").asText();
            if (RemoteFile.isSafeName(name)) {
                names.add(name);
            }
        }
        return names;
    }

    private JsonNode listing(Answer answer) throws IOException, InterruptedException {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        try (BodyChunks body = connection.body(answer)) {
            for (List<ByteBuffer> chunk = body.next(); chunk != null; chunk = body.next()) {
                for (ByteBuffer bytes : chunk) {
                    byte[] copy = new byte[bytes.remaining()];
                    bytes.get(copy);
                    text.writeBytes(copy);
                }
                if (text.size() > LONGEST_LISTING) {
                    throw new HubException(Kind.REFUSED, model + ": the list of its files is longer than " + LONGEST_LISTING + " bytes");
                }
            }
        }
        try {
            return JsonFile.parse(text.toString(StandardCharsets.UTF_8));
        } catch (JsonProcessingException e) { // cut off, or a page of a proxy
            throw new HubException(Kind.TRANSIENT, model + ": the list of its files that " + hub + " gives is no JSON", e);
        }
    }

    /**
     * What a file holds.
     *
     * @param from the byte that it begins with: 0 where the server gives all of it, whatever was asked for
     */
    record Content(long from, BodyChunks chunks) implements AutoCloseable {

        @Override
        public void close() {
            chunks.close();
        }
    }

    /**
     * {@return a file's content from a byte on, or from its beginning, to be closed by the caller} Each call asks the hub where that
     * is, since the addresses that it redirects to are good for a while only.
     */
    Content content(RemoteFile file, long from) throws IOException, InterruptedException {
        Answer answer = connection.get(path(file.commit(), file.name()), from);
        if (answer.status() == HubConnection.OK) {
            return new Content(0, connection.body(answer));
        }
        if (answer.status() == HubConnection.PARTIAL) {
            BodyChunks chunks = connection.body(answer);
            if (answer.headers().firstValue("Content-Range").filter(range -> range.startsWith("bytes " + from + "-")).isPresent()) {
                return new Content(from, chunks);
            }
            chunks.close();
        } else if (connection.isHub(answer.uri())) {
            throw refusal.of(answer, file.name());
        }
        throw new HubException(Kind.TRANSIENT, model + ": " + answer.uri().getHost() + " answers " + answer.status() + " for "
                + file.name() + (from > 0 ? " from byte " + from : ""));
    }

    private String path(String revision, String file) {
        return "/" + model.name() + "/resolve/" + encoded(revision) + "/"
                + Stream.of(file.split("/")).map(HubClient::encoded).collect(Collectors.joining("/"));
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /** Ends what is still going on. */
    @Override
    public void close() {
        connection.close();
    }
}
