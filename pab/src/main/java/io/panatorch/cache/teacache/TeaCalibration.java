package io.panatorch.cache.teacache;

import io.panatorch.cache.Branch;
import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.CachePolicy;
import io.panatorch.cache.CacheRun;
import io.panatorch.cache.RowPolicy;
import io.panatorch.cache.Site;
import io.panatorch.cache.SiteCall;
import io.panatorch.cache.SiteKind;
import io.panatorch.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * Computes everything and measures, from each step to the next, how much the input changes and how much the
 * denoiser's output does; the coefficients are those of the polynomial that takes the one to the other.
 */
final class TeaCalibration implements CacheMethod {

    private static final System.Logger LOGGER = System.getLogger(TeaCache.class.getName());
    private static final int DEGREE = 4;

    private final TeaInput input;
    private final Consumer<? super List<Double>> whenDone;

    TeaCalibration(TeaInput input, Consumer<? super List<Double>> whenDone) {
        this.input = Objects.requireNonNull(input, "input");
        this.whenDone = Objects.requireNonNull(whenDone, "whenDone");
    }

    @Override
    public String name() {
        return "teacache-calibration";
    }

    @Override
    public Set<SiteKind> kinds() {
        return input == TeaInput.MODULATED ? Set.of(SiteKind.DENOISER, SiteKind.BLOCK) : Set.of(SiteKind.DENOISER);
    }

    @Override
    public CachePolicy policy(CacheRun run) {
        Set<SiteKind> named = run.sites().stream().map(Site::kind).collect(Collectors.toSet());
        for (SiteKind kind : kinds()) {
            if (!named.contains(kind)) {
                throw new IllegalArgumentException("TeaCache calibration: this model names no " + kind.name().toLowerCase(Locale.ROOT));
            }
        }
        return new Measurement(run.of(Set.of(SiteKind.DENOISER)).sites().getFirst(), run.of(Set.of(SiteKind.BLOCK)).sites());
    }

    /** One generation. Held for the denoiser are the input and the output of the step before. */
    private final class Measurement implements CachePolicy {

        private final Site denoiser;
        private final List<Site> blocks; // where the input is that of the first one
        private final List<Double> inputs = new ArrayList<>();
        private final List<Double> outputs = new ArrayList<>();

        Measurement(Site denoiser, List<Site> blocks) {
            this.denoiser = denoiser;
            this.blocks = blocks;
        }

        @Override
        public List<Tensor> apply(SiteCall call) {
            if (!blocks.isEmpty() && call.site().equals(blocks.getFirst())) {
                call.carry(denoiser, List.of(TeaCache.modulated(call)));
            }
            List<Tensor> results = call.compute();
            if (call.site().equals(denoiser)) {
                List<Tensor> inputs = input == TeaInput.MODULATED ? call.takeCarried(denoiser) : List.of(TeaCache.embedding(call));
                if (!inputs.isEmpty()) { // the model may have gone past its first block
                    compare(call, inputs.getFirst(), results.getFirst());
                }
            }
            return results;
        }

        private void compare(SiteCall call, Tensor now, Tensor output) {
            List<Tensor> before = call.held("input");
            if (!before.isEmpty()) {
                double change = RowPolicy.relativeChange(now, before.getFirst());
                double outputChange = RowPolicy.relativeChange(output, call.held("output").getFirst());
                if (Double.isFinite(change) && Double.isFinite(outputChange)) {
                    inputs.add(change);
                    outputs.add(outputChange);
                }
            }
            if (call.step().index() < call.step().count() - 1) {
                call.hold(Map.of("input", List.of(now), "output", List.of(output)));
            } else {
                call.drop();
                if (call.step().branch() != Branch.UNCONDITIONAL) { // the numbers are those of the prompt
                    end(call.step().count());
                }
            }
        }

        private void end(int steps) {
            if (outputs.isEmpty() || outputs.size() < steps - 1) {
                LOGGER.log(System.Logger.Level.WARNING, "TeaCache calibration gives no coefficients: of " + steps
                        + " steps, " + outputs.size() + " could be compared with the one before");
            } else {
                whenDone.accept(Polynomial.fit(inputs, outputs, DEGREE).coefficients());
            }
        }
    }
}
