package io.panatorch.cogvideox.vae;

import io.panatorch.nn.Weights;
import io.panatorch.tensor.Tensor;
import java.io.IOException;

/** What comes before an activation: a {@link SpatialNorm3d} in the decoder, a plain group norm in the encoder. */
@FunctionalInterface
interface Norm3d {

    /**
     * {@return x normalised, {@code [batch, channels, frames, height, width]}}
     *
     * @param x borrowed, {@code [batch, channels, frames, height, width]}
     * @param latents borrowed, {@code [batch, latentChannels, f, h, w]}; null in an encoder
     */
    Tensor forward(Tensor x, Tensor latents);

    /** How the norms of one model are made. */
    @FunctionalInterface
    interface Maker {

        /** {@return the norm of so many channels that has these weights} */
        Norm3d of(Weights weights, int channels) throws IOException;
    }
}
