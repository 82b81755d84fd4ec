/**
 * Pictures and videos that a video is made from: {@link io.panatorch.cogvideox.input.InputImage} and
 * {@link io.panatorch.cogvideox.input.InputVideo}.
 *
 * {@snippet :
 * InputImage image = InputImage.read(Path.of("sunset.jpg"));
 * InputVideo video = InputVideo.read(Path.of("walk.mp4")).first(49);
 * try (var scope = TensorScope.open()) {
 *     Tensor frames = video.toTensor(480, 720); // [3, 49, 480, 720], in [-1, 1]
 * }
 * }
 *
 * <p>Both hold plain Java memory, so that a request may hold one for as long as it likes, and become tensors in the size of the video
 * that is made: with the values that Pillow and diffusers give, to the bit, since a model's answer to a picture is only as good as
 * the picture.
 *
 * <p>PNG, JPEG and GIF are read here, in Java. The JDK's {@code javax.imageio} would do it too, but it lies in {@code java.desktop},
 * which a run-time image would have to hold, its JPEG reader is native code behind JNI, and Exif and CMYK would be left to do.
 * Of other videos FFmpeg is the reader, where there is one.
 */
package io.panatorch.cogvideox.input;
