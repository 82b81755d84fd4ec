package io.panatorch.cache.faster;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.testing.CacheMethodContract;
import io.panatorch.testing.Logged;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

class FasterCacheContractTest extends CacheMethodContract {

    private Logged warnings;

    @BeforeAll
    void quiet() {
        warnings = new Logged(FasterCache.class);
    }

    @AfterAll
    void loud() {
        warnings.close();
    }

    @Override
    protected List<CacheMethod> methods() {
        return List.of(FasterCache.builder().build());
    }
}
