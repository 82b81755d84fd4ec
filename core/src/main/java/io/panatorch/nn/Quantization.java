package io.panatorch.nn;

import java.util.Locale;

/** How the matrices of linear layers are stored. */
public enum Quantization {

    /** In the dtype that is computed in. */
    NONE,

    /**
     * In 8 bits with one scale for each output, the largest magnitude of its row divided by 127. A product is computed in the dtype of
     * what it is multiplied with: a matrix is made of the 8 bits for each of them, and is gone afterwards.
     */
    INT8;

    /** {@return the name in diffusers' manner, such as {@code int8}} */
    public String torchName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
