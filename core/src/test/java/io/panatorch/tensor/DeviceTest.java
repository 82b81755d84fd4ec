package io.panatorch.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("pure")
class DeviceTest {

    @Test
    void namesAreTorchs() {
        assertThat(Device.parse("cpu")).isSameAs(Device.CPU).hasToString("cpu");
        assertThat(Device.parse("meta")).isSameAs(Device.META).hasToString("meta");
        assertThat(Device.parse("cuda")).isEqualTo(Device.cuda(0)).hasToString("cuda:0");
        assertThat(Device.parse("cuda:12")).isEqualTo(Device.cuda(12)).hasToString("cuda:12");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "gpu", "CPU", "cpu:0", "cuda:", "cuda:-1", "cuda:1234", "cuda:1 ", "meta:0"})
    void otherNames(String name) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Device.parse(name))
                .withMessage("unknown device '" + name + "': expected cpu, cuda, cuda:N or meta");
    }

    @Test
    void impossibleIndices() {
        assertThatIllegalArgumentException().isThrownBy(() -> Device.cuda(-1)).withMessage("device index -1 for cuda: expected 0 to 127");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Device(Device.Kind.CPU, 1))
                .withMessage("device index 1 for cpu: expected 0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Device(Device.Kind.META, 1))
                .withMessage("device index 1 for meta: expected 0");
    }

    /** libtorch would take 256 for 0. */
    @Test
    void anIndexThatLibtorchCannotName() {
        assertThat(Device.cuda(127)).hasToString("cuda:127");
        for (int index : new int[] {128, 256, 999}) {
            String message = "device index " + index + " for cuda: expected 0 to 127";
            assertThatIllegalArgumentException().isThrownBy(() -> Device.cuda(index)).withMessage(message);
            assertThatIllegalArgumentException().isThrownBy(() -> Device.parse("cuda:" + index)).withMessage(message);
        }
    }

    @Test
    void mainMemoryAndNoneAreAlwaysThere() {
        Stream.of(Device.CPU, Device.META).forEach(device -> {
            device.requirePresent();
            device.synchronize();
        });
    }

    @Test
    void dtypesHaveTorchsNamesAndSizes() {
        assertThat(DType.values()).extracting(DType::torchName).containsExactly(
                "float32", "float64", "bfloat16", "float16", "int64", "int32", "uint8", "bool", "int8");
        assertThat(DType.values()).extracting(DType::byteSize).containsExactly(4, 8, 2, 2, 8, 4, 1, 1, 1);
        assertThat(DType.values()).filteredOn(DType::isFloatingPoint).hasSize(4);
    }
}
