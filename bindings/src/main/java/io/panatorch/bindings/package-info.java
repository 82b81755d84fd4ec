/**
 * From a folder of shared libraries to callable functions.
 *
 * <p>{@link io.panatorch.bindings.Libtorch#load()} opens the shim ({@link io.panatorch.bindings.Shim}), finds libtorch ({@link
 * io.panatorch.bindings.LibtorchFinder}) and hands it to the shim; what comes out of jars is unpacked before ({@link
 * io.panatorch.bindings.ResourceCache}). From then on {@link io.panatorch.bindings.generated.Panatorch} has a static method for
 * each function of {@code panatorch.h}, and {@link io.panatorch.bindings.NativeFrame} the few bytes of native memory that a call
 * needs for its arrays and its error. {@link io.panatorch.bindings.Cuda} asks NVIDIA's driver about GPUs.
 */
package io.panatorch.bindings;
