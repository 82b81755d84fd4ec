package io.panatorch.cogvideox.vae;

import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.util.function.BiFunction;

/**
 * The way of an encoder or a decoder through videos: a few frames at a time, and if asked for one video at a time and one
 * tile at a time.
 *
 * @param batchFrames frames at a time; what does not make a batch joins the first one
 * @param coder gives what becomes of a batch of frames, {@code [batch, out, frames', h', w']}; reads and changes the cache
 */
record FramePass(int batchFrames, BiFunction<Tensor, ConvCache, Tensor> coder) {

    /**
     * Runs over videos.
     *
     * @param in borrowed, {@code [batch, in, frames, h, w]}
     * @param out overwritten, {@code [batch, out, frames', h', w']}
     * @param slicing one video at a time
     * @param tiles null for frames as a whole
     * @return what was overwritten
     */
    Tensor run(Tensor in, Tensor out, boolean slicing, TileGrid tiles) {
        long step = slicing ? 1 : in.size(0);
        for (long video = 0; video < in.size(0); video += step) {
            try (var _ = TensorScope.open()) {
                Tensor part = in.narrow(0, video, step); // [step, in, frames, h, w]
                Tensor result = out.narrow(0, video, step); // [step, out, frames', h', w']
                if (tiles != null && tiles.divides(part)) {
                    tiles.run(part, result, this::whole);
                } else {
                    whole(part, result);
                }
            }
        }
        return out;
    }

    private void whole(Tensor in, Tensor out) {
        try (var cache = new ConvCache()) {
            long frames = in.size(2);
            long end = Math.min(frames, batchFrames + frames % batchFrames);
            for (long start = 0, done = 0; start < frames; start = end, end += batchFrames) {
                done += batch(in, start, end - start, cache, out, done);
            }
        }
    }

    /** Runs over a few frames and puts what becomes of them into the result from a frame on; returns how many these are. */
    private long batch(Tensor in, long start, long length, ConvCache cache, Tensor out, long done) {
        try (var _ = TensorScope.open()) {
            // In row-major order whatever the caller's is: what is made of it inherits the order, and others are slow.
            Tensor batch = in.narrow(2, start, length).contiguous(); // [b, in, length, h, w]
            Tensor coded = coder.apply(batch, cache);
            long frames = coded.size(2);
            out.narrow(2, done, frames).copy_(coded);
            return frames;
        }
    }
}
