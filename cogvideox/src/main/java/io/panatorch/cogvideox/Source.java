package io.panatorch.cogvideox;

import io.panatorch.cogvideox.input.InputImage;
import io.panatorch.cogvideox.input.InputVideo;
import java.util.List;

/** What a video is made from besides its prompt. Each has one element for all prompts, or one for each. */
sealed interface Source {

    /** {@return what it is called in messages} */
    String what();

    /** Nothing. */
    record None() implements Source {

        @Override
        public String what() {
            return "nothing";
        }
    }

    /** Its first frame. */
    record Images(List<InputImage> images) implements Source {

        @Override
        public String what() {
            return "image";
        }
    }

    /** A video to change. */
    record Videos(List<InputVideo> videos) implements Source {

        @Override
        public String what() {
            return "video";
        }
    }

    /** A video that says what is where, such as poses or edges. */
    record Controls(List<InputVideo> videos) implements Source {

        @Override
        public String what() {
            return "control video";
        }
    }
}
