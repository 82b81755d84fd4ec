/**
 * What the process runs on: which libtorch was loaded, from where, and with how many threads; which GPUs there are.
 *
 * <pre>{@code
 * CudaInfo.load().missing().ifPresentOrElse(
 *         reason -> System.out.println("no GPU: " + reason),
 *         () -> System.out.println(CudaInfo.load().gpus()));
 * }</pre>
 *
 * <p>A tensor names its device by {@link io.panatorch.tensor.Device}, which says itself whether it is there.
 */
package io.panatorch.device;
