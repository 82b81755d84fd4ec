package example;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.panatorch.cache.pab.PyramidAttentionBroadcast;
import io.panatorch.cogvideox.CogVideoXPipeline;
import io.panatorch.cogvideox.DemoModel;
import io.panatorch.cogvideox.VideoRequest;
import io.panatorch.cogvideox.VideoResult;
import io.panatorch.cogvideox.video.VideoWriter;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Text to video over HTTP, with nothing but the JDK:
 *
 * <pre>
 * curl -d "a red circle on a blue background" localhost:8080/videos    # {"id":"5e0c…","state":"running","step":0,"steps":50}
 * curl localhost:8080/videos/5e0c…                                     # how far it is; …/events pushes that
 * curl localhost:8080/videos/5e0c…/video.mp4 -o red.mp4
 * curl -X DELETE localhost:8080/videos/5e0c…                           # cancels it, and forgets it
 * </pre>
 *
 * <p>One thread computes, which uses all cores already; so many requests wait, and more are told to come back later.
 */
public final class VideoService implements AutoCloseable {

    private static final int MAX_PROMPT_BYTES = 4096;
    private static final long EVENT_MILLIS = 200;

    private final CogVideoXPipeline pipeline;
    private final Path folder;
    private final HttpServer server;
    private final ExecutorService handlers = Executors.newVirtualThreadPerTaskExecutor();
    private final ThreadPoolExecutor worker;
    final Map<String, Job> jobs = new ConcurrentHashMap<>();

    record Job(String id, FutureTask<Path> task, AtomicInteger step, int steps) {

        String json() {
            String error = task.state() == Future.State.FAILED ? ",\"error\":" + quoted(task.exceptionNow().getMessage()) : "";
            return "{\"id\":\"%s\",\"state\":\"%s\",\"step\":%d,\"steps\":%d%s}"
                    .formatted(id, task.state().name().toLowerCase(Locale.ROOT), step.get(), steps, error);
        }
    }

    /**
     * Starts the service.
     *
     * @param pipeline borrowed
     * @param folder for the videos
     * @param port 0 for any
     * @param waiting how many requests may wait
     */
    public VideoService(CogVideoXPipeline pipeline, Path folder, int port, int waiting) throws IOException {
        this.pipeline = pipeline;
        this.folder = folder;
        this.worker = new ThreadPoolExecutor(1, 1, 0, TimeUnit.SECONDS, new ArrayBlockingQueue<>(waiting));
        this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        server.setExecutor(handlers);
        server.createContext("/videos", this::handle);
        server.start();
    }

    public int port() {
        return server.getAddress().getPort();
    }

