package io.panatorch.cache.magcache;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.testing.CacheMethodContract;
import io.panatorch.testing.Logged;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

class MagCacheContractTest extends CacheMethodContract {

    private Logged warnings;

    @BeforeAll
    void quiet() {
        warnings = new Logged(MagCache.class);
    }

    @AfterAll
    void loud() {
        warnings.close();
    }

    @Override
    protected List<CacheMethod> methods() {
        return List.of(MagCache.builder(List.of(1.)).build(), MagCache.builder(List.of(1.)).maxSkipSteps(9).retentionRatio(0).build(),
                MagCache.builder(List.of(1.)).forecastOrder(1).build(), MagCache.calibration(_ -> {}));
    }

    @Override
    protected boolean skips(CacheMethod method) {
        return method instanceof MagCache;
    }
}
