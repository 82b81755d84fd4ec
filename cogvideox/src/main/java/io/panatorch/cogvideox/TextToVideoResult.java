package io.panatorch.cogvideox;

import io.panatorch.cache.CacheStatistics;
import io.panatorch.cogvideox.video.Frames;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.util.List;
import java.util.Map;

/**
 * What a generation made. The tensors belong to the scope that was open when it began.
 *
 * @param latents {@code [batch, latent frames, channels, height, width]} after the last step
 * @param frames {@code [batch, frames, 3, height, width]}, float32 in [0, 1]
 * @param timesteps the scheduler's timestep of each step
 * @param seconds how long each stage took: {@code encode}, {@code denoise}, {@code decode}
 * @param cache what was computed and reused
 */
public record TextToVideoResult(
        Tensor latents, Tensor frames, List<Integer> timesteps, Map<String, Double> seconds, CacheStatistics cache) {

    private static final int MAX_VALUE = 255;

    /**
     * {@return one video of the batch as 8-bit pictures, for a {@code VideoWriter}; valid while {@link #frames} is open}
     *
     * @param index which video
     * @param fps frames per second at which it is played
     */
    public Frames pictures(int index, double fps) {
        return new Frames((int) frames.size(4), (int) frames.size(3), (int) frames.size(1), fps,
                frame -> picture(index, frame));
    }

    /** Rounds half to even, as numpy does. */
    private byte[] picture(int index, int frame) {
        try (var _ = TensorScope.open()) {
            float[] values = frames.narrow(0, index, 1).narrow(1, frame, 1) // [1, 1, 3, h, w]
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
}
