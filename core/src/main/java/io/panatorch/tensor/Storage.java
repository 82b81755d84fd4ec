package io.panatorch.tensor;

/**
 * A piece of memory that a tensor and its views lie in; torch's {@code untyped_storage()}. Two tensors of one device share
 * their memory where these are equal.
 *
 * @param address where it begins, in the address space of the tensor's device; 0 where it is empty
 * @param byteSize its size, whatever part of it a tensor shows
 */
public record Storage(long address, long byteSize) {}
