/** Which videos a model can make, by its configuration alone. */
package io.panatorch.cogvideox.sizes;
