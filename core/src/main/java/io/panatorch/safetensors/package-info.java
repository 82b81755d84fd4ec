/**
 * The safetensors file format: named tensors with their types and shapes in a JSON header, followed by their bytes.
 *
 * <p>{@link io.panatorch.safetensors.Safetensors} opens one file, or the many files of an index, and answers for all
 * tensors in them; it maps the files into memory, so opening reads no more than the headers, and a
 * tensor is loaded without being copied. It writes files too. Files are not trusted: everything a header or an index
 * says is checked against the file before any of it is used, with the rules of the format's reference implementation
 * (<a href="https://github.com/huggingface/safetensors">huggingface/safetensors</a>), and a file that breaks one is
 * refused with an {@link io.panatorch.io.InvalidFileException} whose one line says what was expected and what was
 * found.
 */
package io.panatorch.safetensors;
