package io.panatorch.cogvideox;

import io.panatorch.cache.Branch;
import io.panatorch.cache.CacheMethod;
import io.panatorch.cogvideox.MemoryEstimate.Stage;
import io.panatorch.cogvideox.t5.T5Config;
import io.panatorch.cogvideox.transformer.TransformerConfig;
import io.panatorch.cogvideox.vae.Tiling;
import io.panatorch.cogvideox.vae.VaeConfig;
import io.panatorch.device.LibtorchInfo;
import io.panatorch.nn.Offload;
import io.panatorch.nn.Placement;
import io.panatorch.nn.WeightSizes;
import io.panatorch.nn.WeightSizes.Size;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The memory of a generation. Activations are counted in units: the text encoder's and the transformer's in tensors of all tokens, the
 * autoencoder's in frames of the first block's channels at full size. How many there are at once follows from the layers' code; the
 * factors were measured (C's heap at its peak, libtorch 2.13), and {@code MemoryEstimateTest} measures them again.
 */
final class MemoryArithmetic {

    /** Half types that are computed in float32 take more of their own units on the way. */
    private record Units(double plain, double wide) {

        double of(boolean isWide) {
            return isWide ? wide : plain;
        }
    }

    private static final Units TEXT = new Units(16, 28);
    /** Within an MLP: the tokens, those after the attention, the modulated ones, and twice four times as many. */
    private static final Units TOKENS = new Units(11, 17);

    private static final Units DECODED_ANYHOW = new Units(33, 36);
    private static final Units DECODED_FRAME = new Units(6.1, 14.3);
    /** What one batch of frames leaves for the next. */
    private static final Units DECODED_BEFORE = new Units(16.5, 20);

    private static final int RGB = 3;

    private final ModelParts parts;
    private final Map<ModelComponent, Placement> placements;
    private final GenerationPlan plan;

    /** @param parts without loaded weights */
    MemoryArithmetic(ModelParts parts, Map<ModelComponent, Placement> placements, GenerationPlan plan) {
        this.parts = parts;
        this.placements = placements;
        this.plan = plan;
    }

    MemoryEstimate estimate(CacheMethod method) {
        Map<ModelComponent, WeightSizes> sizes = Map.of(ModelComponent.TEXT_ENCODER, parts.textEncoder.weightSizes(),
                ModelComponent.TRANSFORMER, parts.transformer.weightSizes(), ModelComponent.VAE, parts.vae.weightSizes());
        List<Stage> stages = new ArrayList<>();
        List<ModelComponent> used = new ArrayList<>();
        if (encodesText()) {
            used.add(ModelComponent.TEXT_ENCODER);
            stages.add(new Stage("encode prompt", weights(sizes, used), text(), 0));
        }
        Size encoder = Size.NONE; // of the autoencoder, once it is there
        if (!(plan.request().values.source instanceof Source.None)) {
            used.add(ModelComponent.VAE);
            encoder = sizes.get(ModelComponent.VAE).onDemand();
            stages.add(new Stage("encode input", weights(sizes, used).plus(encoder), pixels(false), 0));
            encoder = placements.get(ModelComponent.VAE).offload().unit() == Offload.Unit.NOTHING ? encoder : Size.NONE;
        }
        used.add(ModelComponent.TRANSFORMER);
        stages.add(new Stage("denoise", weights(sizes, used).plus(encoder), denoising(),
                CacheMemory.peak(method, parts.transformer, plan, dtype(ModelComponent.TRANSFORMER))));
        if (!plan.request().values.latentsOnly) {
            used.add(ModelComponent.VAE);
            stages.add(new Stage("decode", weights(sizes, used).plus(encoder), pixels(true), 0));
        }
        return new MemoryEstimate(stages);
    }

    /** Of the stage whose component was used last. Where nothing leaves, a file's pages come with the first use, all else at once. */
    private Size weights(Map<ModelComponent, WeightSizes> sizes, List<ModelComponent> used) {
        Size sum = Size.NONE;
        for (ModelComponent component : ModelComponent.values()) {
            Placement placement = placements.get(component);
            Size whole = sizes.get(component).peak(placement.offload(), placement.device().kind() == Device.Kind.CPU ? 1 : 2);
            if (placement.offload().unit() == Offload.Unit.NOTHING) {
                long unused = used.contains(component) ? 0 : whole.mapped();
                sum = sum.plus(new Size(whole.all() - unused, whole.mapped() - unused));
            } else if (component == used.getLast()) {
                sum = sum.plus(whole);
            }
        }
        return sum;
    }

    private boolean encodesText() {
        return plan.guidance().has(Branch.CONDITIONAL) && plan.request().values.promptEmbeds == null
                || plan.guidance().has(Branch.UNCONDITIONAL) && plan.request().values.negativePromptEmbeds == null;
    }

    private long text() {
        T5Config config = parts.textEncoder.config();
        long bytes = dtype(ModelComponent.TEXT_ENCODER).byteSize();
        long tokens = plan.textTokens();
        double unit = (double) plan.request().values.prompts.size() * tokens * config.dModel() * bytes;
        long bias = config.numHeads() * tokens * tokens * bytes;
        return Math.round(unit * TEXT.of(isWide(ModelComponent.TEXT_ENCODER))) + bias;
    }

    private long denoising() {
        TransformerConfig config = parts.description.transformer();
        Shape latents = plan.latentShape();
        long batch = plan.guidance().batch(latents.size(0));
        long bytes = dtype(ModelComponent.TRANSFORMER).byteSize();
        long videoTokens = config.videoTokens(latents);
        double unit = (double) batch * (videoTokens + plan.textTokens()) * config.innerDim() * bytes;
        long positions = config.addsPositions() ? videoTokens * config.innerDim() * bytes : 0;
        long text = batch * plan.textTokens() * (config.innerDim() + (long) config.textEmbedDim()) * bytes;
        return Math.round(unit * TOKENS.of(isWide(ModelComponent.TRANSFORMER))) + positions + text;
    }

    /** Of the autoencoder, which encodes and decodes in like batches of frames. */
    private long pixels(boolean decoding) {
        VaeConfig config = parts.vae.config();
        Shape latents = plan.latentShape();
        long scale = config.spatialScale();
        long frames = latents.size(1) - plan.paddingFrames();
        Optional<Tiling> tiling = plan.vaeMemory().tiling();
        long height = Math.min(latents.size(3) * scale, tiling.map(Tiling::tileSampleMinHeight).orElse(Integer.MAX_VALUE));
        long width = Math.min(latents.size(4) * scale, tiling.map(Tiling::tileSampleMinWidth).orElse(Integer.MAX_VALUE));
        long batch = plan.vaeMemory().slicing() || !decoding ? 1 : latents.size(0);
        long bytes = dtype(ModelComponent.VAE).byteSize();
        double unit = (double) batch * height * width * config.blockOutChannels().getFirst() * bytes;
        long all = latents.size(0) * RGB * config.decodedFrames(frames) * latents.size(3) * scale * latents.size(4) * scale;
        return Math.round(unit * frameUnits(config, frames)) + all * (bytes + DType.FLOAT32.byteSize());
    }

    /** The first batch has the frame of the first latents and those of what is over when they go in pairs. */
    private double frameUnits(VaeConfig config, long latentFrames) {
        boolean isWide = isWide(ModelComponent.VAE);
        long first = Math.min(latentFrames, 2 + latentFrames % 2);
        double most = DECODED_FRAME.of(isWide) * config.decodedFrames(first);
        if (latentFrames > first) {
            long next = config.decodedFrames(first + 2) - config.decodedFrames(first);
            most = Math.max(most, DECODED_FRAME.of(isWide) * next + DECODED_BEFORE.of(isWide));
        }
        return DECODED_ANYHOW.of(isWide) + most;
    }

    private boolean isWide(ModelComponent component) {
        DType dtype = dtype(component);
        return parts.device.equals(Device.CPU) && dtype.byteSize() < DType.FLOAT32.byteSize() && !LibtorchInfo.isFastOnCpu(dtype);
    }

    private DType dtype(ModelComponent component) {
        return placements.get(component).dtype();
    }
}
