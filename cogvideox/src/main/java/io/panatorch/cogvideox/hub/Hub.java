package io.panatorch.cogvideox.hub;

import io.panatorch.io.InvalidFileException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * The Hugging Face hub, and the cache of what came from it, which is that of Python's {@code huggingface_hub} too. Immutable; any number
 * of threads and processes may use the same cache at once.
 */
public final class Hub {

    private static final System.Logger LOGGER = System.getLogger(Hub.class.getName());

    private final HubSettings settings;
    private final Patience patience;

    Hub(HubSettings settings, Patience patience) {
        this.settings = settings;
        this.patience = patience;
    }

    /**
     * {@return the hub that the environment names}
     *
     * @throws IllegalArgumentException that names the variable whose value cannot be
     */
    public static Hub fromEnvironment() {
        return of(HubSettings.fromEnvironment());
    }

    /** {@return the hub of these settings} */
    public static Hub of(HubSettings settings) {
        return new Hub(Objects.requireNonNull(settings, "settings"), Patience.USUAL);
    }

    /** {@return where it is, and its cache} */
    public HubSettings settings() {
        return settings;
    }

    /**
     * {@return the folder of a model, which is downloaded from the hub that the environment names where it is one of the hub}
     *
     * @param model a folder, if there is one of that name, else {@code ORG/NAME} or {@code ORG/NAME@REVISION}; what is neither is
     *     taken for a folder that is not there
     * @param variant as for {@link #download}
     * @param listener as for {@link #download}
     * @throws IOException as {@link #download}
     */
    public static Path folder(String model, String variant, Consumer<DownloadProgress> listener) throws IOException {
        return isOfHub(model) ? fromEnvironment().folderOfHub(model, variant, listener) : Path.of(model);
    }

    Path folderOfHub(String model, String variant, Consumer<DownloadProgress> listener) throws IOException {
        ModelId id = ModelId.of(model);
        try {
            return download(id, variant, listener);
        } catch (HubException e) {
            throw e.isUnknown() ? e.with("; there is no folder " + model + " either") : e;
        }
    }

    /** {@return whether a text means a model of the hub: it looks like one, and nothing in the file system has that name} */
    public static boolean isOfHub(String model) {
        return ModelId.isMeant(model) && !Files.exists(Path.of(model));
    }

    /**
     * Downloads what the pipeline needs of a model and the cache does not have. A branch or a tag is looked up each time; where the hub
     * cannot be asked, the model of the last time is taken, with a warning. A commit that is there takes no request, and nothing does
     * when {@linkplain HubSettings#isOffline offline}.
     *
     * @param variant the weights, such as {@code fp16}; empty for the plain ones. Parts that have none of it come with their plain ones
     * @param listener told how far it is, several times a second, on threads of the download; one call at a time
     * @return a diffusers directory, not to be written to: its files are links to those of the cache
     * @throws IllegalArgumentException for a token that is none
     * @throws HubException where the hub does not give it, or cannot be reached and the cache does not have it
     * @throws CancellationException where the thread was interrupted; what has come is kept, and the next download goes on from there
     * @throws IOException where the cache cannot be read or written, or the model is no CogVideoX
     */
    public Path download(ModelId model, String variant, Consumer<DownloadProgress> listener) throws IOException {
        Objects.requireNonNull(listener, "listener");
        ModelCache cache = new ModelCache(settings, model);
        Optional<String> cached = usable(cache, model, variant);
        if (settings.isOffline()) {
            return cache.snapshot(cached.orElseThrow(() -> notThere(model)));
        }
        if (model.isPinned() && cached.isPresent() && isAll(cache, model.revision(), variant)) {
            return cache.snapshot(model.revision());
        }
        try (HubClient client = new HubClient(settings, patience, model)) {
            return cache.snapshot(download(client, cache, variant, cached, listener));
        } catch (InterruptedException | ClosedByInterruptException e) {
            throw (CancellationException) new CancellationException(model + ": the download was stopped; the next one goes on from there")
                    .initCause(e);
        }
    }

