/**
 * Cache settings side by side: the same videos with each of them, how long that took, and how close they are to the videos without
 * a cache.
 */
package io.panatorch.cogvideox.compare;
