package io.panatorch.cache.faster;

import io.panatorch.cache.Branch;
import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.CacheRun;
import io.panatorch.cache.CacheSession;
import io.panatorch.cache.CacheStatistics;
import io.panatorch.cache.CacheStatistics.SiteStatistics;
import io.panatorch.cache.FakeModel;
import io.panatorch.cache.Site;
import io.panatorch.cache.SiteKind;
import io.panatorch.cache.Step;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A denoiser with one attention, in whose batch an unconditional half comes first where there is guidance. A row's text is a
 * number: 0 unconditional, and 1, 2, … for the prompts. The attention's output is a number {@link #attended} of step and text, and
 * the prediction an image of that number with a checkerboard of {@value #DETAIL} times it.
 */
final class GuidedModel {

    static final double DETAIL = 10;

    /** What a prompt's prediction takes: 4 × 4 float32. */
    static final long PREDICTION_BYTES = 64;

    /** What one step's outputs of the attention take for a prompt: 4 and 2 float32. */
    static final long ATTENTION_BYTES = 24;

    private static final int[] TIMESTEPS = {999, 899, 799, 699, 599, 499, 399, 299, 199, 99};
    private static final double[] VALUES = {1, 3, -2, 5, 4, 8, 7, -6, 2, 9};
    private static final Site DENOISER = new Site(SiteKind.DENOISER, 0, "transformer");
    private static final Site ATTENTION = new Site(SiteKind.SPATIAL_ATTENTION, 0, "transformer_blocks.0.attn1");

    /** A row of the output: the image's mean, and how much its checkerboard is. */
    record Prediction(double mean, double detail) {}

    private final int prompts;
    private final boolean guided;
    private final int[] timesteps;
    private final List<Integer> batches = new ArrayList<>();
    private final List<List<Prediction>> predictions = new ArrayList<>();
    private final List<Long> held = new ArrayList<>();
    private CacheStatistics statistics;

    GuidedModel(int prompts, boolean guided, int steps) {
        this.prompts = prompts;
        this.guided = guided;
        this.timesteps = Arrays.copyOf(TIMESTEPS, steps);
    }

    static double attended(int index, double text) {
        return VALUES[index] * (1 + text / 4);
    }

    /** A whole generation in a session of its own. */
    GuidedModel generate(CacheMethod method) {
        try (CacheSession cache = method.open(new CacheRun(List.of(DENOISER, ATTENTION), timesteps))) {
            for (int i = 0; i < timesteps.length; i++) {
                cache.begin(Step.of(i, timesteps, guided ? Branch.BOTH : Branch.CONDITIONAL));
                step(cache, i);
                held.add(cache.statistics().bytes().now());
            }
            statistics = cache.statistics();
        }
        return this;
    }

    private void step(CacheSession cache, int index) {
        try (TensorScope _ = TensorScope.open()) {
            int rows = guided ? 2 * prompts : prompts;
            float[] latents = new float[rows * 16];
            float[] texts = new float[rows];
            for (int row = 0; row < rows; row++) {
                int prompt = row % prompts;
                Arrays.fill(latents, row * 16, (row + 1) * 16, (float) VALUES[index] + prompt);
                texts[row] = guided && row < prompts ? 0 : 1 + prompt;
            }
            List<Tensor> inputs = List.of(Tensor.of(latents, rows, 1, 4, 4), Tensor.of(texts, rows, 1), FakeModel.filled(0, 1, 4));
            Tensor output = cache.through(DENOISER, inputs, in -> List.of(compute(cache, in, index))).getFirst();
            read(output, rows);
        }
    }

    private Tensor compute(CacheSession cache, List<Tensor> inputs, int index) {
        int rows = (int) inputs.getFirst().size(0);
        batches.add(rows);
        List<Tensor> attended = cache.through(ATTENTION, List.of(inputs.get(1)), in -> {
            Tensor numbers = in.getFirst().mul(0.25).add(1).mul(VALUES[index]); // [rows, 1]
            return List.of(numbers.expand(rows, 4).contiguous(), numbers.mul(DETAIL).expand(rows, 2).contiguous());
        });
        float[] board = new float[16];
        for (int i = 0; i < board.length; i++) {
            board[i] = (i / 4 + i) % 2 == 0 ? 1 : -1;
        }
        Tensor mean = attended.get(0).narrow(1, 0, 1).reshape(rows, 1, 1, 1);
        Tensor detail = attended.get(1).narrow(1, 0, 1).reshape(rows, 1, 1, 1);
        return detail.mul(Tensor.of(board, 4, 4)).add(mean); // [rows, 1, 4, 4]
    }

    private void read(Tensor output, int rows) {
        float[] pixels = output.toFloatArray();
        List<Prediction> step = new ArrayList<>();
        for (int row = 0; row < rows; row++) {
            double light = pixels[row * 16];
            double dark = pixels[row * 16 + 1];
            step.add(new Prediction((light + dark) / 2, (light - dark) / 2));
        }
        predictions.add(step);
    }

    /** How many rows the denoiser computed, at each step that it did. */
    List<Integer> batches() {
        return batches;
    }

    /** The output of a step, a prediction a row. */
    List<Prediction> predictions(int index) {
        return predictions.get(index);
    }

    /** Bytes held after each step. */
    List<Long> held() {
        return held;
    }

    /** For each covered site, a letter a step. */
    List<String> decisions() {
        return statistics.sites().stream().map(SiteStatistics::decisions).toList();
    }
}
