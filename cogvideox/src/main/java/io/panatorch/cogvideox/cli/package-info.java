/**
 * The command {@code panatorch}: {@code generate} makes a video from a sentence, {@code compare}
 * says what each cache setting saves and costs, {@code calibrate} finds rules for one, {@code info} says what it would be made with.
 *
 * <p>Standard output carries results only, standard error progress, warnings and errors, each of one line that begins with
 * {@code panatorch:}. The exit status is 0 when all is done, 2 for a wrong use of the command, 1 for anything else.
 */
package io.panatorch.cogvideox.cli;
