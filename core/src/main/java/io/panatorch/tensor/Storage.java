package io.panatorch.tensor;

/**
 * A piece of memory that a tensor and its views lie in; torch's {@code untyped_storage()}. Two tensors of one device share
 * their memory where these are equal, except on {@link Device#META}, where there is none.
 *
 * @param address where it begins, in the address space of the tensor's device; 0 where it is empty, and on the meta device
 * @param byteSize its size, whatever part of it a tensor shows; what it would be on the meta device
 */
public record Storage(long address, long byteSize) {}
