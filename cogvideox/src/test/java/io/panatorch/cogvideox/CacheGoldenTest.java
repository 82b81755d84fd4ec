package io.panatorch.cogvideox;

import io.panatorch.tensor.Device;
import org.junit.jupiter.api.Tag;

@Tag("cpu")
class CacheGoldenTest extends CacheGoldens {

    CacheGoldenTest() {
        super(Device.CPU);
    }
}
