package io.panatorch.cogvideox;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.CacheRun;
import io.panatorch.cache.CacheSession;
import io.panatorch.cache.Step;
import io.panatorch.cogvideox.config.ConfigFile;
import io.panatorch.cogvideox.config.JsonFile;
import io.panatorch.cogvideox.scheduler.DdimConfig;
import io.panatorch.cogvideox.scheduler.DdimScheduler;
import io.panatorch.cogvideox.scheduler.Schedule;
import io.panatorch.cogvideox.scheduler.StepCoefficients;
import io.panatorch.cogvideox.t5.T5Encoder;
import io.panatorch.cogvideox.tokenizer.T5Tokenizer;
import io.panatorch.cogvideox.transformer.CogVideoXTransformer;
import io.panatorch.cogvideox.transformer.CogVideoXTransformer.Conditioning;
import io.panatorch.cogvideox.transformer.TransformerConfig;
import io.panatorch.cogvideox.vae.CogVideoXVae;
import io.panatorch.io.InvalidFileException;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.Generator;
import io.panatorch.tensor.Shape;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * Text to video with CogVideoX, from a diffusers directory; diffusers' {@code CogVideoXPipeline}.
 *
 * <p>A pipeline has no state besides its weights and the method that {@link #enableCache} names: it may be used by several
 * threads at once, each generation with its own request and cache.
 */
public final class CogVideoXPipeline implements AutoCloseable {

    /** Frames per second that the model was trained on. */
    public static final double FPS = 8;

    /** In place of the number of generations that are running. */
    private static final int CLOSED = -1;

    private static final int SHOWN_WORDS = 5;

    private static final System.Logger LOGGER = System.getLogger(CogVideoXPipeline.class.getName());

    private final T5Tokenizer tokenizer;
    private final T5Encoder textEncoder;
    private final CogVideoXTransformer transformer;
    private final CogVideoXVae vae;
    private final DdimScheduler scheduler;
    private final DType dtype;
    private final Device device;
    private final AtomicInteger running = new AtomicInteger();
    /** Null where none is enabled. */
    private final AtomicReference<CacheMethod> enabledCache = new AtomicReference<>();

    private CogVideoXPipeline(Path folder, DType dtype, Device device, String variant, Deque<AutoCloseable> opened)
            throws IOException {
        this.dtype = dtype;
        this.device = device;
        this.scheduler = new DdimScheduler(DdimConfig.read(folder.resolve("scheduler/scheduler_config.json")));
        this.tokenizer = T5Tokenizer.load(folder.resolve("tokenizer"));
        this.textEncoder = T5Encoder.load(folder.resolve("text_encoder"), dtype, device, variant);
        opened.push(textEncoder);
        this.transformer = CogVideoXTransformer.load(folder.resolve("transformer"), dtype, device, variant);
        opened.push(transformer);
        this.vae = CogVideoXVae.load(folder.resolve("vae"), dtype, device, variant);
        opened.push(vae);
        checkThatPartsFit(folder);
    }

    /**
     * Loads a model.
     *
     * @param folder a diffusers directory with {@code model_index.json}
     * @throws IOException where a file is missing, damaged or for another model; the message names file and key
     */
    public static CogVideoXPipeline load(Path folder, DType dtype, Device device) throws IOException {
        return load(folder, dtype, device, "");
    }

    /**
     * Loads a model with the weights of a variant, as {@code variant=} does in diffusers: a part that has none of it is loaded
     * with its plain ones, and a warning says so.
     *
     * @param folder a diffusers directory with {@code model_index.json}
     * @param variant such as {@code fp16}, for {@code diffusion_pytorch_model.fp16.safetensors}; an empty string means none
     * @throws IllegalArgumentException for what is no name of a variant
     * @throws IOException where no part has the variant, or a file is missing, damaged or for another model; the message names
     *     file and key
     */
    public static CogVideoXPipeline load(Path folder, DType dtype, Device device, String variant) throws IOException {
        checkIndex(ConfigFile.read(ModelFolder.index(folder)));
        ModelFolder.requireVariant(folder, variant);
        Deque<AutoCloseable> opened = new ArrayDeque<>();
        try {
            return new CogVideoXPipeline(folder, dtype, device, variant, opened);
        } catch (IOException | RuntimeException | Error e) {
            closeAll(opened, e);
            throw e;
        }
    }

    private static void closeAll(Deque<AutoCloseable> opened, Throwable reason) {
        for (AutoCloseable part : opened) {
            try {
                part.close();
            } catch (Exception e) {
                reason.addSuppressed(e);
            }
        }
    }

    private static void checkIndex(ConfigFile index) throws InvalidFileException {
        index.requireClass("CogVideoXPipeline");
        index.requirePart("scheduler", "CogVideoXDDIMScheduler");
        index.requirePart("text_encoder", "T5EncoderModel");
        index.requirePart("transformer", "CogVideoXTransformer3DModel");
        index.requirePart("vae", "AutoencoderKLCogVideoX");
    }

    private void checkThatPartsFit(Path folder) throws InvalidFileException {
        requireRowForEachToken(folder);
        TransformerConfig config = transformer.config();
        requireEqual(folder, "text_embed_dim", config.textEmbedDim(), "the text encoder's d_model", textEncoder.config().dModel());
        requireEqual(folder, "in_channels", config.inChannels(), "the VAE's latent_channels", vae.config().latentChannels());
        requireEqual(folder, "out_channels", config.outChannels(), "the VAE's latent_channels", vae.config().latentChannels());
    }

    private void requireRowForEachToken(Path folder) throws InvalidFileException {
        int rows = textEncoder.config().vocabSize();
        Optional<String> beyond = tokenizer.tokenBeyond(rows);
        if (beyond.isPresent() || tokenizer.vocabSize() > rows) {
            throw new InvalidFileException(folder.resolve("text_encoder/config.json"), "vocab_size: expected "
                    + tokenizer.vocabSize() + " or more, the ids of the tokenizer"
                    + beyond.map(token -> " with its last token, " + JsonFile.oneLine(token)).orElse("") + ", found " + rows);
        }
    }

    private static void requireEqual(Path folder, String key, int found, String whose, int expected)
            throws InvalidFileException {
        if (found != expected) {
            throw new InvalidFileException(folder.resolve("transformer/config.json"),
                    key + ": expected " + expected + ", " + whose + ", found " + found);
        }
    }

    /** {@return the height in pixels that the model was trained on} */
    public int defaultHeight() {
        return transformer.config().sampleHeight() * vae.config().spatialScale();
    }

    /** {@return the width in pixels that the model was trained on} */
    public int defaultWidth() {
        return transformer.config().sampleWidth() * vae.config().spatialScale();
    }

    /** {@return the number of frames that the model was trained on} */
    public int defaultFrames() {
        return transformer.config().sampleFrames();
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

    private CacheMethod cacheOf(TextToVideoRequest request) {
        return request.cache().orElseGet(() -> Objects.requireNonNullElseGet(enabledCache.get(), CacheMethod::none));
    }

    /**
     * Generates a batch of videos. An interrupt of the thread cancels it before the next block.
     *
     * @return what was made, to be closed by the caller; no scope is needed
     * @throws IllegalArgumentException where the request does not fit the model
     * @throws CancellationException where the thread was interrupted
     */
    public TextToVideoResult generate(TextToVideoRequest request) {
        if (running.getAndUpdate(count -> count < 0 ? count : count + 1) < 0) {
            throw new IllegalStateException("generate: this pipeline is closed");
        }
        try {
            return generateNow(request);
        } finally {
            running.decrementAndGet();
        }
    }

    private TextToVideoResult generateNow(TextToVideoRequest request) {
        CacheMethod method = cacheOf(request);
        Shape latentShape = latentShape(request);
        Schedule schedule = scheduler.schedule(request.steps());
        int[] timesteps = timesteps(schedule);
        Map<String, Double> seconds = new LinkedHashMap<>();
        // The cache comes before the work: settings that do not fit the run are refused at once.
        try (TensorScope _ = TensorScope.open();
                CacheSession cache = method.open(new CacheRun(transformer.sites(), timesteps))) {
            long start = System.nanoTime();
            boolean guided = request.guidanceScale() > 1;
            Tensor embeds = guided
                    ? Tensor.cat(0, encode(request.negativePrompts()), encode(request.prompts()))
                    : encode(request.prompts());
            start = lap(seconds, "encode", start);
            Tensor latents = denoise(request, latentShape, schedule, timesteps, embeds, cache);
            start = lap(seconds, "denoise", start);
            Tensor frames = decode(latents);
            lap(seconds, "decode", start);
            return new TextToVideoResult(latents, frames,
                    Arrays.stream(timesteps).boxed().toList(), seconds, cache.statistics());
        }
    }

    private static long lap(Map<String, Double> seconds, String stage, long start) {
        long now = System.nanoTime();
        seconds.put(stage, (now - start) / 1e9);
        return now;
    }

    private static int[] timesteps(Schedule schedule) {
        int[] timesteps = new int[schedule.size()];
        Arrays.setAll(timesteps, schedule::timestep);
        return timesteps;
    }

    /** {@code [batch, frames, channels, height, width]} */
    private Shape latentShape(TextToVideoRequest request) {
        int height = request.height().orElse(defaultHeight());
        int width = request.width().orElse(defaultWidth());
        int unit = vae.config().spatialScale() * transformer.config().patchSize();
        if (height % unit != 0 || width % unit != 0) {
            throw new IllegalArgumentException("height and width: expected multiples of " + unit + " (the model's patches), found "
                    + height + " × " + width);
        }
        int frames = request.frames().orElse(defaultFrames());
        int latentFrames = (frames - 1) / vae.config().temporalCompressionRatio() + 1;
        return Shape.of(request.prompts().size(), latentFrames, transformer.config().inChannels(),
                height / vae.config().spatialScale(), width / vae.config().spatialScale());
    }

    /** T5 embeddings {@code [batch, text tokens, dim]}. Padding takes part: CogVideoX gives T5 no attention mask. */
    private Tensor encode(List<String> texts) {
        int length = transformer.config().maxTextSeqLength();
        int[][] ids = new int[texts.size()][];
        for (int i = 0; i < ids.length; i++) {
            warnOfUnknownWords(texts.get(i));
            int[] all = tokenizer.encode(texts.get(i));
            if (all.length > length) {
                LOGGER.log(System.Logger.Level.WARNING, "prompt of {0} tokens: the model reads {1}, the rest is ignored",
                        all.length, length);
            }
            ids[i] = tokenizer.fit(all, length);
        }
        return textEncoder.forward(ids);
    }

    private void warnOfUnknownWords(String text) {
        List<String> words = tokenizer.unknownWords(text);
        if (!words.isEmpty()) {
            String shown = words.stream().limit(SHOWN_WORDS).map(word -> word.replaceAll("\\p{Cntrl}", "?"))
                    .collect(Collectors.joining(", "));
            LOGGER.log(System.Logger.Level.WARNING, "prompt with words that the model cannot spell, and reads as unknown: {0}{1}",
                    shown, words.size() > SHOWN_WORDS ? ", ..." : "");
        }
    }

    private Tensor initialLatents(TextToVideoRequest request, Shape shape) {
        Tensor given = request.latents();
        if (given == null) {
            try (TensorScope scope = TensorScope.open()) {
                return scope.promote(Generator.seeded(request.seed()).randn(shape, dtype).to(device));
            }
        }
        if (!given.shape().equals(shape)) {
            throw new IllegalArgumentException("latents: expected shape " + shape
                    + " [batch, frames, channels, height, width] for this request, found " + given.shape());
        }
        return given.to(dtype, device);
    }

    private Tensor denoise(TextToVideoRequest request, Shape shape, Schedule schedule, int[] timesteps, Tensor embeds,
            CacheSession cache) {
        try (TensorScope scope = TensorScope.open()) {
            Conditioning conditioning = transformer.prepare(embeds, (int) shape.size(1),
                    (int) shape.size(3), (int) shape.size(4));
            Tensor latents = initialLatents(request, shape);
            for (int i = 0; i < timesteps.length; i++) {
                checkCancelled(i, timesteps.length);
                Step step = Step.of(i, timesteps);
                cache.begin(step);
                Tensor next = step(latents, timesteps[i], schedule.coefficients(i), request.guidanceScale(), conditioning, cache);
                latents.close();
                latents = next;
                if (tell(request.onStep(), step, latents, cache).isInterrupted()) {
                    break;
                }
            }
            return scope.promote(latents);
        }
    }

    /** The listener gets an alias of the latents that ends with its call, so that using them later is an error at each step. */
    private static StepEvent tell(Consumer<StepEvent> listener, Step step, Tensor latents, CacheSession cache) {
        try (TensorScope _ = TensorScope.open()) {
            StepEvent event = new StepEvent(step, latents.alias(), cache::statistics);
            listener.accept(event);
            return event;
        }
    }

    private static void checkCancelled(int index, int count) {
        if (Thread.interrupted()) {
            throw new CancellationException("generation cancelled before step " + (index + 1) + " of " + count);
        }
    }

    private Tensor step(Tensor latents, int timestep, StepCoefficients coefficients, double guidanceScale,
            Conditioning conditioning, CacheSession cache) {
        try (TensorScope scope = TensorScope.open()) {
            boolean guided = guidanceScale > 1;
            Tensor input = guided ? Tensor.cat(0, latents, latents) : latents; // unconditional first
            Tensor prediction = transformer.forward(input, timestep, conditioning, cache).to(DType.FLOAT32);
            if (guided) {
                long batch = latents.size(0);
                Tensor unconditional = prediction.narrow(0, 0, batch);
                Tensor conditional = prediction.narrow(0, batch, batch);
                prediction = unconditional.add(conditional.sub(unconditional).mul(guidanceScale));
            }
            return scope.promote(coefficients.apply(latents, prediction).to(dtype));
        }
    }

    /** Latents to frames: {@code [batch, frames, 3, height, width]}, float32 in [0, 1]. */
    private Tensor decode(Tensor latents) {
        try (TensorScope scope = TensorScope.open()) {
            Tensor scaled = latents.permute(0, 2, 1, 3, 4).mul(1 / vae.config().scalingFactor()); // [b, c, f, h, w]
            Tensor video = vae.decode(scaled).to(DType.FLOAT32); // [b, 3, frames, H, W]
            Tensor unit = video.mul(0.5).add(0.5).clamp(0, 1);
            return scope.promote(unit.permute(0, 2, 1, 3, 4).contiguous()); // [b, frames, 3, H, W]
        }
    }

    /**
     * Frees the weights. Closing a closed pipeline does nothing.
     *
     * @throws IllegalStateException while a generation is running
     */
    @Override
    public void close() {
        int count = running.getAndUpdate(now -> now == 0 ? CLOSED : now);
        if (count > 0) {
            throw new IllegalStateException("close: " + count + " generations are running on this pipeline; cancel them first,"
                    + " by an interrupt of their threads");
        }
        vae.close();
        transformer.close();
        textEncoder.close();
    }
}
