package io.panatorch.cogvideox;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cogvideox.RunningGenerations.Ticket;
import io.panatorch.cogvideox.hub.HubException;
import io.panatorch.cogvideox.lora.LoraAdapter;
import io.panatorch.io.InvalidFileException;
import io.panatorch.parallel.Ranks;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Video from text with CogVideoX, and from an image or another video too, from a diffusers directory; diffusers' {@code CogVideoXPipeline},
 * {@code CogVideoXImageToVideoPipeline}, {@code CogVideoXVideoToVideoPipeline} and {@code CogVideoXFunControlPipeline} in one.
 *
 * <p>A pipeline has no state besides its weights, the method that {@link #enableCache} names, and its LoRA adapters: it may be used by
 * several threads at once, each generation with its own request and cache. {@link #generate} computes on the calling thread,
 * {@link #start} on a thread of its own. {@link #close} ends what is running.
 */
public final class CogVideoXPipeline implements AutoCloseable {

    private static final System.Logger LOGGER = System.getLogger(CogVideoXPipeline.class.getName());
    private static final String THREAD = "panatorch-generation";

    private final ModelParts parts;
    private final Ranks ranks;
    /** Whether a generation exchanges with another rank, which knows exchanges by their order alone. */
    private final AtomicBoolean isExchanging = new AtomicBoolean();
    private final RunningGenerations running = new RunningGenerations();
    /** Null where none is enabled. */
    private final AtomicReference<CacheMethod> enabledCache = new AtomicReference<>();

    private final CurrentTransformer transformer;
    private final PipelineAdapters adapters;

    CogVideoXPipeline(ModelParts parts, Ranks ranks) {
        this.parts = parts;
        this.ranks = ranks;
        this.transformer = new CurrentTransformer(parts.transformer);
        this.adapters = new PipelineAdapters(parts, transformer);
    }

    /**
     * Loads a model. The pipeline is to be closed by the caller.
     *
     * @param folder a diffusers directory with {@code model_index.json}
     * @param dtype what is computed in: a floating-point type, whatever the weights are stored as
     * @param device one that the loaded libtorch has
     * @throws IllegalArgumentException for another dtype, or a device that there is not
     * @throws CancellationException where the thread was interrupted
     * @throws IOException where a file is missing, damaged or for another model; the message names file and key
     */
    public static CogVideoXPipeline load(Path folder, DType dtype, Device device) throws IOException {
        return loader(folder).dtype(dtype).device(device).load();
    }

    /**
     * Loads a model by its name. The pipeline is to be closed by the caller.
     *
     * @param model a diffusers directory, if there is one of that name, else a model of the Hugging Face hub, {@code ORG/NAME} or {@code
     *     ORG/NAME@REVISION}, which is downloaded where it is not in the cache that it shares with Python, see {@link
     *     io.panatorch.cogvideox.hub}
     * @param dtype what is computed in: a floating-point type, whatever the weights are stored as
     * @param device one that the loaded libtorch has
     * @throws IllegalArgumentException for another dtype, a device that there is not, or what is no revision
     * @throws CancellationException where the thread was interrupted
     * @throws HubException where it has to be downloaded, and cannot be
     * @throws IOException where a file is missing, damaged or for another model; the message names file and key
     */
    public static CogVideoXPipeline load(String model, DType dtype, Device device) throws IOException {
        return loader(model).dtype(dtype).device(device).load();
    }

    /**
     * {@return what loads a model with a dtype for each part, or a variant of its weights}
     *
     * @param folder a diffusers directory with {@code model_index.json}
     */
    public static PipelineLoader loader(Path folder) {
        return new PipelineLoader(folder);
    }

    /**
     * {@return what loads a model by its name, with a dtype for each part, or a variant of its weights}
     *
     * @param model as for {@link #load(String, DType, Device)}
     */
    public static PipelineLoader loader(String model) {
        return new PipelineLoader(model);
    }

    /** {@return what the model is: its kind, its sizes, and the defaults of a request} */
    public ModelDescription model() {
        return parts.description;
    }

    /**
     * Encodes prompts, for {@link VideoRequest#builder(Tensor)}: to use them again, or to mix them.
     *
     * @param prompts at least one
     * @return {@code [prompts, maxTextSeqLength, textEmbedDim]} in the transformer's dtype and on the pipeline's device, of the
     *     innermost open scope
     * @throws IllegalArgumentException without a prompt
     * @throws CancellationException where the thread was interrupted, or this pipeline is being closed
     * @throws IllegalStateException where this pipeline is closed, or no scope is open
     */
    public Tensor encodePrompts(List<String> prompts) {
        return encodePrompts(prompts, parts.description.transformer().maxTextSeqLength());
    }

    /**
     * As {@link #encodePrompts(List)}, with another number of tokens, to which prompts are cut or padded.
     *
     * @throws IllegalArgumentException without a prompt, or for a number below 1 or above 46340
     */
    public Tensor encodePrompts(List<String> prompts, int maxSequenceLength) {
        if (prompts.isEmpty()) {
            throw new IllegalArgumentException("prompts: expected at least one, found none");
        }
        PromptStage.requireTokens(maxSequenceLength);
        try (Ticket _ = running.enter()) {
            return new PromptStage(parts).encode(prompts, maxSequenceLength);
        }
    }

    /**
     * Gives a cache to the requests that name none: those of generations that begin from now on, on any thread, until
     * {@link #disableCache}. A request's own method comes first, {@link CacheMethod#none()} too.
     *
     * @throws IllegalStateException where a method is enabled already
     */
    public void enableCache(CacheMethod method) {
        CacheMethod enabled = enabledCache.compareAndExchange(null, Objects.requireNonNull(method, "method"));
        if (enabled != null) {
            throw new IllegalStateException("enableCache: expected no enabled method, found " + enabled.name()
                    + "; call disableCache first");
        }
    }

    /**
     * Takes back what {@link #enableCache} gave; where that is nothing, it only logs a warning. Generations that are running
     * keep the cache that they began with.
     */
    public void disableCache() {
        if (enabledCache.getAndSet(null) == null) {
            LOGGER.log(System.Logger.Level.WARNING, "disableCache: no cache is enabled");
        }
    }

    /** {@return whether requests that name no cache are given one} */
    public boolean isCacheEnabled() {
        return enabledCache.get() != null;
    }

    /**
     * Loads a LoRA adapter of this model, diffusers' {@code load_lora_weights}. As there, it is then the one that is active, at scale 1;
     * {@link #setAdapters} says otherwise.
     *
     * <p>Like all changes of adapters, it is for generations that begin from now on: those that have begun, on any thread, keep the
     * adapters that they began with. An adapter takes the memory of its file, and a generation the time of its products: of rank 64,
     * 4 % of those of 5B's attentions.
     *
     * @param file as diffusers writes it, {@code .safetensors}; read here, and not needed afterwards
     * @param name to call it by
     * @throws IllegalArgumentException where a loaded adapter has that name
     * @throws IllegalStateException where adapters are fused, or this pipeline is closed
     * @throws CancellationException where the thread was interrupted, or this pipeline is being closed
     * @throws InvalidFileException where the file is damaged, no LoRA adapter or one for another model; the message names the tensor.
     *     Nothing is changed then
     * @throws IOException where it cannot be read
     * @see LoraAdapter
     */
    public void loadLora(Path file, String name) throws IOException {
        Objects.requireNonNull(name, "name");
        try (Ticket _ = running.enter()) {
            adapters.load(file, name);
        } catch (IOException e) {
            PipelineLoader.checkInterrupt(e);
            throw e;
        }
    }

    /**
     * Makes some of the loaded adapters active, together, and no other.
     *
     * @param scales what the changes of each are multiplied by, by its name; none makes the model what it is without adapters
     * @throws IllegalArgumentException for a name that no loaded adapter has, or a scale that is not finite
     * @throws IllegalStateException where adapters are fused, or this pipeline is closed
     */
    public void setAdapters(Map<String, Double> scales) {
        try (Ticket _ = running.enter()) {
            adapters.set(Map.copyOf(scales));
        }
    }

    /** {@return the active adapters with their scales, in the order in which they were loaded} */
    public Map<String, Double> activeAdapters() {
        return adapters.active();
    }

    /**
     * Adds the changes of the active adapters to the matrices that they change: generations take no longer than without adapters.
     *
     * <p>The sums are new tensors, calculated in float32 and kept in the model's dtype, and take the memory of the matrices that are
     * changed once more: a quarter of the transformer for adapters of its attentions, four fifths with the MLPs. The model's own stay as
     * they are. Until {@link #unfuseLora}, adapters can be neither loaded, set nor unloaded.
     *
     * @throws IllegalStateException where none is active, they are fused already, the matrices are not of floating-point
     *     numbers, or this pipeline is closed
     */
    public void fuseLora() {
        try (Ticket _ = running.enter()) {
            adapters.fuse();
        }
    }

    /**
     * Takes back what {@link #fuseLora} did: the adapters are active beside the model's own matrices again, and those are the same, bit
     * by bit. The memory of the sums is freed with the end of the last generation that uses them.
     *
     * @throws IllegalStateException where none are fused, or this pipeline is closed
     */
    public void unfuseLora() {
        try (Ticket _ = running.enter()) {
            adapters.unfuse();
        }
    }

    /**
     * Unloads all adapters. Their memory is freed with the end of the last generation that uses them.
     *
     * @throws IllegalStateException where adapters are fused, or this pipeline is closed
     */
    public void unloadLora() {
        try (Ticket _ = running.enter()) {
            adapters.unload();
        }
    }

    private VideoResult generate(VideoRequest request, Ticket ticket, Runnable begun) {
        VideoRequest complete = request.cache().isPresent() ? request
                : request.toBuilder().cache(Objects.requireNonNullElseGet(enabledCache.get(), CacheMethod::none)).build();
        if (ranks.size() > 1 && !isExchanging.compareAndSet(false, true)) {
            throw new IllegalStateException("generate: expected one generation at a time where ranks share its work, found that another is"
                    + " running");
        }
        try (var used = transformer.begin()) {
            return new Generation(parts, used.transformer(), complete, adapters.identity(), ranks, ticket).run(begun);
        } finally {
            isExchanging.set(false);
        }
    }

    /**
     * Generates a batch of videos on the calling thread. An interrupt of the thread, or a {@link #close} on another one, cancels
     * that before the next block of any model. What the listener of steps throws ends it, and is thrown here.
     *
     * @return what was made, to be closed by the caller; no scope is needed
     * @throws IllegalArgumentException where the request does not fit the model, before anything is computed
     * @throws NonFiniteException where NaN or infinity come up and the request does not allow them
     * @throws CancellationException where it was cancelled
     * @throws IllegalStateException where this pipeline is closed
     */
    public VideoResult generate(VideoRequest request) {
        Objects.requireNonNull(request, "request");
        try (Ticket ticket = running.enter()) {
            return generate(request, ticket, () -> {});
        }
    }

    /**
     * Begins to generate a batch of videos on a new platform thread, and returns at once.
     *
     * <p>The future completes with what {@link #generate} would return or throw. Who takes the result closes it. A future that is
     * completed by anybody else first ({@link CompletableFuture#cancel cancel}, {@link CompletableFuture#orTimeout orTimeout})
     * cancels the generation, which then frees all it has; it may still be inside a block when {@code cancel} returns and
     * what depends on the future runs, and {@link #close} waits for it. As always, cancelling a stage that depends on the future
     * does not cancel the future.
     *
     * <p>The listener of steps is called on the thread that generates, which has the context class loader of the calling thread. It
     * is no daemon: the process ends by itself when what was started has ended, and nothing is left that could keep it. What the
     * request borrows is not needed any more when this returns.
     *
     * @throws IllegalArgumentException where the request does not fit the model
     * @throws NonFiniteException where the request's latents have NaN or infinity and it does not allow them
     * @throws IllegalStateException where this pipeline is closed
     */
    public CompletableFuture<VideoResult> start(VideoRequest request) {
        Objects.requireNonNull(request, "request");
        CompletableFuture<Ticket> begun = new CompletableFuture<>();
        StartedGeneration future = new StartedGeneration(begun);
        // Not a pool's: libgomp keeps a pool of workers for each thread that computes, and frees it with the thread.
        Thread thread = Thread.ofPlatform().name(THREAD).daemon(false).unstarted(() -> generate(request, begun, future));
        thread.setContextClassLoader(Thread.currentThread().getContextClassLoader());
        thread.start();
        Throwable refusal = begun.handle((_, e) -> e).join();
        if (refusal != null) {
            refusal.addSuppressed(new IllegalStateException("start was called here"));
            throw asThrown(refusal);
        }
        future.whenComplete((_, _) -> begun.join().cancel()); // for completeAsync and obtrude, too
        return future;
    }

    /** What is refused goes to the one, what comes afterwards to the other, when nothing of the generation is left. */
    private void generate(VideoRequest request, CompletableFuture<Ticket> begun, StartedGeneration future) {
        VideoResult result;
        try (Ticket ticket = running.enter()) {
            result = generate(request, ticket, () -> begun.complete(ticket));
        } catch (Throwable e) { // Kotlin's listeners and methods throw checked exceptions, too
            if (!begun.completeExceptionally(e)) {
                future.end(null, e);
            }
            return;
        }
        future.end(result, null);
    }

    private static RuntimeException asThrown(Throwable e) {
        if (e instanceof Error error) {
            throw error;
        }
        return e instanceof RuntimeException unchecked ? unchecked : new CompletionException(e);
    }

    /**
     * Lets no generation begin any more, cancels those that are running on any thread, waits until they have left, and frees the
     * weights. Closing a closed pipeline does nothing.
     *
     * @throws IllegalStateException in a listener of one of its generations, which it would wait for
     */
    @Override
    public void close() {
        running.end();
        adapters.close();
        parts.close();
    }
}
