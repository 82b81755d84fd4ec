package io.panatorch.cogvideox.cli;

import io.panatorch.cogvideox.VideoRequest;
import io.panatorch.cogvideox.input.InputImage;
import io.panatorch.cogvideox.input.InputVideo;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/** What videos are made from besides prompts: one for all prompts, or one for each. */
final class SourceOptions {

    @Option(names = "--image", paramLabel = "FILE",
            description = "the first frame, for an image-to-video model: PNG, JPEG, or safetensors with \"image\" [3, height, width]"
                    + " in [0, 1]; once for all prompts, or once for each")
    private List<Path> images;

    @Option(names = "--video", paramLabel = "FILE",
            description = "a video to change, for a text-to-video model: MP4 (which takes an ffmpeg on PATH), GIF, a folder of PNG or"
                    + " JPEG frames, or safetensors with \"video\" [frames, 3, height, width] in [0, 1]; once for all prompts, or once"
                    + " for each")
    private List<Path> videos;

    @Option(names = "--strength", paramLabel = "X", description = "how much of it is made anew, up to 1 (default: 0.8)")
    private Double strength;

    @Option(names = "--control-video", paramLabel = "FILE",
            description = "what says what is where, for a control model; files as for --video")
    private List<Path> controls;

    /** Each file is read once, whatever the number of prompts. */
    private final Map<Path, InputImage> readImages = new HashMap<>();
    private final Map<Path, InputVideo> readVideos = new HashMap<>();

    /** Of the videos that were given last; 0 where there are none. */
    private int frames;

    private interface Reader<T> {
        T read(Path file) throws IOException;
    }

    /** {@return all files} */
    List<Path> files() {
        return Stream.of(images, videos, controls).filter(Objects::nonNull).flatMap(List::stream).distinct().toList();
    }

    /**
     * Gives the sources to a request of some of all prompts.
     *
     * @param frames how many are made, of a longer video the first ones, or null for as many as a video has
     */
    void addTo(VideoRequest.Builder request, Integer frames, int first, int count, int all) throws IOException {
        if (images != null) {
            request.image(part("--image", images, file -> once(readImages, file, InputImage::read), first, count, all)
                    .toArray(InputImage[]::new));
        }
        if (strength != null) {
            request.strength(strength);
        }
        if (videos != null) {
            request.video(part("--video", videos, file -> video(file, frames), first, count, all).toArray(InputVideo[]::new));
        }
        if (controls != null) {
            request.controlVideo(part("--control-video", controls, file -> video(file, frames), first, count, all)
                    .toArray(InputVideo[]::new));
        }
    }

    /** {@return how many frames the videos have that were given to a request, where there were any} */
    OptionalInt frames() {
        return frames == 0 ? OptionalInt.empty() : OptionalInt.of(frames);
    }

    private InputVideo video(Path file, Integer frames) throws IOException {
        InputVideo video = once(readVideos, file, InputVideo::read);
        this.frames = Objects.requireNonNullElse(frames, video.frames());
        return this.frames < video.frames() ? video.first(this.frames) : video; // whether more can be made of it the model knows
    }

    private static <T> T once(Map<Path, T> read, Path file, Reader<T> reader) throws IOException {
        T known = read.get(file);
        if (known == null) {
            known = reader.read(file);
            read.put(file, known);
        }
        return known;
    }

    private static <T> List<T> part(String option, List<Path> files, Reader<T> reader, int first, int count, int all)
            throws IOException {
        if (files.size() != 1 && files.size() != all) {
            throw new IllegalArgumentException(option + ": expected 1 or as many as prompts (" + all + "), found " + files.size());
        }
        List<T> read = new ArrayList<>();
        for (Path file : files.size() == 1 ? files : files.subList(first, first + count)) {
            read.add(reader.read(file));
        }
        return read;
    }
}
