package io.panatorch.cogvideox.hub;

import io.panatorch.cache.report.CacheText;
import io.panatorch.cogvideox.hub.HubException.Kind;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import java.util.function.Consumer;

/**
 * Brings what the pipeline needs of one commit into the cache, the weights last: when they are all there, so is the rest, whenever
 * it was stopped.
 */
final class ModelDownload {

    /** How many files at a time: one connection is mostly slower than the network. */
    private static final int PARALLEL = 4;

    private final HubClient client;
    private final Patience patience;
    private final ModelCache cache;
    private final String commit;
    private final String variant;
    private final ProgressMeter meter;

    ModelDownload(HubClient client, Patience patience, ModelCache cache, String commit, String variant,
            Consumer<DownloadProgress> listener) {
        this.client = client;
        this.patience = patience;
        this.cache = cache;
        this.commit = commit;
        this.variant = variant;
        this.meter = new ProgressMeter(listener);
    }

    /** One of several things to do at the same time. */
    @FunctionalInterface
    private interface Task<T, R> {
        R run(T item) throws IOException, InterruptedException;
    }

    /** Returns when all is there. */
    void run() throws IOException, InterruptedException {
        fetch(List.of(ModelFiles.INDEX));
        Set<String> available = Retries.run(patience, () -> client.files(commit));
        ModelFiles files = new ModelFiles(cache.snapshot(commit), available, variant);
        requireVariant(files);
        fetch(files.small());
        List<String> missing = files.missing();
        if (!missing.isEmpty()) {
            throw new HubException(Kind.MISSING, client.model() + ": has no " + String.join(", no ", missing) + " at the hub"
                    + otherVariants(files));
        }
        fetch(files.weights());
        files.notOfVariant().forEach(file -> cache.rememberMissing(commit, file));
    }

    private void requireVariant(ModelFiles files) throws HubException {
        if (!variant.isEmpty() && !files.variants().contains(variant)) {
            throw new HubException(Kind.MISSING, client.model() + ": has no weights of the variant " + variant + " at the hub"
                    + (files.variants().isEmpty() ? "; ask for none" : otherVariants(files)));
        }
    }

    private static String otherVariants(ModelFiles files) {
        return files.variants().isEmpty() ? "" : "; there is the variant " + String.join(", ", files.variants());
    }

    private void fetch(Collection<String> names) throws IOException, InterruptedException {
        List<String> wanted = names.stream().filter(name -> !cache.has(commit, name)).toList();
        List<RemoteFile> files = inParallel(wanted, name -> describe(client, patience, cache, commit, name));
        requireSpace(files);
        meter.expect(files.stream().mapToLong(RemoteFile::size).sum());
        inParallel(files, file -> {
            new BlobDownload(client, patience, cache, file, meter).run();
            return file;
        });
    }

    /** {@return what a file is, without its content} That it is not there is noted in the cache. */
    static RemoteFile describe(HubClient client, Patience patience, ModelCache cache, String revision, String name)
            throws IOException, InterruptedException {
        try {
            return Retries.run(patience, () -> client.describe(revision, name));
        } catch (HubException e) {
            if (e.missingIn().isPresent()) {
                cache.rememberMissing(e.missingIn().get(), name);
            }
            throw e;
        }
    }

    /** Before hours of work, though others may fill the disk meanwhile. */
    private void requireSpace(List<RemoteFile> files) throws IOException {
        long needed = 0;
        for (RemoteFile file : files) {
            needed += cache.hasBlob(file) ? 0 : file.size() - Math.min(file.size(), cache.partSize(file));
        }
        if (needed == 0) {
            return;
        }
        Path folder = cache.blob(files.getFirst()).getParent();
        long free = folder.toFile().getUsableSpace(); // asks the folder itself: a file store is looked for in a table that a chroot has not
        if (free < needed) {
            throw new FileSystemException(folder.toString(), null, "has no room for " + client.model() + ": it takes "
                    + CacheText.bytes(needed) + ", and " + CacheText.bytes(free) + " are free; make room, or name another folder with"
                    + " HF_HUB_CACHE");
        }
    }

    /** Ends all of them, and waits for that, where one fails or this thread is interrupted. */
    private <T, R> List<R> inParallel(List<T> items, Task<T, R> task) throws IOException, InterruptedException {
        List<R> results = new ArrayList<>();
        ThreadFactory threads = Thread.ofPlatform().daemon().name("panatorch-hub-", 1).factory();
        try (ExecutorService workers = Executors.newFixedThreadPool(PARALLEL, threads)) {
            var done = new ExecutorCompletionService<R>(workers);
            items.forEach(item -> done.submit(() -> task.run(item)));
            try {
                for (int i = 0; i < items.size(); i++) {
                    results.add(done.take().get());
                }
            } catch (ExecutionException e) {
                workers.shutdownNow();
                throw asThrown(e.getCause());
            } catch (InterruptedException e) {
                workers.shutdownNow();
                throw e;
            }
        }
        return results;
    }

    private static IOException asThrown(Throwable failure) {
        return switch (failure) {
            case IOException e -> e;
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            default -> throw new IllegalStateException(failure); // an interrupt of a worker, which nobody sends before there is a failure
        };
    }
}
