package io.panatorch.cogvideox.cli;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.panatorch.cogvideox.DemoModel;
import io.panatorch.cogvideox.ModelComponent;
import io.panatorch.cogvideox.ModelQuantizer;
import io.panatorch.cogvideox.ModelQuantizer.Rounded;
import io.panatorch.cogvideox.hub.Hub;
import io.panatorch.io.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code panatorch quantize}: a model in 8 bits. */
@Command(
        name = "quantize",
        description = "Writes a model with the linear layers of text encoder and transformer in 8 bits, half as large as one in bfloat16,"
                + " and says how much that changes each.",
        versionProvider = Versions.class,
        mixinStandardHelpOptions = true,
        sortOptions = false,
        footerHeading = "%n" + Outputs.RULE + "%n%nExample:%n",
        footer = {
            "  panatorch quantize --model CogVideoX-5b --output CogVideoX-5b-int8",
            "  panatorch generate --model CogVideoX-5b-int8 --dtype bfloat16 --prompt \"a panda plays the guitar\" --output panda.mp4"
        })
final class QuantizeCommand implements Callable<Integer> {

    private static final int SHOWN = 3;
    private static final double PERCENT = 100;

    @Option(names = "--model", paramLabel = "MODEL", description = "diffusers directory of a CogVideoX model, or ORG/NAME[@REVISION] on the"
            + " hub (default: the demo model inside this program)")
    private String model;

    @Option(names = "--variant", paramLabel = "NAME", defaultValue = "", description = "which of several weights, such as fp16")
    private String variant;

    @Option(names = "--output", paramLabel = "DIR", required = true, description = "a folder that does not exist, or is empty")
    private Path output;

    @Option(names = "--stats", paramLabel = "FILE.json", description = "the error of every layer")
    private Path stats;

    @Spec
    private CommandSpec spec;

    private final Terminal terminal;

    QuantizeCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException {
        ModelOptions.checkVariant(variant);
        Outputs.check(spec.commandLine().getParseResult(), output, stats);
        if (stats != null) {
            AtomicFile.check(stats);
        }
        Path folder = model == null ? DemoModel.folder()
                : Hub.folder(model, variant, new DownloadBar(terminal, model)::show);
        List<Rounded> rounded = new ModelQuantizer(folder, variant).write(output,
                each -> terminal.progress("quantising " + each.component().folder() + " " + each.name()));
        for (ModelComponent component : ModelComponent.values()) {
            List<Rounded> ofPart = new ArrayList<>(rounded.stream().filter(each -> each.component() == component).toList());
            if (!ofPart.isEmpty()) {
                tell(component, ofPart);
            }
        }
        if (stats != null) {
            AtomicFile.write(stats, file -> Files.write(file, new JsonMapper().writerWithDefaultPrettyPrinter().writeValueAsBytes(json(rounded))));
        }
        terminal.line("model: " + output);
        return ExitCode.OK;
    }

    private void tell(ModelComponent component, List<Rounded> rounded) {
        terminal.line(String.format(Locale.ROOT, "%s: %d matrices, changed by %.2f %% of their L2 norm on average, most:",
                component.folder(), rounded.size(), PERCENT * rounded.stream().mapToDouble(Rounded::error).average().orElseThrow()));
        rounded.sort(Comparator.comparingDouble(Rounded::error).reversed());
        rounded.stream().limit(SHOWN).forEach(each -> terminal.line(
                String.format(Locale.ROOT, "  %.2f %%  %s", PERCENT * each.error(), each.name())));
    }

    private static ObjectNode json(List<Rounded> rounded) {
        ObjectNode errors = new JsonMapper().createObjectNode();
        rounded.forEach(each -> errors.withObject("/" + each.component().folder()).put(each.name(), each.error()));
        return errors;
    }
}
