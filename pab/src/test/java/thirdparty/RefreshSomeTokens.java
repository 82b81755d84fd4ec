package thirdparty;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.CachePolicy;
import io.panatorch.cache.CacheRun;
import io.panatorch.cache.SiteCall;
import io.panatorch.cache.SiteKind;
import io.panatorch.tensor.Tensor;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A token-wise method, as ToCa is: at every second step the MLPs are computed for the tokens with the highest scores alone, and the others
 * keep what they had. The model offers the scores, {@code [tokens]}.
 */
public record RefreshSomeTokens(long refreshed) implements CacheMethod {

    static final String SCORES = "scores";

    @Override
    public String name() {
        return "refresh-some-tokens";
    }

    @Override
    public Set<SiteKind> kinds() {
        return Set.of(SiteKind.FEED_FORWARD);
    }

    @Override
    public CachePolicy policy(CacheRun run) {
        return this::apply;
    }

    private List<Tensor> apply(SiteCall call) {
        List<Tensor> held = call.held();
        Optional<Tensor> scores = call.value(SCORES);
        boolean refreshes = call.mayReuse() && call.step().index() % 2 == 1 && !held.isEmpty() && scores.isPresent();
        Tensor output = refreshes ? refreshed(call, held.getFirst(), scores.get()) : call.compute().getFirst();
        if (call.step().index() < call.step().count() - 1) {
            call.hold(List.of(output));
        } else {
            call.drop();
        }
        return List.of(output);
    }

    private Tensor refreshed(SiteCall call, Tensor before, Tensor scores) {
        Tensor tokens = call.tokens().getFirst(); // [batch, tokens, width]
        Tensor places = scores.topk(refreshed).indices();
        Tensor fresh = call.compute(List.of(tokens.indexSelect(1, places))).getFirst();
        return before.scatter(1, places.reshape(1, refreshed, 1).expand(before.size(0), refreshed, before.size(2)), fresh);
    }
}
