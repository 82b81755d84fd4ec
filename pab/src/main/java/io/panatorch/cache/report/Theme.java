package io.panatorch.cache.report;

/** What a picture is drawn on. */
public enum Theme {
    /** Dark on nearly white. */
    LIGHT,
    /** Light on nearly black. */
    DARK
}
