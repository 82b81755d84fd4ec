package io.panatorch.cogvideox.vae;

import io.panatorch.tensor.Tensor;

/** One step of the decoder. */
@FunctionalInterface
interface Stage {

    /**
     * {@return the step's output, which belongs to the innermost open scope, {@code [batch, out, frames', h', w']}}
     *
     * @param x borrowed, {@code [batch, in, frames, h, w]}
     * @param latents borrowed, the latents that all of this is decoded from, {@code [batch, latentChannels, f, h0, w0]}
     * @param cache borrowed
     */
    Tensor forward(Tensor x, Tensor latents, ConvCache cache);
}
