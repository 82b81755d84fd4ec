package io.panatorch.cache.faster;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.Warnings;
import io.panatorch.cache.testing.CacheMethodContract;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

class FasterCacheContractTest extends CacheMethodContract {

    private Warnings warnings;

    @BeforeAll
    void quiet() {
        warnings = new Warnings(FasterCache.class);
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
