package thirdparty;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.CachePolicy;
import io.panatorch.cache.CacheRun;
import io.panatorch.cache.SiteCall;
import io.panatorch.cache.SiteKind;
import io.panatorch.tensor.Tensor;
import java.util.List;
import java.util.Set;

/** A method as somebody else would write it: the MLP is computed at even steps and reused at odd ones. */
public record EverySecondFeedForward() implements CacheMethod {

    @Override
    public String name() {
        return "every-second-feed-forward";
    }

    @Override
    public Set<SiteKind> kinds() {
        return Set.of(SiteKind.FEED_FORWARD);
    }

    @Override
    public CachePolicy policy(CacheRun run) {
        int last = run.timesteps().length - 1;
        return call -> apply(call, last);
    }

    private static List<Tensor> apply(SiteCall call, int last) {
        if (call.step().index() % 2 == 1) {
            List<Tensor> held = call.held();
            call.drop();
            return held;
        }
        List<Tensor> outputs = call.compute();
        if (call.step().index() < last) {
            call.hold(outputs);
        }
        return outputs;
    }
}
