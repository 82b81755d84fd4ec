/**
 * The command {@code panatorch}: {@code generate} makes a video from a sentence, {@code compare}
 * says what each cache setting saves and costs, {@code calibrate} finds rules for one, {@code download} brings a model from the hub,
 * {@code models} lists those that are there, {@code info} says what a video would be made with.
 *
 * <p>Standard output carries results only, standard error progress, warnings and errors, each of one line that begins with
 * {@code panatorch:}. The exit status is 0 when all is done, 2 for a wrong use of the command, 1 for anything
 * else, which includes results that standard output does not take; a reader that has left, such as {@code head}, is no failure.
 *
 * <p>Arguments that are not UTF-8, or that a locale without it has damaged, are refused: they would give another video than
 * was asked for. Of an option that takes one value, the last one counts. What an output names is replaced when the new one is
 * whole, in every command; links are followed. Where standard error is no terminal, or a dumb one, progress is a plain line
 * now and then: after 10 s, and later once a minute.
 */
package io.panatorch.cogvideox.cli;
