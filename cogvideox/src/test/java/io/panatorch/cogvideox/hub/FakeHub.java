package io.panatorch.cogvideox.hub;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A hub on this machine, with one model, and the storage on another host that it redirects to for large files. It answers with the
 * headers of the real one; a {@link Trouble} of a test comes before.
 */
public final class FakeHub implements AutoCloseable {

    public static final String MODEL = "tiny/model";
    public static final String TOKEN = "hf_aSecretOfNobody";

    private static final int OK = 200;
    private static final int PARTIAL = 206;
    private static final int FOUND = 302;
    private static final int NOT_FOUND = 404;
    private static final int NO_SUCH_RANGE = 416;

    /** A request as it came: {@code hub} or {@code storage}, and what of it matters. */
    public record Request(String server, String method, String file, String range, String authorization) {

        @Override
        public String toString() {
            return server + " " + method + " " + file + (range == null ? "" : " " + range);
        }
    }

    /** What a test lets go wrong. */
    @FunctionalInterface
    public interface Trouble {

        /** {@return whether it has answered} */
        boolean answers(Request request, HttpExchange exchange) throws IOException;
    }

    private final HttpServer hub = server("127.0.0.1", "hub");
    private final HttpServer storage = server("localhost", "storage");
    private final ExecutorService threads = Executors.newCachedThreadPool(Thread.ofPlatform().daemon().factory());
    private final Map<String, Map<String, byte[]>> commits = new HashMap<>();
    private final List<Request> requests = new CopyOnWriteArrayList<>();
    private final int port = hub.getAddress().getPort();
    private volatile Trouble trouble = (_, _) -> false;
    private volatile String main;

    /** One that has no file yet. */
    public FakeHub() {
        for (HttpServer server : List.of(hub, storage)) {
            server.setExecutor(threads);
            server.start();
        }
        commit();
    }

