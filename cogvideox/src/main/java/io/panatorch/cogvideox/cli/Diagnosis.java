package io.panatorch.cogvideox.cli;

import io.panatorch.cache.report.CacheText;
import io.panatorch.cogvideox.hub.HubSettings;
import io.panatorch.cogvideox.video.VideoWriter;
import io.panatorch.device.CudaInfo;
import io.panatorch.device.LibtorchInfo;
import io.panatorch.io.UnpackedResources;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.TorchException;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What one look at this machine has found.
 *
 * @param state whether it is right
 * @param name what was looked at
 * @param text what was found and, where it is not right, what to do
 */
record Diagnosis(State state, String name, String text) {

    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final long UNPACKED = 400L << 20;
    private static final long MODEL = 20L << 30;
    private static final long SMALL_MACHINE = 12L << 30;
    private static final int OLDEST_GLIBC = 35;
    private static final Pattern GLIBC = Pattern.compile("stable release version 2\\.(\\d+)");
    private static final List<Path> LOADERS = List.of(Path.of("/lib64/ld-linux-x86-64.so.2"), Path.of("/lib/x86_64-linux-gnu/libc.so.6"));

    /** Whether it is right. */
    enum State {
        /** It is. */
        RIGHT("ok"),
        /** Videos can be made, but something is missing that may be wanted. */
        NOTE("note"),
        /** No video can be made. */
        WRONG("WRONG");

        private final String word;

        State(String word) {
            this.word = word;
        }
    }

    /** Looks at something. */
    @FunctionalInterface
    interface Check {

        Diagnosis look() throws IOException, InterruptedException;
    }

    static Diagnosis of(Check check) {
        try {
            return check.look();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return wrong("doctor", "interrupted");
        } catch (TorchException e) {
            return wrong("libtorch", e.getMessage());
        } catch (IOException | IllegalArgumentException e) { // of a folder, or of a variable of the environment
            return wrong("settings", String.valueOf(e.getMessage()));
        }
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%-6s%-14s%s", state.word, name, text);
    }

    private static Diagnosis right(String name, String text) {
        return new Diagnosis(State.RIGHT, name, text);
    }

    private static Diagnosis note(String name, String text) {
        return new Diagnosis(State.NOTE, name, text);
    }

    private static Diagnosis wrong(String name, String text) {
        return new Diagnosis(State.WRONG, name, text);
    }

    static Diagnosis jdk() { // an older one does not come so far
        return right("JDK", Machine.java() + ", " + System.getProperty("java.home"));
    }

    static Diagnosis nativeAccess() {
        Module bindings = ModuleLayer.boot().findModule("io.panatorch.bindings").orElse(Diagnosis.class.getModule());
        String option = bindings.isNamed() ? bindings.getName() : "ALL-UNNAMED";
        return bindings.isNativeAccessEnabled() ? right("native access", "enabled for " + option)
                : note("native access", "not enabled: the JDK warns, and a later one will refuse; start java with"
                        + " --enable-native-access=" + option);
    }

