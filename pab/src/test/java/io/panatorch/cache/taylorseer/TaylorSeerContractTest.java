package io.panatorch.cache.taylorseer;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.SiteKind;
import io.panatorch.cache.testing.CacheMethodContract;
import io.panatorch.tensor.DType;
import io.panatorch.testing.Logged;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

class TaylorSeerContractTest extends CacheMethodContract {

    private Logged warnings;

    @BeforeAll
    void quiet() {
        warnings = new Logged(TaylorSeer.class);
    }

    @AfterAll
    void loud() {
        warnings.close();
    }

    @Override
    protected List<CacheMethod> methods() {
        return List.of(TaylorSeer.builder().build(), TaylorSeer.builder().maxOrder(3).cacheInterval(2).build(),
                TaylorSeer.builder().taylorFactorsDtype(DType.FLOAT32).kinds(SiteKind.FEED_FORWARD, SiteKind.BLOCK).build(),
                TaylorSeer.builder().useLiteMode().build());
    }
}
