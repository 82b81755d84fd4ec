package io.panatorch.cogvideox.cli;

import io.panatorch.cache.report.CacheText;
import io.panatorch.cogvideox.config.LibraryVersion;
import io.panatorch.cogvideox.video.VideoWriter;
import io.panatorch.device.CudaInfo;
import io.panatorch.device.LibtorchInfo;
import io.panatorch.io.UnpackedResources;
import io.panatorch.tensor.Device;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code panatorch info}: what a video would be made with. */
@Command(
        name = "info",
        description = "Says what is used: JDK, libtorch, devices, what encodes videos; and with any option of a model, a video or a cache, how much"
                + " memory that will take.",
        versionProvider = Versions.class,
        mixinStandardHelpOptions = true,
        sortOptions = false,
        abbreviateSynopsis = true,
        footerHeading = "%nExample:%n",
        footer = "  panatorch info --model CogVideoX-5b --dtype bfloat16 --frames 49 --vae-tiling --offload blocks --cache pab")
final class InfoCommand implements Callable<Integer> {

    @Mixin
    private ModelOptions model;

    @Mixin
    private RequestOptions video;

    @Mixin
    private CacheOptions cache;

    @Spec
    private CommandSpec spec;

    private final Terminal terminal;

    InfoCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    /** The libtorch comes last: where it cannot be loaded, the rest has been told. */
    @Override
    public Integer call() throws IOException {
        row("panatorch", LibraryVersion.get());
        row("JDK", Machine.java() + ", " + System.getProperty("java.home"));
        row("system", System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
                + System.getProperty("os.arch") + ", " + Runtime.getRuntime().availableProcessors() + " processors");
        row("cache", UnpackedResources.cacheFolder().toString());
        VideoWriter.encoders().forEach((ending, encoder) -> row(ending.substring(1).toUpperCase(Locale.ROOT), encoder));
        LibtorchInfo libtorch = LibtorchInfo.load();
        row("libtorch", libtorch.version() + " from " + libtorch.source());
        row("", libtorch.folder().toString());
        row("shim", libtorch.shimVersion() + ", " + libtorch.shim());
        row("devices", libtorch.devices().stream().map(Device::toString).collect(Collectors.joining(", ")));
        CudaInfo cuda = CudaInfo.load();
        row("CUDA", cuda.missing().map(reason -> "not used: " + reason).orElseGet(() -> cuda.runtime().orElse("")
                + cuda.driver().map(version -> ", the driver serves up to " + version).orElse("")));
        cuda.gpus().forEach(gpu -> row(gpu.device().toString(), gpu.name() + ", " + CacheText.bytes(gpu.byteSize())
                + ", compute capability " + gpu.computeCapability()));
        row("threads", Integer.toString(LibtorchInfo.threads()));
        if (!spec.commandLine().getParseResult().matchedOptions().isEmpty()) {
            model.check(terminal);
            MemoryCheck memory = new MemoryCheck(model, video.request(List.of("prompt"))
                    .cache(cache.method(model.description(), terminal, false)).build());
            String name = "memory";
            for (String line : memory.lines()) {
                row(name, line);
                name = "";
            }
        }
        return ExitCode.OK;
    }

    private void row(String name, String text) {
        terminal.line("%-11s%s".formatted(name, text));
    }
}
