/**
 * Reading and writing files with care.
 *
 * <p>{@link io.panatorch.io.AtomicFile} lets a file, or a folder of files, appear at its path only when it is whole.
 * {@link io.panatorch.io.InvalidFileException} is what readers throw for a file whose content cannot be used; its
 * message is one line that begins with the file. {@link io.panatorch.io.FileContent} knows what lies in the place of a file that
 * was not fetched. {@link io.panatorch.io.UnpackedResources} gives resources as files, and {@link io.panatorch.io.InterprocessLock} keeps
 * other programs out of what is written.
 */
package io.panatorch.io;
