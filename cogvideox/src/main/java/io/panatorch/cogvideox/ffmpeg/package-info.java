/** An FFmpeg on this machine, as a separate process: what writes MP4 files with it and what reads videos share. */
package io.panatorch.cogvideox.ffmpeg;
