/**
 * The text side of CogVideoX: the tokenizer of its T5 encoder, in plain Java.
 *
 * <p>{@link io.panatorch.cogvideox.tokenizer.T5Tokenizer} is the only public type. It loads the {@code tokenizer/}
 * folder of a checkpoint, from {@code spiece.model} (read by {@code SpieceModel} with {@code ProtobufReader}) or, where
 * that is missing, from {@code tokenizer.json} (read by {@code TokenizerJson}). Both end as a {@code TokenizerFile}.
 *
 * <p>A text then takes three steps. It is split at the literal special tokens, such as {@code </s>}; every part between
 * them is normalised by {@code Normalizer} (the character map of the file, white space as U+2581); and
 * {@code Vocabulary} finds the sequence of pieces with the highest total score. All three work on UTF-8 bytes, as
 * SentencePiece does.
 */
package io.panatorch.cogvideox.tokenizer;
