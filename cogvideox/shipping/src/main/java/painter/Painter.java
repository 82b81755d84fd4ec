package painter;

import io.panatorch.cache.pab.PyramidAttentionBroadcast;
import io.panatorch.cogvideox.CogVideoXPipeline;
import io.panatorch.cogvideox.DemoModel;
import io.panatorch.cogvideox.VideoRequest;
import io.panatorch.cogvideox.video.VideoWriter;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import java.io.IOException;
import java.nio.file.Path;

/** Paints a video with the demo model into a folder of PNG files, the first argument. */
public final class Painter {

    private static final String PROMPT = "a red circle moving right on a blue background";

    private Painter() {}

    public static void main(String[] arguments) throws IOException {
        paint(Path.of(arguments[0]), 10);
    }

    static void paint(Path folder, int steps) throws IOException {
        VideoWriter writer = VideoWriter.to(folder);
        var request = VideoRequest.builder(PROMPT).steps(steps).cache(PyramidAttentionBroadcast.cogVideoX()).build();
        try (var pipeline = CogVideoXPipeline.load(DemoModel.folder(), DType.FLOAT32, Device.CPU);
                var video = pipeline.generate(request)) {
            writer.write(video.pictures(0));
        }
    }
}