    /** One with the files of a folder. */
    public static FakeHub of(Path folder) throws IOException {
        FakeHub hub = new FakeHub();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                hub.put(folder.relativize(file).toString(), Files.readAllBytes(file));
            }
        }
        return hub;
    }

    private HttpServer server(String host, String name) {
        try {
            HttpServer server = HttpServer.create(new InetSocketAddress(host, 0), 0);
            server.createContext("/", exchange -> answer(name, exchange));
            return server;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Adds a file to the branch main, or changes it. */
    public FakeHub put(String file, byte[] content) {
        commits.get(main).put(file, content);
        return this;
    }

    public FakeHub remove(String file) {
        commits.get(main).remove(file);
        return this;
    }

    public FakeHub put(String file, String content) {
        return put(file, content.getBytes(StandardCharsets.UTF_8));
    }

    /** Begins a commit, which has the files of that before, and returns its name. */
    public String commit() {
        String name = HexFormat.of().toHexDigits(commits.size() + 1, 8) + "0123456789abcdef0123456789abcdef";
        commits.put(name, new TreeMap<>(main == null ? Map.of() : commits.get(main)));
        main = name;
        return name;
    }

    public String main() {
        return main;
    }

    public byte[] content(String file) {
        return commits.get(main).get(file);
    }

    public void trouble(Trouble what) {
        trouble = what;
    }

    public String endpoint() {
        return "http://127.0.0.1:" + port;
    }

    /** {@return the variables that lead here} */
    public Map<String, String> variables(Path cache) {
        return new HashMap<>(Map.of("HF_ENDPOINT", endpoint(), "HF_HUB_CACHE", cache.toString(), "HF_TOKEN", TOKEN));
    }

    public List<Request> requests() {
        return List.copyOf(requests);
    }

    /** {@return what was asked for, since that was asked for the last time} */
    public List<String> taken() {
        List<String> texts = requests.stream().map(Request::toString).toList();
        requests.clear();
        return texts;
    }

    /** {@return the name of a content: Git's for what is small, the SHA-256 of what is large} */
    public static String etag(String file, byte[] content) {
        try {
            MessageDigest digest = MessageDigest.getInstance(isLarge(file) ? "SHA-256" : "SHA-1");
            if (!isLarge(file)) {
                digest.update(("blob " + content.length + "\0").getBytes(StandardCharsets.UTF_8));
            }
            return HexFormat.of().formatHex(digest.digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    private static boolean isLarge(String file) {
        return !file.endsWith(".json") && !file.endsWith(".md");
    }

    private void answer(String server, HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        String file = path.replaceFirst("^/" + MODEL + "/resolve/[^/]+/", "");
        Request request = new Request(server, exchange.getRequestMethod(), file, exchange.getRequestHeaders().getFirst("Range"),
                exchange.getRequestHeaders().getFirst("Authorization"));
        requests.add(request);
        try (exchange) {
            if (trouble.answers(request, exchange)) {
                return;
            }
            if (server.equals("storage")) {
                sendContent(exchange, commits.get(main).get(path.substring(1)));
            } else if (path.startsWith("/api/models/" + MODEL + "/revision/")) {
                sendList(exchange, path.substring(path.lastIndexOf('/') + 1));
            } else if (path.startsWith("/" + MODEL + "/resolve/")) {
                sendFile(exchange, path.split("/")[4], file);
            } else {
                refuse(exchange, 401, "RepoNotFound", "Repository not found");
            }
        }
    }

    private void sendList(HttpExchange exchange, String commit) throws IOException {
        byte[] list = commits.get(commit).keySet().stream().map(file -> "{\"rfilename\":\"" + file + "\"}")
                .collect(Collectors.joining(",", "{\"sha\":\"" + commit + "\",\"siblings\":[", "]}")).getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(OK, list.length);
        exchange.getResponseBody().write(list);
    }

    private void sendFile(HttpExchange exchange, String revision, String file) throws IOException {
        String commit = revision.equals("main") ? main : revision;
        if (!commits.containsKey(commit)) {
            refuse(exchange, NOT_FOUND, "RevisionNotFound", "Invalid rev id: " + revision);
            return;
        }
        exchange.getResponseHeaders().set("X-Repo-Commit", commit);
        byte[] content = commits.get(commit).get(file);
        if (content == null) {
            refuse(exchange, NOT_FOUND, "EntryNotFound", "Entry not found");
            return;
        }
        if (isLarge(file)) {
            exchange.getResponseHeaders().set("X-Linked-Etag", "\"" + etag(file, content) + "\"");
            exchange.getResponseHeaders().set("X-Linked-Size", Integer.toString(content.length));
            exchange.getResponseHeaders().set("Location", storageAddress(file));
            exchange.sendResponseHeaders(FOUND, -1);
            return;
        }
        exchange.getResponseHeaders().set("ETag", "W/\"" + etag(file, content) + "\"");
        sendContent(exchange, content);
    }

    /** With what a strict reader of addresses does not take. */
    private String storageAddress(String file) {
        return "http://localhost:" + storage.getAddress().getPort() + "/" + file + "?signature=secret&policy={\"a\": \"b|c\"}";
    }

    /** Whole, or from a byte on, as asked. */
    public static void sendContent(HttpExchange exchange, byte[] content) throws IOException {
        String range = exchange.getRequestHeaders().getFirst("Range");
        int from = range == null ? 0 : Integer.parseInt(range.replaceAll("bytes=(\\d+)-", "$1"));
        if (from > 0 && from >= content.length) {
            exchange.sendResponseHeaders(NO_SUCH_RANGE, -1);
            return;
        }
        if (range == null) {
            sendWhole(exchange, content);
        } else {
            exchange.getResponseHeaders().set("Content-Range", "bytes " + from + "-" + (content.length - 1) + "/" + content.length);
            exchange.sendResponseHeaders(PARTIAL, content.length - from);
            exchange.getResponseBody().write(content, from, content.length - from);
        }
    }

    /** Whole, whatever range was asked for. */
    public static void sendWhole(HttpExchange exchange, byte[] content) throws IOException {
        if (exchange.getRequestMethod().equals("HEAD")) {
            exchange.getResponseHeaders().set("Content-Length", Integer.toString(content.length));
            exchange.sendResponseHeaders(OK, -1);
            return;
        }
        exchange.sendResponseHeaders(OK, content.length == 0 ? -1 : content.length);
        if (content.length > 0) {
            exchange.getResponseBody().write(content);
        }
    }

    /** Says that there are so many bytes, and sends the first of them. The connection ends there, as the exchange is closed. */
    public static void sendPart(HttpExchange exchange, byte[] content, int bytes) throws IOException {
        String range = exchange.getRequestHeaders().getFirst("Range");
        int from = range == null ? 0 : Integer.parseInt(range.replaceAll("bytes=(\\d+)-", "$1"));
        if (from > 0) {
            exchange.getResponseHeaders().set("Content-Range", "bytes " + from + "-" + (content.length - 1) + "/" + content.length);
        }
        exchange.sendResponseHeaders(from > 0 ? PARTIAL : OK, content.length - from);
        exchange.getResponseBody().write(Arrays.copyOfRange(content, from, Math.min(content.length, from + bytes)));
        exchange.getResponseBody().flush();
    }

    /** As the hub refuses. */
    public static void refuse(HttpExchange exchange, int status, String code, String message) throws IOException {
        if (!code.isEmpty()) {
            exchange.getResponseHeaders().set("X-Error-Code", code);
        }
        exchange.getResponseHeaders().set("X-Error-Message", message);
        exchange.sendResponseHeaders(status, -1);
    }

    @Override
    public void close() {
        if (threads.isShutdown()) {
            return;
        }
        hub.stop(0);
        storage.stop(0);
        threads.shutdownNow();
    }
}
