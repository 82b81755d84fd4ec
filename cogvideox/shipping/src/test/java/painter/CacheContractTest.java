package painter;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.pab.PyramidAttentionBroadcast;
import io.panatorch.cache.testing.CacheMethodContract;
import java.util.List;

/** The contract of caching methods, out of a test-jar. */
class CacheContractTest extends CacheMethodContract {

    @Override
    protected List<CacheMethod> methods() {
        return List.of(PyramidAttentionBroadcast.cogVideoX());
    }
}
