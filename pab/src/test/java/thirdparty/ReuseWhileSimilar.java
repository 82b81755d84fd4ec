package thirdparty;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.CachePolicy;
import io.panatorch.cache.CacheRun;
import io.panatorch.cache.SiteCall;
import io.panatorch.cache.SiteKind;
import io.panatorch.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A whole method as somebody else would write it: an MLP's output is reused while its input has changed little.
 *
 * @param threshold the largest {@code mean|x − x₀| / mean|x₀|} at which it is, {@code x₀} being the input of the last computation
 */
public record ReuseWhileSimilar(double threshold) implements CacheMethod {

    @Override
    public String name() {
        return "reuse-while-similar";
    }

    @Override
    public Set<SiteKind> kinds() {
        return Set.of(SiteKind.FEED_FORWARD);
    }

    @Override
    public CachePolicy policy(CacheRun run) {
        return this::apply; // all that is kept from step to step is held, so there is no state of a run
    }

    private List<Tensor> apply(SiteCall call) {
        List<Tensor> before = call.held("inputs");
        boolean reuses = call.mayReuse() && !before.isEmpty()
                && call.agree(change(call.tokens().getFirst(), before.getFirst())) <= threshold;
        List<Tensor> outputs = reuses ? call.held("outputs") : call.compute();
        if (call.step().index() == call.step().count() - 1) {
            call.drop();
        } else if (!reuses) {
            call.hold(Map.of("inputs", call.tokens(), "outputs", outputs));
        }
        return outputs;
    }

    private static double change(Tensor input, Tensor before) {
        return input.sub(before).abs().mean().item() / before.abs().mean().item();
    }
}
