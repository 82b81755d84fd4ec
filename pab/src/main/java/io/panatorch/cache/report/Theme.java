package io.panatorch.cache.report;

/** What a picture is drawn on. */
public enum Theme {
    /** Dark on nearly white. */
    LIGHT,
    /** Light on nearly black. */
    DARK,
    /** As the reader's system is set, which browsers know; other programs that show SVG may draw such a picture in black. */
    AUTO
}
