package io.panatorch.cogvideox.tokenizer;

/**
 * One entry of the vocabulary.
 *
 * @param text the piece, with U+2581 for white space
 * @param score its log probability
 * @param normal whether text can be segmented into it; false for control, unknown and unused pieces
 */
record Piece(String text, float score, boolean normal) {}
