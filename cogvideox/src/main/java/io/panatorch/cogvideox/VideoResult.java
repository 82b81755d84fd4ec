package io.panatorch.cogvideox;

import io.panatorch.cache.CacheStatistics;
import io.panatorch.cogvideox.video.Frames;
import io.panatorch.tensor.Shape;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorOwner;
import io.panatorch.tensor.TensorScope;
import java.lang.ref.Cleaner;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a generation made. It owns its tensors, whatever scopes are open: they live until {@link #close}, and the result may be
 * handed to another thread, used by several and closed by any. It outlives its pipeline. One that is never closed keeps its memory,
 * and a warning says so when the garbage collector comes across it.
 *
 * <p>{@link #pictures Pictures} may be read while another thread closes this. The tensors may not: the process may crash where one
 * is in use on another thread when it is closed.
 */
public final class VideoResult implements AutoCloseable {

    private static final System.Logger LOGGER = System.getLogger(VideoResult.class.getName());
    private static final int MAX_VALUE = 255;

    /** Frees nothing: a tensor may be in use when its result is not any more. */
    private static final Cleaner ABANDONED = Cleaner.create();

    /** What is done when a result is closed, or the collector finds that nobody can close it any more. */
    private record Leak(TensorOwner owner) implements Runnable {

        @Override
        public void run() {
            int tensors = owner.size();
            if (tensors > 0) {
                LOGGER.log(System.Logger.Level.WARNING, "a result of a generation was not closed: {0} tensors stay in memory;"
                        + " close each result, as with try (var result = pipeline.generate(request))", tensors);
            }
        }
    }

    private final TensorOwner owner = new TensorOwner();
    private final Cleaner.Cleanable leak = ABANDONED.register(this, new Leak(owner));
    private final Tensor latents;
    /** Null where only latents were asked for. */
    private final Tensor frames;
    /** Of the frames, or of the latents where there are none. */
    private final Shape shape;
    private final double fps;
    private final List<Integer> timesteps;
    private final Map<String, Double> seconds;
    private final CacheStatistics cache;
    private volatile boolean closed;

    /**
     * Keeps aliases of the tensors.
     *
     * @param frames or null
     */
    VideoResult(Tensor latents, Tensor frames, double fps, List<Integer> timesteps, Map<String, Double> seconds,
            CacheStatistics cache) {
        this.shape = (frames == null ? latents : frames).shape();
        this.fps = fps;
        this.timesteps = List.copyOf(timesteps);
        this.seconds = Collections.unmodifiableMap(new LinkedHashMap<>(seconds));
        this.cache = cache;
        try {
            this.latents = owner.adopt(latents);
            this.frames = frames == null ? null : owner.adopt(frames);
        } catch (RuntimeException | Error e) {
            owner.close();
            throw e;
        }
    }

    /**
     * {@return {@code [batch, latent frames, channels, height, width]} after the last step, those that only fill a patch included;
     * borrowed until this is closed, and not to be in use on another thread then}
     *
     * @throws IllegalStateException after {@link #close}
     */
    public Tensor latents() {
        requireOpen("latents");
        return latents;
    }

    /**
     * {@return {@code [batch, frames, 3, height, width]}, float32 in [0, 1]; borrowed until this is closed, and not to be in use
     * on another thread then}
     *
     * @throws IllegalStateException after {@link #close}, or where only latents were asked for
     */
    public Tensor frames() {
        requireOpen("frames");
        requireFrames("frames");
        return frames;
    }

    /** {@return whether there are frames, and not only latents} */
    public boolean hasFrames() {
        return frames != null;
    }

    /** {@return how many videos there are} */
    public int videos() {
        return (int) shape.size(0);
    }

    /** {@return the frames per second that the model was trained on} */
    public double fps() {
        return fps;
    }

    private void requireFrames(String what) {
        if (frames == null) {
            throw new IllegalStateException(what + ": this result has latents only, as its request asked");
        }
    }

    /** {@return the scheduler's timestep of each step that was taken: of all, unless a listener has interrupted} */
    public List<Integer> timesteps() {
        return timesteps;
    }

    /** {@return how long each stage took: {@code encode}, {@code denoise} and, where there are frames, {@code decode}} */
    public Map<String, Double> seconds() {
        return seconds;
    }

    /** {@return what was computed and reused} */
    public CacheStatistics cache() {
        return cache;
    }

    /** As {@link #pictures(int, double)}, played at the model's own speed. */
    public Frames pictures(int index) {
        return pictures(index, fps);
    }

    /**
     * {@return one video of the batch as 8-bit pictures, for a {@code VideoWriter}; they are made when they are asked for, so
     * this must be open then}
     *
     * @param index which video, from 0
     * @param fps frames per second at which it is played
     * @throws IllegalArgumentException where there is no such video, or no such speed
     * @throws IllegalStateException after {@link #close}, or where only latents were asked for
     */
    public Frames pictures(int index, double fps) {
        requireOpen("pictures");
        requireFrames("pictures");
        if (index < 0 || index >= shape.size(0)) {
            throw new IllegalArgumentException("pictures: expected the index of a video, 0 to " + (shape.size(0) - 1) + ", found "
                    + index);
        }
        return new Frames((int) shape.size(4), (int) shape.size(3), (int) shape.size(1), fps, frame -> picture(index, frame));
    }

    /** Rounds half to even, as numpy does. Nobody closes the frames meanwhile. */
    private synchronized byte[] picture(int index, int frame) {
        try (var _ = TensorScope.open()) {
            float[] values = frames().narrow(0, index, 1).narrow(1, frame, 1) // [1, 1, 3, h, w]
                    .permute(0, 1, 3, 4, 2) // [1, 1, h, w, 3]
                    .mul(MAX_VALUE)
                    .toFloatArray();
            byte[] rgb = new byte[values.length];
            for (int i = 0; i < values.length; i++) {
                rgb[i] = (byte) Math.rint(values[i]);
            }
            return rgb;
        }
    }

    private void requireOpen(String what) {
        if (closed) {
            throw new IllegalStateException(what + ": this result is closed; take what you need of it before");
        }
    }

    /** Frees the tensors, when no picture is being read any more. Closing a closed result does nothing. */
    @Override
    public synchronized void close() {
        closed = true;
        owner.close();
        leak.clean();
    }

    /** {@return one line: sizes, steps, cache and time} */
    @Override
    public String toString() {
        double total = seconds.values().stream().mapToDouble(Double::doubleValue).sum();
        return String.format(Locale.ROOT, "VideoResult[%s of %s, %d × %d%s, %s, cache %s, %.1f s%s]",
                counted(shape.size(0), "video"), counted(shape.size(1), frames == null ? "latent frame" : "frame"), shape.size(4),
                shape.size(3), frames == null ? "" : " pixels",
                counted(timesteps.size(), "step"), cache.method(), total, closed ? ", closed" : "");
    }

    private static String counted(long count, String what) {
        return count + " " + what + (count == 1 ? "" : "s");
    }
}
