package io.panatorch.cogvideox;

import io.panatorch.tensor.Device;
import io.panatorch.testing.RequiresCuda;
import org.junit.jupiter.api.Tag;

@Tag("gpu")
@RequiresCuda
class CacheGoldenGpuTest extends CacheGoldens {

    CacheGoldenGpuTest() {
        super(Device.cuda(0));
    }
}
