/**
 * From a folder of shared libraries to callable functions.
 *
 * <p>{@link io.panatorch.bindings.Libtorch#load()} finds libtorch ({@link io.panatorch.bindings.LibtorchFinder}), unpacks
 * what comes out of jars ({@link io.panatorch.bindings.ResourceCache}), loads the shim ({@link io.panatorch.bindings.Shim})
 * and hands libtorch to it. From then on {@link io.panatorch.bindings.generated.Panatorch} has a static method for each function of {@code panatorch.h}, and
 * {@link io.panatorch.bindings.NativeFrame} the few bytes of native memory that a call needs for its arrays and its error.
 */
package io.panatorch.bindings;
