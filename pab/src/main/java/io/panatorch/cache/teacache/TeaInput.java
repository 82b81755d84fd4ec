package io.panatorch.cache.teacache;

/** By the change of what TeaCache estimates how much the denoiser's output changes. */
public enum TeaInput {
    /** The timestep's embedding, the last condition of the denoiser: the authors' choice for CogVideoX. */
    TIMESTEP_EMBEDDING,
    /**
     * What the first block's first norm makes of its tokens, {@link io.panatorch.cache.SiteInputs#MODULATED}: the authors' choice for
     * most other models. The model has to offer it.
     */
    MODULATED
}
