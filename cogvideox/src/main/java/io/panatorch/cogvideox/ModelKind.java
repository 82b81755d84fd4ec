package io.panatorch.cogvideox;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** What a checkpoint was trained to do. */
public enum ModelKind {

    /** From a text, and from a text and a video that is changed. */
    TEXT_TO_VIDEO("CogVideoXPipeline", "CogVideoXVideoToVideoPipeline"),
    /** From a text and the video's first frame. */
    IMAGE_TO_VIDEO("CogVideoXImageToVideoPipeline"),
    /** From a text and a video that says what is where. */
    CONTROL_TO_VIDEO("CogVideoXFunControlPipeline");

    private final List<String> classNames;

    ModelKind(String... classNames) {
        this.classNames = List.of(classNames);
    }

    /** {@return the kind of diffusers' pipeline with this name, where there is one} */
    static Optional<ModelKind> of(String className) {
        return Arrays.stream(values()).filter(kind -> kind.classNames.contains(className)).findFirst();
    }

    /** {@return the names of diffusers' pipelines} */
    static List<String> allClassNames() {
        return Arrays.stream(values()).flatMap(kind -> kind.classNames.stream()).toList();
    }

    /** {@return whether latents of something given stand beside the noisy ones, so that the transformer takes twice the channels} */
    public boolean isConditioned() {
        return this != TEXT_TO_VIDEO;
    }
}
