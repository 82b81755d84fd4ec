package io.panatorch.cogvideox.vae;

import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorOwner;
import io.panatorch.tensor.TensorScope;
import java.util.IdentityHashMap;
import java.util.Map;

/**
 * What causal convolutions remember from one batch of frames to the next. Made for one decoding of one video, so that a
 * model has no state, and freed with it. Confined to the thread that decodes.
 */
final class ConvCache implements AutoCloseable {

    private static final int FRAMES = 2;

    private final TensorOwner owner = new TensorOwner();
    private final Map<CausalConv3d, Tensor> last = new IdentityHashMap<>();

    /**
     * Puts two frames before x: the last ones of this convolution's batch before, or in the first batch x's first frame
     * twice. Remembers the last two frames of the result.
     *
     * @param x borrowed, {@code [batch, channels, frames, h, w]}
     * @return {@code [batch, channels, frames + 2, h, w]}
     */
    Tensor extend(CausalConv3d convolution, Tensor x) {
        try (var scope = TensorScope.open()) {
            Tensor before = last.get(convolution);
            Tensor first = x.narrow(2, 0, 1); // [b, c, 1, h, w]
            Tensor extended = before == null ? Tensor.cat(2, first, first, x) : Tensor.cat(2, before, x); // [b, c, f + 2, h, w]
            if (before != null) {
                before.close();
            }
            // A copy: a view would keep all frames alive until the next batch.
            Tensor kept = extended.narrow(2, extended.size(2) - FRAMES, FRAMES).copy(); // [b, c, 2, h, w]
            last.put(convolution, owner.adopt(kept));
            return scope.promote(extended);
        }
    }

    @Override
    public void close() {
        owner.close();
    }
}
