package io.panatorch.cache.testing;

import io.panatorch.cache.Branch;
import io.panatorch.cache.CacheRun;
import io.panatorch.cache.CacheSession;
import io.panatorch.cache.Site;
import io.panatorch.cache.SiteInputs;
import io.panatorch.cache.SiteKind;
import io.panatorch.cache.Step;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.function.Function;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * A denoiser of a few numbers that has sites of every kind, one inside the other, and names them as a transformer does.
 *
 * <pre>
 * transformer                           latents, text, embedding → noise
 *   blocks.0                            video, text → video, text
 *     blocks.0.attn1     spatial        video, text → video, text: two views of one tensor
 *     blocks.0.temporal  temporal       video → video
 *     blocks.0.attn2     cross          video, text → video
 *     blocks.0.ff        feed forward   video → video: a view of the first half of a tensor
 *   blocks.1 …
 * </pre>
 *
 * <p>Latents are {@code [batch, frames, channels, height, width]}, a video is {@code [batch, tokens, channels]}, the text
 * {@code [batch, words, channels]} and the timestep's embedding {@code [1, channels]}. Every output depends on all of its
 * site's inputs and on the timestep, and changes a little from step to step.
 *
 * @param blocks how many
 * @param frames of the latents
 * @param guided at which steps the batch is 2: an unconditional and a conditional half, with the same latents and different texts
 * @param dtype of all tensors
 * @param kinds of the sites that the model names; work of other kinds it does without asking
 * @param leavesOut at which steps the model goes past a site, which then adds nothing
 */
