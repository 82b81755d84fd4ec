package io.panatorch.cogvideox.vae;

import io.panatorch.cogvideox.config.Interrupts;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.util.List;

/** One step of the encoder or the decoder. */
@FunctionalInterface
interface Stage {

    /**
     * {@return the step's output, which belongs to the innermost open scope, {@code [batch, out, frames', h', w']}}
     *
     * @param x borrowed, {@code [batch, in, frames, h, w]}
     * @param latents borrowed, the latents that all of this is decoded from, {@code [batch, latentChannels, f, h0, w0]}; null
     *     in an encoder
     * @param cache borrowed
     */
    Tensor forward(Tensor x, Tensor latents, ConvCache cache);

    /**
     * Runs steps one after another and closes what lies between them.
     *
     * @param where what an interrupted generation is said to have been within
     */
    static Tensor forwardAll(List<Stage> stages, Tensor x, Tensor latents, ConvCache cache, String where) {
        try (var scope = TensorScope.open()) {
            Tensor last = x;
            for (Stage stage : stages) {
                Interrupts.check(where);
                Tensor next = stage.forward(last, latents, cache);
                if (last != x) {
                    last.close();
                }
                last = next;
            }
            return scope.promote(last);
        }
    }
}
