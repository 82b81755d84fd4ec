package io.panatorch.cogvideox;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.cache.pab.PyramidAttentionBroadcast;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("cpu")
class DemoModelTest {

    @Test
    void everyFileIsListedAndUnpackedAsItIs() throws IOException, URISyntaxException {
        Path source = Path.of(DemoModel.class.getResource("demo/model_index.json").toURI()).getParent();
        try (Stream<Path> files = Files.walk(source)) {
            assertThat(files.filter(Files::isRegularFile).map(file -> source.relativize(file).toString()))
                    .containsExactlyInAnyOrderElementsOf(DemoModel.FILES);
        }
        Path unpacked = DemoModel.folder();
        for (String file : DemoModel.FILES) {
            assertThat(unpacked.resolve(file)).hasSameBinaryContentAs(source.resolve(file));
        }
        assertThat(DemoModel.folder()).isEqualTo(unpacked);
    }

    /** What the card claims and this model's successors will do better: the colours of the shape and of the background. */
    @Test
    void drawsTheColoursOfThePrompt() throws IOException {
        try (var pipeline = CogVideoXPipeline.load(DemoModel.folder(), DType.FLOAT32, Device.CPU);
                var _ = TensorScope.open(); // for the numbers that are read
                VideoResult result = pipeline.generate(VideoRequest
                        .builder("a red circle moving left on a blue background", "a large yellow circle on a white background")
                        .steps(25)
                        .guidanceScale(5)
                        .cache(PyramidAttentionBroadcast.cogVideoX())
                        .build())) {
            assertThat(new double[] {corner(result, 0, 0), corner(result, 0, 1), corner(result, 0, 2)})
                    .satisfies(rgb -> assertThat(rgb[2]).as("blue corner").isGreaterThan(rgb[0] + 0.2).isGreaterThan(rgb[1] + 0.2));
            assertThat(corner(result, 1, 2)).as("white corner").isGreaterThan(0.8);
            assertThat(most(result, 0)).as("something red").isGreaterThan(0.4);
        }
    }

    /** Of the first frame's upper left pixel, one colour. */
    private static double corner(VideoResult result, int video, int channel) {
        return result.frames().narrow(0, video, 1).narrow(1, 0, 1).narrow(2, channel, 1).toFloatArray()[0];
    }

    /** How much more red than blue the reddest pixel of the middle frame is. */
    private static double most(VideoResult result, int video) {
        Tensor frame = result.frames().narrow(0, video, 1).narrow(1, result.frames().size(1) / 2, 1);
        double most = -1;
        for (float difference : frame.narrow(2, 0, 1).sub(frame.narrow(2, 2, 1)).toFloatArray()) {
            most = Math.max(most, difference);
        }
        return most;
    }
}
