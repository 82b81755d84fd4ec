/**
 * Writes generated pictures as a video: H.264 in MP4, an animated GIF, or a folder of PNG files.
 *
 * <p>{@link io.panatorch.cogvideox.video.Frames} is the video in memory, read one picture at a time.
 * {@link io.panatorch.cogvideox.video.VideoWriter#to} chooses the format by the target's ending, and refuses before a long
 * computation what could not be written after it. MP4 and GIF go through FFmpeg as a separate
 * process, found by {@link io.panatorch.cogvideox.video.FfmpegExecutable}; PNG needs nothing but the JDK.
 *
 * <p>A target appears only when it is whole: a run that fails or is interrupted leaves nothing behind.
 */
package io.panatorch.cogvideox.video;
