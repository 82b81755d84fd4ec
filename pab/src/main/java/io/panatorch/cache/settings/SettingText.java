package io.panatorch.cache.settings;

import java.util.Objects;

/**
 * A setting as a command line gives it: a text that is read as what the setting is, where a value of JSON has a kind of its own.
 *
 * @param text such as {@code 0.2}, {@code true}, or {@code 100,850}
 */
public record SettingText(String text) {

    /** Checks that it is there. */
    public SettingText {
        Objects.requireNonNull(text, "text");
    }

    @Override
    public String toString() {
        return "'" + text + "'";
    }
}
