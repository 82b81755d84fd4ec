/**
 * The text encoder of CogVideoX: T5, from the ids of a prompt to the vectors that its transformer reads.
 *
 * <pre>{@code
 * T5Tokenizer tokenizer = T5Tokenizer.load(checkpoint.resolve("tokenizer"));
 * try (var encoder = T5Encoder.load(checkpoint.resolve("text_encoder"), DType.FLOAT32, Device.CPU);
 *         var scope = TensorScope.open()) {
 *     int[][] ids = {tokenizer.encode("a panda plays the guitar", 226)};
 *     Tensor embeddings = encoder.forward(ids);    // [1, 226, d_model]
 * }
 * }</pre>
 *
 * <p>{@link io.panatorch.cogvideox.t5.T5Encoder} and {@link io.panatorch.cogvideox.t5.T5Config} are the public types. Inside,
 * {@code T5Block} is one layer of {@code T5SelfAttention} and {@code T5FeedForward}; {@code RelativePositions} makes the bias
 * that all layers add to their attention scores, the only place where the order of the tokens comes in.
 */
package io.panatorch.cogvideox.t5;
