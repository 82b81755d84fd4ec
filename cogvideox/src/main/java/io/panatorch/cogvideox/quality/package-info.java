/** How far a video is from another one, in the figures that papers on caching give. */
package io.panatorch.cogvideox.quality;
