package io.panatorch.cache.teacache;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.testing.CacheMethodContract;
import io.panatorch.testing.Logged;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

class TeaCacheContractTest extends CacheMethodContract {

    private Logged warnings;

    @BeforeAll
    void quiet() {
        warnings = new Logged(TeaCache.class);
    }

    @AfterAll
    void loud() {
        warnings.close();
    }

    @Override
    protected List<CacheMethod> methods() {
        return List.of(TeaCache.of(0.5, List.of(1., 0.)), TeaCache.of(100, TeaCache.COGVIDEOX_2B),
                TeaCache.of(0.5, List.of(1., 0.), TeaInput.MODULATED).forecasting(1), TeaCache.calibration(_ -> {}),
                TeaCache.calibration(TeaInput.MODULATED, _ -> {}));
    }

    @Override
    protected boolean skips(CacheMethod method) {
        return method instanceof TeaCache;
    }
}
