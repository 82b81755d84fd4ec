/**
 * Writes generated pictures as a video: H.264 in MP4, an animated GIF, or a folder of PNG files.
 *
 * <p>{@link io.panatorch.cogvideox.video.Frames} is the video in memory, read one picture at a time.
 * {@link io.panatorch.cogvideox.video.VideoWriter#to} chooses the format by the target's ending, and refuses before a long
 * computation what could not be written after it. MP4 is made by an FFmpeg on the {@code PATH}, as a separate process, where there
 * is a usable one, and else in Java, as are GIF and PNG: nothing but a JDK is needed.
 *
 * <p>{@link io.panatorch.cogvideox.video.VideoMetadata} goes into the files: what a video shows and how it was made.
 *
 * <p>A target appears only when it is whole: a run that fails or is interrupted leaves nothing behind.
 */
package io.panatorch.cogvideox.video;
