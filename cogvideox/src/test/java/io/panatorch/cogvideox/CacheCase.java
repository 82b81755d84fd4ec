package io.panatorch.cogvideox;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.faster.FasterCache;
import io.panatorch.cache.firstblock.FirstBlockCache;
import io.panatorch.cache.magcache.MagCache;
import io.panatorch.cache.pab.PyramidAttentionBroadcast;
import io.panatorch.cache.taylorseer.TaylorSeer;
import io.panatorch.cache.teacache.TeaCache;
import java.util.List;
import java.util.function.Supplier;

/** Every method there is, with settings that skip something in six steps of the goldens' models; a new one is one more line. */
enum CacheCase {
    NONE(CacheMethod::none),
    PAB(() -> PyramidAttentionBroadcast.builder("cogvideox").spatialAttentionTimestepSkipRange(0, 1000).build()),
    PAB_MLP(() -> PyramidAttentionBroadcast.builder("cogvideox").mlpBroadcast(List.of(0, 2), List.of(832, 499), 1).build()),
    FASTER(() -> FasterCache.builder().unconditionalBatchSkipRange(2).build()),
    FIRST_BLOCK(() -> FirstBlockCache.of(0.9)),
    MAG_CACHE(() -> MagCache.builder(List.of(1.0, 0.9, 1.1, 0.95, 1.02, 0.8)).threshold(0.2).maxSkipSteps(2).build()),
    TAYLOR_SEER(() -> TaylorSeer.builder().cacheInterval(2).disableCacheBeforeStep(2).build()),
    TAYLOR_SEER_LITE(() -> TaylorSeer.builder().cacheInterval(2).disableCacheBeforeStep(2).useLiteMode().build()),
    TEA_CACHE(() -> TeaCache.of(0.5, TeaCache.COGVIDEOX_2B));

    /** The one that generations share. */
    final CacheMethod method;

    private final Supplier<CacheMethod> maker;

    CacheCase(Supplier<CacheMethod> maker) {
        this.method = maker.get();
        this.maker = maker;
    }

    /** {@return one with the same settings that nothing has used} */
    CacheMethod unused() {
        return maker.get();
    }
}
