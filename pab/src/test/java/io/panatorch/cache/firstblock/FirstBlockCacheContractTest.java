package io.panatorch.cache.firstblock;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.testing.CacheMethodContract;
import io.panatorch.testing.Logged;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

class FirstBlockCacheContractTest extends CacheMethodContract {

    private Logged warnings;

    @BeforeAll
    void quiet() {
        warnings = new Logged(FirstBlockCache.class);
    }

    @AfterAll
    void loud() {
        warnings.close();
    }

    @Override
    protected List<CacheMethod> methods() {
        return List.of(FirstBlockCache.of(0.2), FirstBlockCache.of(100), FirstBlockCache.of(100).forecasting(2));
    }
}
