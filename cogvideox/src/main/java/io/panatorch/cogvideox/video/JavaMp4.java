package io.panatorch.cogvideox.video;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * MP4 files without FFmpeg.
 *
 * @param why why there is none, for people
 */
record JavaMp4(String why) implements VideoEncoder {

    @Override
    public String name() {
        return "H.264 in Java, as " + why;
    }

    @Override
    public void encode(Frames frames, VideoMetadata metadata, Path file) throws IOException {
        FrameRate rate = FrameRate.of(frames.fps());
        H264Encoder encoder = new H264Encoder(frames.width(), frames.height(), rate);
        List<H264Encoder.Encoded> pictures = new ArrayList<>();
        for (int i = 0; i < frames.count(); i++) {
            pictures.add(encoder.encode(frames.rgb(i)));
            VideoEncoder.checkInterrupt();
        }
        Files.write(file, Mp4File.of(frames.width(), frames.height(), rate, encoder.sequenceHeader(), encoder.pictureHeader(),
                pictures, metadata));
    }
}