public record FakeDenoiser(
        int blocks, int frames, IntPredicate guided, DType dtype, Set<SiteKind> kinds, BiPredicate<Site, Step> leavesOut) {

    /** With two blocks and a batch of 1, in float32. */
    public static final FakeDenoiser SMALL =
            new FakeDenoiser(2, 2, _ -> false, DType.FLOAT32, EnumSet.allOf(SiteKind.class), (_, _) -> false);

    private static final int CHANNELS = 4;
    private static final int HEIGHT = 3;
    private static final int WIDTH = 2;
    private static final int WORDS = 2;
    private static final int TRAINED_STEPS = 1000;
    private static final double STEP_SIZE = 0.05;
    private static final Site DENOISER = new Site(SiteKind.DENOISER, 0, "transformer");

    /** What a visit goes through: a session, or what a test puts between. */
    interface Through {
        List<Tensor> visit(Site site, SiteInputs inputs, Function<List<Tensor>, List<Tensor>> computation);
    }

    /** {@return the same with another number of blocks} */
    public FakeDenoiser withBlocks(int number) {
        return new FakeDenoiser(number, frames, guided, dtype, kinds, leavesOut);
    }

    /** {@return the same for latents of another size} */
    public FakeDenoiser withFrames(int number) {
        return new FakeDenoiser(blocks, number, guided, dtype, kinds, leavesOut);
    }

    /** {@return the same with a batch of 2, for classifier-free guidance} */
    public FakeDenoiser withGuidance() {
        return withGuidance(_ -> true);
    }

    /** {@return the same with guidance at some steps, so that the batch changes within a run} */
    public FakeDenoiser withGuidance(IntPredicate steps) {
        return new FakeDenoiser(blocks, frames, steps, dtype, kinds, leavesOut);
    }

    /** {@return the same in another dtype} */
    public FakeDenoiser withDtype(DType other) {
        return new FakeDenoiser(blocks, frames, guided, other, kinds, leavesOut);
    }

    /** {@return the same with sites of these kinds alone} */
    public FakeDenoiser withKinds(Set<SiteKind> named) {
        return new FakeDenoiser(blocks, frames, guided, dtype, Set.copyOf(named), leavesOut);
    }

    /** {@return the same going past some sites at some steps} */
    public FakeDenoiser leavingOut(BiPredicate<Site, Step> which) {
        return new FakeDenoiser(blocks, frames, guided, dtype, kinds, which);
    }

    /** {@return the sites that the model names, in the order of execution} */
    public List<Site> sites() {
        List<Site> sites = new ArrayList<>(List.of(DENOISER));
        for (int i = 0; i < blocks; i++) {
            sites.addAll(List.of(site(SiteKind.BLOCK, i), site(SiteKind.SPATIAL_ATTENTION, i),
                    site(SiteKind.TEMPORAL_ATTENTION, i), site(SiteKind.CROSS_ATTENTION, i), site(SiteKind.FEED_FORWARD, i)));
        }
        return sites.stream().filter(site -> kinds.contains(site.kind())).toList();
    }

    /** {@return the site of a kind in a block} */
    public static Site site(SiteKind kind, int block) {
        String name = "blocks." + block;
        return switch (kind) {
            case DENOISER -> DENOISER;
            case BLOCK -> new Site(kind, block, name);
            case SPATIAL_ATTENTION -> new Site(kind, block, name + ".attn1");
            case TEMPORAL_ATTENTION -> new Site(kind, block, name + ".temporal");
            case CROSS_ATTENTION -> new Site(kind, block, name + ".attn2");
            case FEED_FORWARD -> new Site(kind, block, name + ".ff");
        };
    }

    /** {@return a run with this many steps, at timesteps from 999 down that are evenly apart} */
    public CacheRun run(int steps) {
        return new CacheRun(sites(),
                IntStream.range(0, steps).map(i -> TRAINED_STEPS - 1 - i * TRAINED_STEPS / steps).toArray());
    }

    /** {@return the call of a run's step: of both branches where the batch is 2 at every step} */
    public Step step(int index, CacheRun run) {
        boolean isGuided = IntStream.range(0, run.timesteps().length).allMatch(guided);
        return Step.of(index, run.timesteps(), isGuided ? Branch.BOTH : Branch.CONDITIONAL);
    }

    /** {@return the latents at which a run begins, in row-major order} */
    public float[] start() {
        return numbers(frames * CHANNELS * HEIGHT * WIDTH, 0.7);
    }

    private static float[] numbers(int count, double pace) {
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = (float) Math.sin(pace * (i + 1));
        }
        return numbers;
    }

    /**
     * One step of a run.
     *
     * @param latents those of the step before, in row-major order
     * @return those after it
     */
    public float[] denoise(float[] latents, Step step, CacheSession cache) {
        return denoise(latents, step, cache::through);
    }

    float[] denoise(float[] latents, Step step, Through cache) {
        boolean isGuided = guided.test(step.index());
        try (TensorScope _ = TensorScope.open()) {
            Tensor single = Tensor.of(latents, 1, frames, CHANNELS, HEIGHT, WIDTH).to(dtype);
            Tensor text = Tensor.of(numbers(2 * WORDS * CHANNELS, 1.3), 2, WORDS, CHANNELS).to(dtype);
            Tensor batch = isGuided ? Tensor.cat(0, single, single) : single;
            Tensor embedding = Tensor.of(numbers(CHANNELS, 1 + (double) step.timestep() / TRAINED_STEPS), 1, CHANNELS).to(dtype);
            SiteInputs inputs = SiteInputs.of(batch).conditionedBy(isGuided ? text : text.narrow(0, 0, 1), embedding);
            Visits visits = new Visits(step, cache);
            List<Tensor> noise = visits.visit(DENOISER, inputs, in -> predict(in, visits));
            return noise.isEmpty() ? latents
                    : single.mul(1 - STEP_SIZE).sub(guide(noise.getFirst(), isGuided).mul(STEP_SIZE)).toFloatArray();
        }
    }

    private static Tensor guide(Tensor noise, boolean isGuided) {
        return isGuided ? noise.narrow(0, 1, 1).mul(2).sub(noise.narrow(0, 0, 1)) : noise;
    }

    /** One step's visits; where the model goes past a site, it gives nothing. */
    private final class Visits {

        private final Step step;
        private final Through cache;

        Visits(Step step, Through cache) {
            this.step = step;
            this.cache = cache;
        }

        List<Tensor> visit(Site site, SiteInputs inputs, Function<List<Tensor>, List<Tensor>> computation) {
            if (leavesOut.test(site, step)) {
                return List.of();
            }
            return kinds.contains(site.kind()) ? cache.visit(site, inputs, computation) : computation.apply(inputs.all());
        }

        /** A layer that is added to what goes into it. */
        Tensor add(SiteKind kind, int block, Tensor video, List<Tensor> inputs, Function<List<Tensor>, List<Tensor>> computation) {
            List<Tensor> outputs = visit(site(kind, block), SiteInputs.of(inputs), computation);
            return outputs.isEmpty() ? video : video.add(outputs.getFirst().mul(STEP_SIZE));
        }
    }

    private List<Tensor> predict(List<Tensor> inputs, Visits visits) {
        long batch = inputs.getFirst().size(0);
        Tensor video = inputs.getFirst().permute(0, 1, 3, 4, 2).reshape(batch, -1, CHANNELS);
        List<Tensor> tokens = List.of(video, inputs.get(1));
        Tensor time = inputs.getLast();
        for (int i = 0; i < blocks; i++) {
            int block = i;
            Tensor before = tokens.getFirst();
            SiteInputs offered = SiteInputs.of(tokens).offering(SiteInputs.MODULATED, () -> before.mul(time.add(2)));
            List<Tensor> outputs = visits.visit(site(SiteKind.BLOCK, i), offered, in -> block(in, block, time, visits));
            tokens = outputs.isEmpty() ? tokens : outputs;
        }
        return List.of(tokens.getFirst().reshape(batch, frames, HEIGHT, WIDTH, CHANNELS).permute(0, 1, 4, 2, 3).contiguous());
    }

    private static List<Tensor> block(List<Tensor> inputs, int block, Tensor time, Visits visits) {
        Tensor video = inputs.getFirst();
        Tensor text = inputs.getLast();
        List<Tensor> joint = visits.visit(site(SiteKind.SPATIAL_ATTENTION, block), SiteInputs.of(inputs), in -> joint(in, block, time));
        if (!joint.isEmpty()) {
            video = video.add(joint.getFirst().mul(STEP_SIZE));
            text = text.add(joint.getLast().mul(STEP_SIZE));
            joint.forEach(Tensor::close);
        }
        video = visits.add(SiteKind.TEMPORAL_ATTENTION, block, video, List.of(video),
                in -> List.of(in.getFirst().mul(2).add(time).cos()));
        video = visits.add(SiteKind.CROSS_ATTENTION, block, video, List.of(video, text),
                in -> List.of(in.getFirst().add(in.getLast().narrow(1, 0, 1)).add(time).sin()));
        video = visits.add(SiteKind.FEED_FORWARD, block, video, List.of(video),
                in -> List.of(Tensor.cat(1, in.getFirst(), in.getFirst()).add(time).exp().narrow(1, 0, in.getFirst().size(1))));
        return List.of(video, text);
    }

    private static List<Tensor> joint(List<Tensor> inputs, int block, Tensor time) {
        long tokens = inputs.getFirst().size(1);
        Tensor joint = Tensor.cat(1, inputs.getFirst(), inputs.getLast()).mul(block + 1).add(time).sin();
        return List.of(joint.narrow(1, 0, tokens), joint.narrow(1, tokens, WORDS));
    }
}
