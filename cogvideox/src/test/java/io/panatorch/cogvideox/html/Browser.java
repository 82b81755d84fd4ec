package io.panatorch.cogvideox.html;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A Chromium without a window, told what to do over a pipe in the DevTools protocol. */
public final class Browser implements AutoCloseable {

    private static final JsonMapper JSON = new JsonMapper();
    private static final List<String> NAMES = List.of("chromium", "chromium-browser", "google-chrome", "google-chrome-stable");
    /** A browser that hangs ends after so many seconds, and the test with it. */
    private static final int PATIENCE = 300;

    private final Process process;
    private final OutputStream out;
    private final InputStream in;
    private final List<JsonNode> events = new ArrayList<>();
    private String session;
    private int lastId;

    /** {@return the first on the {@code PATH}} */
    public static Optional<Path> find() {
        return Arrays.stream(Optional.ofNullable(System.getenv("PATH")).orElse("").split(File.pathSeparator))
                .flatMap(folder -> NAMES.stream().map(name -> Path.of(folder, name))).filter(Files::isExecutable).findFirst();
    }

    /**
     * Starts one with an empty page.
     *
     * @param profile a folder for its files
     */
    public Browser(Path executable, Path profile) throws IOException {
        List<String> command = new ArrayList<>(List.of("sh", "-c", "exec \"$0\" \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>&1",
                executable.toString(), "--headless=new", "--remote-debugging-pipe", "--user-data-dir=" + profile, "--no-first-run",
                "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking", "--hide-scrollbars"));
        if (System.getProperty("user.name").equals("root")) {
            command.add("--no-sandbox"); // which root has none of
        }
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put("TMPDIR", profile.toString());
        process = builder.start();
        CompletableFuture.delayedExecutor(PATIENCE, TimeUnit.SECONDS).execute(process::destroyForcibly);
        out = process.getOutputStream();
        in = new BufferedInputStream(process.getInputStream());
        String target = call("Target.createTarget", arguments().put("url", "about:blank")).get("targetId").asText();
        session = call("Target.attachToTarget", arguments().put("targetId", target).put("flatten", true)).get("sessionId").asText();
        for (String domain : List.of("Page", "Runtime", "Log", "Network")) {
            call(domain + ".enable", arguments());
        }
    }

    /** Opens a page, without scrollbars, and waits until it is loaded. */
    public void open(Path page, int width, int height, boolean dark) throws IOException {
        call("Emulation.setDeviceMetricsOverride", arguments().put("width", width).put("height", height).put("deviceScaleFactor", 1)
                .put("mobile", width < 600));
        ObjectNode media = arguments();
        media.putArray("features").addObject().put("name", "prefers-color-scheme").put("value", dark ? "dark" : "light");
        call("Emulation.setEmulatedMedia", media);
        events.clear();
        call("Page.navigate", arguments().put("url", page.toUri().toString()));
        while (events.stream().noneMatch(event -> event.get("method").asText().equals("Page.loadEventFired"))) {
            events.add(read());
        }
    }

    /** Whether pages may run scripts from now on. */
    public void allowScripts(boolean allowed) throws IOException {
        call("Emulation.setScriptExecutionDisabled", arguments().put("value", !allowed));
    }

    /** {@return what an expression gives, awaited where it is a promise} */
    public JsonNode evaluate(String script) throws IOException {
        JsonNode answer = call("Runtime.evaluate",
                arguments().put("expression", script).put("returnByValue", true).put("awaitPromise", true));
        if (answer.has("exceptionDetails")) {
            throw new AssertionError(answer.get("exceptionDetails").toString());
        }
        return answer.get("result").path("value");
    }

    /** {@return the whole page as a PNG file in Base64} */
    public String screenshot() throws IOException {
        return call("Page.captureScreenshot", arguments().put("format", "png").put("captureBeyondViewport", true)).get("data").asText();
    }

    /** {@return what the page complained about since it was opened} */
    public List<String> complaints() {
        return events.stream().filter(event -> switch (event.get("method").asText()) {
            case "Runtime.exceptionThrown", "Log.entryAdded", "Runtime.consoleAPICalled" -> true;
            default -> false;
        }).map(event -> event.get("params").toString()).toList();
    }

    /** {@return the addresses that the page asked for since it was opened, those inside it left out} */
    public List<String> requests() {
        return events.stream().filter(event -> event.get("method").asText().equals("Network.requestWillBeSent"))
                .map(event -> event.get("params").get("request").get("url").asText()).filter(url -> !url.startsWith("data:")).toList();
    }

    private static ObjectNode arguments() {
        return JSON.createObjectNode();
    }

    private JsonNode call(String method, ObjectNode arguments) throws IOException {
        ObjectNode message = JSON.createObjectNode().put("id", ++lastId).put("method", method);
        message.set("params", arguments);
        if (session != null) {
            message.put("sessionId", session);
        }
        out.write(JSON.writeValueAsBytes(message));
        out.write(0);
        out.flush();
        while (true) {
            JsonNode answer = read();
            if (!answer.has("id")) {
                events.add(answer);
            } else if (answer.has("error")) {
                throw new IOException(method + ": " + answer.get("error"));
            } else if (answer.get("id").asInt() == lastId) {
                return answer.get("result");
            }
        }
    }

    private JsonNode read() throws IOException {
        ByteArrayOutputStream message = new ByteArrayOutputStream();
        for (int c = in.read(); c != 0; c = in.read()) {
            if (c < 0) {
                throw new EOFException("the browser ended");
            }
            message.write(c);
        }
        return JSON.readTree(message.toString(StandardCharsets.UTF_8));
    }

    /** Ends it, so that its files can be deleted. */
    @Override
    public void close() {
        List<ProcessHandle> all = Stream.concat(process.descendants(), Stream.of(process.toHandle())).toList();
        all.forEach(ProcessHandle::destroyForcibly);
        all.forEach(one -> one.onExit().orTimeout(PATIENCE, TimeUnit.SECONDS).join());
    }
}
