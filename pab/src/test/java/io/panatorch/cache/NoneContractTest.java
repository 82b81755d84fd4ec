package io.panatorch.cache;

import io.panatorch.cache.testing.CacheMethodContract;
import java.util.List;

class NoneContractTest extends CacheMethodContract {

    @Override
    protected List<CacheMethod> methods() {
        return List.of(CacheMethod.none());
    }

    @Override
    protected boolean skips(CacheMethod method) {
        return false;
    }
}
