package io.panatorch.cogvideox.hub;

import java.time.Duration;

/**
 * How long the hub is waited for.
 *
 * @param answer for the beginning of an answer
 * @param silence between the bytes of one
 * @param firstPause after a failure, twice as long after each more
 * @param longestPause no longer than that
 * @param retries how many failures in a row are not the end
 */
record Patience(Duration answer, Duration silence, Duration firstPause, Duration longestPause, int retries) {

    static final Patience USUAL =
            new Patience(Duration.ofSeconds(10), Duration.ofSeconds(10), Duration.ofSeconds(1), Duration.ofSeconds(8), 5);

    /** A server that is to be waited for longer is told to the user, who may come back. */
    static final Duration LONGEST_RETRY_AFTER = Duration.ofMinutes(10);

    /** As long, and no second time. */
    Patience withoutRetries() {
        return new Patience(answer, silence, firstPause, longestPause, 0);
    }

    Duration pause(int failures) {
        Duration doubled = firstPause.multipliedBy(1L << Math.min(failures - 1, Integer.SIZE - 2));
        return doubled.compareTo(longestPause) < 0 ? doubled : longestPause;
    }
}