    /** {@code /videos}, {@code /videos/ID} or {@code /videos/ID/WHAT} */
    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            String[] path = exchange.getRequestURI().getPath().split("/");
            String method = exchange.getRequestMethod();
            Job job = path.length < 3 ? null : jobs.get(path[2]);
            if (path.length < 3 && method.equals("POST")) {
                create(exchange);
            } else if (job == null) {
                answer(exchange, 404, "{\"error\":\"there is no such video\"}");
            } else {
                switch (path.length == 3 ? method : method + " " + path[3]) {
                    case "GET" -> answer(exchange, 200, job.json());
                    case "GET events" -> events(exchange, job);
                    case "GET video.mp4" -> video(exchange, job);
                    case "DELETE" -> delete(exchange, job);
                    default -> answer(exchange, 405, "{\"error\":\"not possible here\"}");
                }
            }
        }
    }

    private void create(HttpExchange exchange) throws IOException {
        byte[] body = exchange.getRequestBody().readNBytes(MAX_PROMPT_BYTES + 1);
        String prompt = new String(body, StandardCharsets.UTF_8).strip();
        String query = exchange.getRequestURI().getQuery();
        try {
            if (prompt.isEmpty() || body.length > MAX_PROMPT_BYTES) {
                throw new IllegalArgumentException("expected a prompt of 1 to " + MAX_PROMPT_BYTES + " bytes");
            }
            Job job = job(prompt, query == null ? 50 : Integer.parseInt(query.replaceFirst("^steps=", "")));
            jobs.put(job.id, job);
            try {
                worker.execute(job.task);
            } catch (RejectedExecutionException e) {
                jobs.remove(job.id);
                throw e;
            }
            exchange.getResponseHeaders().set("Location", "/videos/" + job.id);
            answer(exchange, 202, job.json());
        } catch (IllegalArgumentException e) { // what the request's builder refuses, too
            answer(exchange, 400, "{\"error\":" + quoted(e.getMessage()) + "}");
        } catch (RejectedExecutionException e) {
            exchange.getResponseHeaders().set("Retry-After", "60");
            answer(exchange, 503, "{\"error\":\"too many videos are waiting\"}");
        }
    }

    private Job job(String prompt, int steps) throws IOException {
        String id = UUID.randomUUID().toString();
        AtomicInteger step = new AtomicInteger();
        VideoWriter writer = VideoWriter.to(folder.resolve(id + ".mp4")); // what cannot be written is refused now
        VideoRequest request = VideoRequest.builder(prompt)
                .steps(steps)
                .cache(PyramidAttentionBroadcast.cogVideoX())
                .onStep(event -> step.set(event.index() + 1))
                .build();
        return new Job(id, task(writer.target(), () -> generate(request, writer)), step, steps);
    }

    /** A cancel may come when the video is there already, and nobody is told its name any more. */
    static FutureTask<Path> task(Path target, Callable<Path> making) {
        return new FutureTask<>(making) {
            @Override
            public void run() {
                super.run();
                if (isCancelled()) {
                    try {
                        Files.deleteIfExists(target);
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                }
            }
        };
    }

    /** An interrupt, which the task's cancel is, ends either of the two. */
    private Path generate(VideoRequest request, VideoWriter writer) throws IOException {
        try (VideoResult video = pipeline.generate(request)) {
            writer.write(video.pictures(0));
            return writer.target();
        }
    }

    /** Server-sent events, until the video is done or the client has gone. */
    private static void events(HttpExchange exchange, Job job) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
        exchange.sendResponseHeaders(200, 0);
        try (OutputStream out = exchange.getResponseBody()) {
            boolean done;
            do {
                done = job.task.isDone();
                out.write(("data: " + job.json() + "\n\n").getBytes(StandardCharsets.UTF_8));
                out.flush();
                Thread.sleep(done ? 0 : EVENT_MILLIS);
            } while (!done);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // the service is being closed
        }
    }

    private static void video(HttpExchange exchange, Job job) throws IOException {
        if (job.task.state() != Future.State.SUCCESS) {
            answer(exchange, 409, job.json());
            return;
        }
        exchange.getResponseHeaders().set("Content-Type", "video/mp4");
        exchange.sendResponseHeaders(200, Files.size(job.task.resultNow()));
        Files.copy(job.task.resultNow(), exchange.getResponseBody());
    }

    private void delete(HttpExchange exchange, Job job) throws IOException {
        jobs.remove(job.id);
        job.task.cancel(true);
        worker.remove(job.task); // if it waits, its place is free again
        if (job.task.state() == Future.State.SUCCESS) {
            Files.deleteIfExists(job.task.resultNow());
        }
        answer(exchange, 200, job.json());
    }

    private static void answer(HttpExchange exchange, int status, String json) throws IOException {
        byte[] body = json.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
    }

    private static String quoted(String text) {
        return '"' + String.valueOf(text).replace("\\", "\\\\").replace("\"", "\\\"").replaceAll("\\p{Cntrl}", " ") + '"';
    }

    /** Takes no more requests, cancels the video that is being made and those that wait, and returns when nothing computes. */
    @Override
    public void close() {
        worker.shutdown();
        jobs.values().forEach(job -> job.task.cancel(true));
        worker.close();
        handlers.shutdownNow();
        server.stop(0);
    }

    /** Runs until the process is told to end. */
    public static void main(String[] arguments) throws IOException {
        CogVideoXPipeline pipeline = CogVideoXPipeline.load(DemoModel.folder(), DType.FLOAT32, Device.CPU);
        VideoService service = new VideoService(pipeline, Files.createTempDirectory("videos"), 8080, 8);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            service.close();
            pipeline.close();
        }));
    }
}
