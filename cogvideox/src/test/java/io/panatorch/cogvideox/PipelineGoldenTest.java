package io.panatorch.cogvideox;

import io.panatorch.tensor.Device;
import org.junit.jupiter.api.Tag;

@Tag("cpu")
class PipelineGoldenTest extends PipelineGoldens {

    PipelineGoldenTest() {
        super(Device.CPU);
    }
}
