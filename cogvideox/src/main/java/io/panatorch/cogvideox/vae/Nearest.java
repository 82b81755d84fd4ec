package io.panatorch.cogvideox.vae;

import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;

/** Enlarging by nearest neighbour with the decoder's rule for frames. */
final class Nearest {

    private Nearest() {}

    /**
     * Resizes frames. Where their number changes to an odd one, the first frame stays single and only those after it are
     * repeated: it is the video's first, which the encoder did not merge with others.
     *
     * @param x borrowed, {@code [batch, channels, f, h, w]}
     * @return {@code [batch, channels, frames, height, width]}
     */
    static Tensor resize(Tensor x, long frames, long height, long width) {
        if (frames % 2 == 0 || frames == x.size(2)) {
            return x.upsampleNearest3d(frames, height, width);
        }
        try (var scope = TensorScope.open()) {
            Tensor first = x.narrow(2, 0, 1).upsampleNearest3d(1, height, width); // [b, c, 1, height, width]
            Tensor rest = x.narrow(2, 1, x.size(2) - 1) // [b, c, f - 1, h, w]
                    .upsampleNearest3d(frames - 1, height, width); // [b, c, frames - 1, height, width]
            return scope.promote(Tensor.cat(2, first, rest)); // [b, c, frames, height, width]
        }
    }
}
