/**
 * Writes generated pictures as a video: H.264 in MP4, an animated GIF, or a folder of PNG files.
 *
 * <p>{@link io.panatorch.cogvideox.video.Frames} is the video in memory, read one picture at a time.
 * {@link io.panatorch.cogvideox.video.VideoWriter} chooses the format by the target's ending; its {@code check} tells
 * before a long computation whether the target can be written at all. MP4 and GIF go through FFmpeg as a separate
 * process, found by {@link io.panatorch.cogvideox.video.FfmpegExecutable}; PNG needs nothing but the JDK.
 *
 * <p>A target appears only when it is whole: a run that fails or is interrupted leaves nothing behind.
 */
package io.panatorch.cogvideox.video;
