package io.panatorch.cogvideox;

import java.util.Locale;

/** The parts of a model that have weights. */
public enum ModelComponent {

    /** T5: from a prompt to embeddings. */
    TEXT_ENCODER,
    /** The denoiser, and with it the latents and the noise. */
    TRANSFORMER,
    /** Between latents and frames. */
    VAE;

    /** {@return its folder in a diffusers directory} */
    public String folder() {
        return name().toLowerCase(Locale.ROOT);
    }
}
