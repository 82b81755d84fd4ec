package io.panatorch.cache;

/** Which predictions a call of the denoiser makes: with classifier-free guidance there are two, which are mixed. */
public enum Branch {
    /** The one of the prompt; also where there is no guidance. */
    CONDITIONAL,
    /** The one of the negative prompt, in a call of its own. */
    UNCONDITIONAL,
    /** Both in one batch, the unconditional half first. */
    BOTH
}
