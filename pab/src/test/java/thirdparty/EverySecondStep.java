package thirdparty;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.CachePolicy;
import io.panatorch.cache.CacheRun;
import io.panatorch.cache.RowPolicy;
import io.panatorch.cache.SiteCall;
import io.panatorch.cache.SiteKind;
import java.util.Set;

/** All blocks are skipped at every second step: the simplest method that skips rows of blocks. */
public final class EverySecondStep implements CacheMethod {

    @Override
    public String name() {
        return "every-second-step";
    }

    @Override
    public Set<SiteKind> kinds() {
        return Set.of(SiteKind.BLOCK);
    }

    @Override
    public CachePolicy policy(CacheRun run) {
        return new RowPolicy(run, 0, 0) {

            @Override
            protected boolean skips(SiteCall call) {
                return maySkip(call.step().index());
            }

            @Override
            protected boolean maySkip(int index) {
                return index % 2 == 1;
            }
        };
    }
}
