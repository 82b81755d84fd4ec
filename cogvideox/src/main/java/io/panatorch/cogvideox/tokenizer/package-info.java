/**
 * The text side of CogVideoX: the tokenizer of its T5 encoder, in plain Java.
 *
 * <p>{@link io.panatorch.cogvideox.tokenizer.T5Tokenizer} is the only public type. It loads the {@code tokenizer/}
 * folder of a checkpoint, from {@code spiece.model} (read by {@code SpieceModel} with {@code ProtobufReader}) or, where
 * that is missing, from {@code tokenizer.json} (read by {@code TokenizerJson}). Both end as a {@code TokenizerFile}, to which
 * {@code AddedTokenFiles} adds what the files beside it say of tokens that were added.
 *
 * <p>A text then takes three steps. {@code LiteralTokens} splits it at the tokens that stand in it literally, such as
 * {@code </s>}, or those of a fine-tuner; every part between them is normalised by {@code Normalizer} (the character map of the
 * file, white space as U+2581); and {@code Vocabulary} finds the sequence of pieces with the highest total score. All of it works
 * on UTF-8 bytes, as SentencePiece does. Tokens that are to be found in normalised text are looked for in between.
 */
package io.panatorch.cogvideox.tokenizer;
