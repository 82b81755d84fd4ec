package io.panatorch.cogvideox.input;

import io.panatorch.tensor.Tensor;

/** A picture in one of the two forms that diffusers tells apart, on the Java heap. */
sealed interface Pixels permits BytePixels, FloatPixels {

    int width();

    int height();

    /** {@return what its memory takes} */
    long byteSize();

    /** {@return {@code [3, height, width]} in [-1, 1], float32 on the CPU, resized as this form is} */
    Tensor toTensor(int height, int width);
}
