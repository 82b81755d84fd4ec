package io.panatorch.cache;

import io.panatorch.cache.firstblock.FirstBlockCache;
import io.panatorch.cache.pab.PyramidAttentionBroadcast;
import io.panatorch.cache.taylorseer.TaylorSeer;
import io.panatorch.cache.testing.CacheMethodContract;
import java.util.List;
import java.util.Set;
import thirdparty.EverySecondStep;

/** Methods of blocks by a third party, two methods in one, and methods that may not reuse at some steps. */
class CombinedContractTest extends CacheMethodContract {

    private static final CacheMethod PAB = PyramidAttentionBroadcast.builder().spatialAttentionBlockSkipRange(2)
            .spatialAttentionTimestepSkipRange(-1, 1000).build();

    @Override
    protected List<CacheMethod> methods() {
        return List.of(new EverySecondStep(), CacheMethod.both(PAB, FirstBlockCache.of(0.3)), CacheMethod.both(new EverySecondStep(), PAB),
                FirstBlockCache.of(100).with(SessionOptions.DEFAULT.withComputed(new ComputedSteps(2, 2, Set.of(5)))),
                TaylorSeer.builder().build().with(SessionOptions.DEFAULT.withComputed(new ComputedSteps(1, 3, Set.of()))));
    }
}