    /** Of which commit the folder is to be used. */
    private String download(HubClient client, ModelCache cache, String variant, Optional<String> cached,
            Consumer<DownloadProgress> listener) throws IOException, InterruptedException {
        ModelId model = client.model();
        String commit;
        try {
            commit = lookUp(client, cache, cached.isPresent() ? patience.withoutRetries() : patience);
        } catch (HubException e) {
            if (cached.isEmpty() || e.isMissing()) {
                throw e;
            }
            LOGGER.log(System.Logger.Level.WARNING, "{0}; the one in the cache is used, commit {1}", e.getMessage(), cached.get());
            return cached.get();
        }
        if (cached.isEmpty()) { // so that it can be told what it is, if this is stopped
            cache.remember(model.revision(), commit);
        }
        if (!isAll(cache, commit, variant)) {
            new ModelDownload(client, patience, cache, commit, variant, listener).run();
        }
        try {
            cache.remember(model.revision(), commit);
        } catch (IOException e) {
            // A cache that may only be read is as good, as long as all of the model is in it.
        }
        return commit;
    }

    private static String lookUp(HubClient client, ModelCache cache, Patience patience) throws IOException, InterruptedException {
        ModelId model = client.model();
        if (model.isPinned()) {
            return model.revision();
        }
        return ModelDownload.describe(client, patience, cache, model.revision(), ModelFiles.INDEX).commit();
    }

    private HubException notThere(ModelId model) {
        return new HubException(HubException.Kind.UNKNOWN, model + ": is not in " + settings.cacheFolder()
                + ", or not all of it, and HF_HUB_OFFLINE forbids to download it; unset that, or run \"panatorch download " + model
                + "\" where there is a network");
    }

    /** The commit that can be loaded without the hub, if only with plain weights. */
    private static Optional<String> usable(ModelCache cache, ModelId model, String variant) throws IOException {
        Optional<String> commit = cache.commit(model.revision());
        return commit.isPresent() && isThere(cache, commit.get(), variant) ? commit : Optional.empty();
    }

    private static boolean isThere(ModelCache cache, String commit, String variant) throws IOException {
        return cache.has(commit, ModelFiles.INDEX) && inCache(cache, commit, variant).missing().isEmpty();
    }

    /** Whether the hub could not add anything: it is noted which parts have none of the variant. */
    private static boolean isAll(ModelCache cache, String commit, String variant) throws IOException {
        return isThere(cache, commit, variant)
                && inCache(cache, commit, variant).notOfVariant().stream().allMatch(file -> cache.isNotedMissing(commit, file));
    }

    private static ModelFiles inCache(ModelCache cache, String commit, String variant) throws IOException {
        return new ModelFiles(cache.snapshot(commit), cache.files(commit), variant);
    }

    /**
     * {@return all models in the cache, by their names, whatever kind of model they are}
     *
     * @throws IOException where the cache cannot be read
     */
    public List<CachedModel> cachedModels() throws IOException {
        List<CachedModel> models = new ArrayList<>();
        if (!Files.isDirectory(settings.cacheFolder())) {
            return models;
        }
        Set<String> names = new TreeSet<>();
        try (Stream<Path> folders = Files.list(settings.cacheFolder())) {
            folders.flatMap(folder -> ModelId.nameOf(folder.getFileName().toString()).stream()).forEach(names::add);
        }
        for (String name : names) {
            ModelCache cache = new ModelCache(settings, new ModelId(name, ModelId.MAIN));
            try {
                for (String commit : cache.commits()) {
                    models.add(cached(cache, name, commit));
                }
            } catch (IOException | UncheckedIOException e) { // the others can be told
                LOGGER.log(System.Logger.Level.WARNING, "{0}: cannot be read: {1}", cache.folder(), e.getMessage());
            }
        }
        return models;
    }

    private static CachedModel cached(ModelCache cache, String name, String commit) throws IOException {
        boolean isCogVideoX = false;
        List<String> variants = new ArrayList<>();
        List<String> missing = new ArrayList<>();
        if (cache.has(commit, ModelFiles.INDEX)) {
            try {
                ModelFiles plain = inCache(cache, commit, "");
                isCogVideoX = true;
                missing.addAll(plain.missing());
                Stream.concat(Stream.of(""), plain.variants().stream()).forEach(variants::add);
                for (String variant : List.copyOf(variants)) {
                    if (!isThere(cache, commit, variant)) {
                        variants.remove(variant);
                    }
                }
            } catch (InvalidFileException e) {
                // of another pipeline, or damaged: loading it says which
            }
        }
        return new CachedModel(name, commit, List.copyOf(cache.revisions(commit)), cache.snapshot(commit), cache.bytes(commit), isCogVideoX,
                List.copyOf(variants), variants.isEmpty() ? List.copyOf(missing) : List.of());
    }
}