    static Diagnosis glibc() throws IOException, InterruptedException {
        for (Path loader : LOADERS) {
            if (Files.isExecutable(loader)) {
                Process process = new ProcessBuilder(loader.toString(), "--version").redirectErrorStream(true).start();
                Matcher version = GLIBC.matcher(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
                process.waitFor();
                if (version.find()) {
                    return Integer.parseInt(version.group(1)) >= OLDEST_GLIBC ? right("C library", "glibc 2." + version.group(1))
                            : wrong("C library", "glibc 2." + version.group(1) + ", expected 2." + OLDEST_GLIBC
                                    + " or later: use a newer distribution, or a container with one");
                }
            }
        }
        return wrong("C library", "no glibc found, expected 2." + OLDEST_GLIBC + " or later: musl, as in Alpine, does not load libtorch; use a"
                + " container of Debian or the like");
    }

    static Diagnosis cacheFolder() throws IOException {
        Path folder = UnpackedResources.cacheFolder();
        long free = free(folder);
        if (!Files.isWritable(existing(folder))) {
            return wrong("cache", folder + " cannot be written to: name another with -Dpanatorch.cache=DIR");
        }
        return free < UNPACKED ? note("cache", folder + " has " + CacheText.bytes(free) + " left, and libtorch is unpacked to "
                + CacheText.bytes(UNPACKED) + ": name another with -Dpanatorch.cache=DIR") : right("cache", folder + ", "
                + CacheText.bytes(free) + " left");
    }

    static Diagnosis libtorch() {
        LibtorchInfo libtorch = LibtorchInfo.load();
        return right("libtorch", libtorch.version() + " from " + libtorch.source() + ", " + libtorch.folder() + "; "
                + LibtorchInfo.threads() + " threads; " + libtorch.devices().stream().map(Device::toString).collect(Collectors.joining(", ")));
    }

    static Diagnosis cuda() {
        CudaInfo cuda = CudaInfo.load();
        String driver = cuda.driver().map(version -> "the driver serves up to CUDA " + version).orElse("there is no NVIDIA driver");
        return cuda.missing().map(reason -> note("GPU", "none is used: " + reason + "; " + driver))
                .orElseGet(() -> right("GPU", "CUDA " + cuda.runtime().orElse("") + ", " + driver + "; " + cuda.gpus().stream()
                        .map(gpu -> gpu.name() + ", " + CacheText.bytes(gpu.byteSize())).collect(Collectors.joining("; "))));
    }

    /** Those of NVIDIA that a libtorch with CUDA uses, beside it or where the loader finds them. */
    static Diagnosis cudaLibraries() throws IOException {
        LibtorchInfo libtorch = LibtorchInfo.load();
        if (!Files.exists(libtorch.folder().resolve("libtorch_cuda.so"))) {
            return right("CUDA", "no libraries are needed: this libtorch is for the CPU");
        }
        List<String> missing = new ArrayList<>();
        String loaded = Files.readString(Path.of("/proc/self/maps"));
        for (String library : List.of("cublas", "cudnn", "nccl")) {
            if (!loaded.contains("lib" + library)) {
                missing.add("lib" + library);
            }
        }
        return missing.isEmpty() ? right("CUDA", "cuBLAS, cuDNN and NCCL are loaded")
                : note("CUDA", String.join(", ", missing) + " not loaded with libtorch_cuda: where it is not part of that, put the library's"
                        + " folder into LD_LIBRARY_PATH");
    }

    static Diagnosis ffmpeg() throws IOException {
        String encoder = VideoWriter.encoders().get(".mp4");
        return encoder.toLowerCase(Locale.ROOT).contains("ffmpeg") ? right("FFmpeg", encoder)
                : note("FFmpeg", "none with libx264 or libopenh264 on the PATH: videos are written by Java, in larger files; and no video can"
                        + " be read but GIF and frames");
    }

    static Diagnosis memory() throws IOException {
        Optional<Long> all = MemoryCheck.limit(Device.CPU);
        if (all.isEmpty()) {
            return note("memory", "not known how much there is");
        }
        return all.get() < SMALL_MACHINE ? note("memory", CacheText.bytes(all.get()) + ": CogVideoX-2b takes --dtype bfloat16 --vae-tiling"
                + " --offload blocks here; panatorch info --model MODEL says what a video takes") : right("memory", CacheText.bytes(all.get()));
    }

    static Diagnosis modelCache(HubSettings settings) {
        Path folder = settings.cacheFolder();
        long free = free(folder);
        if (!Files.isWritable(existing(folder))) {
            return note("models", folder + " cannot be written to: models of the hub are not downloaded; name another with HF_HUB_CACHE");
        }
        return free < MODEL ? note("models", folder + " has " + CacheText.bytes(free) + " left; CogVideoX-2b takes 13 GB, 5b 21 GB: name"
                + " another with HF_HUB_CACHE") : right("models", folder + ", " + CacheText.bytes(free) + " left");
    }

    static Diagnosis hub(HubSettings settings) throws InterruptedException {
        if (settings.isOffline()) {
            return note("hub", "not asked, since HF_HUB_OFFLINE is set");
        }
        try (HttpClient client = HttpClient.newBuilder().connectTimeout(PATIENCE).build()) {
            int status = client.send(HttpRequest.newBuilder(settings.endpoint()).timeout(PATIENCE)
                    .method("HEAD", HttpRequest.BodyPublishers.noBody()).build(), BodyHandlers.discarding()).statusCode();
            return status < 500 ? right("hub", settings.endpoint() + " answers") : note("hub", settings.endpoint() + " answers " + status
                    + ": try again later");
        } catch (IOException e) {
            return note("hub", settings.endpoint() + " cannot be reached (" + e.getClass().getSimpleName() + "): behind a proxy,"
                    + " PANATORCH_OPTS=\"-Dhttps.proxyHost=HOST -Dhttps.proxyPort=PORT\"; without a network, HF_HUB_OFFLINE=1");
        }
    }

    private static Path existing(Path folder) {
        return Stream.iterate(folder.toAbsolutePath(), Path::getParent).filter(Files::exists).findFirst().orElseThrow();
    }

    private static long free(Path folder) {
        return existing(folder).toFile().getUsableSpace(); // a file store is looked for in a table that a chroot has not
    }
}
