package io.panatorch.cogvideox.cli;

import io.panatorch.cogvideox.hub.Hub;
import io.panatorch.cogvideox.hub.ModelId;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code panatorch download}: a model from the hub, for later. */
@Command(
        name = "download",
        description = "Downloads what a video takes of a model of the Hugging Face hub, and says where it is. What is in the cache, which"
                + " Python's programs use too, is not downloaded again; what was stopped goes on.",
        versionProvider = Versions.class,
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  panatorch download zai-org/CogVideoX-2b",
            "  panatorch download zai-org/CogVideoX-2b@main --variant fp16"
        })
final class DownloadCommand implements Callable<Integer> {

    @Parameters(paramLabel = "ORG/NAME[@REVISION]", description = "the model; a branch, a tag or a commit of it (default: main)")
    private String model;

    @Option(names = "--variant", paramLabel = "NAME", defaultValue = "",
            description = "which of several weights, such as fp16; of a part that has none of that name its plain ones"
                    + " (default: those)")
    private String variant;

    private final Terminal terminal;

    DownloadCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException {
        ModelOptions.checkVariant(variant);
        ModelId id = ModelId.of(model);
        DownloadBar bar = new DownloadBar(terminal, id.toString());
        terminal.line(Hub.fromEnvironment().download(id, variant, bar::show).toString());
        return ExitCode.OK;
    }
}
