package io.panatorch.cache.teacache;

import io.panatorch.cache.Branch;
import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.CachePolicy;
import io.panatorch.cache.CacheRun;
import io.panatorch.cache.RowPolicy;
import io.panatorch.cache.SiteCall;
import io.panatorch.cache.SiteKind;
import io.panatorch.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Computes everything and measures, from each step to the next, how much the timestep's embedding changes and how much the
 * denoiser's output does; the coefficients are those of the polynomial that takes the one to the other.
 */
final class TeaCalibration implements CacheMethod {

    private static final System.Logger LOGGER = System.getLogger(TeaCache.class.getName());
    private static final int DEGREE = 4;

    private final Consumer<? super List<Double>> whenDone;

    TeaCalibration(Consumer<? super List<Double>> whenDone) {
        this.whenDone = Objects.requireNonNull(whenDone, "whenDone");
    }

    @Override
    public String name() {
        return "teacache-calibration";
    }

    @Override
    public Set<SiteKind> kinds() {
        return Set.of(SiteKind.DENOISER);
    }

    @Override
    public CachePolicy policy(CacheRun run) {
        if (run.sites().isEmpty()) {
            throw new IllegalArgumentException("TeaCache calibration: this model names no denoiser");
        }
        return new Measurement();
    }

    /** One generation. Held are the embedding and the output of the step before. */
    private final class Measurement implements CachePolicy {

        private final List<Double> embeddings = new ArrayList<>();
        private final List<Double> outputs = new ArrayList<>();

        @Override
        public List<Tensor> apply(SiteCall call) {
            List<Tensor> results = call.compute();
            Tensor embedding = call.inputs().getLast();
            List<Tensor> before = call.held();
            if (!before.isEmpty()) {
                double change = RowPolicy.relativeChange(embedding, before.getFirst());
                double outputChange = RowPolicy.relativeChange(results.getFirst(), before.getLast());
                if (Double.isFinite(change) && Double.isFinite(outputChange)) {
                    embeddings.add(change);
                    outputs.add(outputChange);
                }
            }
            if (call.step().index() < call.step().count() - 1) {
                call.hold(List.of(embedding, results.getFirst()));
            } else {
                call.drop();
                if (call.step().branch() != Branch.UNCONDITIONAL) { // the numbers are those of the prompt
                    end(call.step().count());
                }
            }
            return results;
        }

        private void end(int steps) {
            if (outputs.isEmpty() || outputs.size() < steps - 1) {
                LOGGER.log(System.Logger.Level.WARNING, "TeaCache calibration gives no coefficients: of " + steps
                        + " steps, " + outputs.size() + " could be compared with the one before");
            } else {
                whenDone.accept(Polynomial.fit(embeddings, outputs, DEGREE).coefficients());
            }
        }
    }
}
