package io.panatorch.cogvideox.cli;

import io.panatorch.cache.report.CacheText;
import io.panatorch.cache.report.TextTable;
import io.panatorch.cogvideox.hub.CachedModel;
import io.panatorch.cogvideox.hub.Hub;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;

/** {@code panatorch models}: what is there already. */
@Command(
        name = "models",
        description = "Lists the models in the cache of the Hugging Face hub, whoever has downloaded them, and whether all that a video"
                + " takes is there.",
        versionProvider = Versions.class,
        mixinStandardHelpOptions = true)
final class ModelsCommand implements Callable<Integer> {

    private static final int SHORT_COMMIT = 7;

    private final Terminal terminal;

    ModelsCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException {
        Hub hub = Hub.fromEnvironment();
        List<CachedModel> models = hub.cachedModels();
        if (models.isEmpty()) {
            terminal.line("no models in " + hub.settings().cacheFolder());
            return ExitCode.OK;
        }
        TextTable table = new TextTable(List.of("model", "revision", "commit", "size"));
        for (CachedModel model : models) {
            table.row(List.of(model.name(), String.join(", ", model.revisions()), model.commit().substring(0, SHORT_COMMIT),
                    CacheText.bytes(model.bytes())));
        }
        List<String> lines = table.lines();
        terminal.line(lines.getFirst() + "  state");
        for (int i = 0; i < models.size(); i++) {
            terminal.line(lines.get(i + 1) + "  " + state(models.get(i)));
        }
        return ExitCode.OK;
    }

    private static String state(CachedModel model) {
        if (!model.isCogVideoX()) {
            return "no CogVideoX model";
        }
        if (model.variants().isEmpty()) {
            int others = model.missing().size() - 1;
            return "incomplete, without " + model.missing().getFirst() + (others > 0 ? " and " + others + " more" : "");
        }
        List<String> variants = new ArrayList<>(model.variants());
        boolean isPlain = variants.remove("");
        return variants.isEmpty() ? "complete"
                : "complete" + (isPlain ? ", also" : "") + " with --variant " + String.join(", ", variants);
    }
}
