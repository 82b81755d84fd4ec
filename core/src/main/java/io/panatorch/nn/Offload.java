package io.panatorch.nn;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which weights leave the device while they are not needed, so that a model computes where it does not fit as a whole.
 *
 * <p>On a GPU the weights are copied to it in time, the next block's from pinned memory while the present one computes. On the CPU
 * what leaves is memory: converted weights are freed and converted anew, and the pages of files that weights are mapped from go, to
 * be read again.
 *
 * @param unit what comes and goes together
 * @param resident how many blocks of each model part stay while the part is in use; more take memory and save copies
 */
public record Offload(Unit unit, int resident) {

    /** Everything stays where it is computed. */
    public static final Offload NONE = new Offload(Unit.NOTHING, 0);

    /** A part of the model (text encoder, transformer, autoencoder) comes when it is needed and goes when it has done its stage. */
    public static final Offload MODEL = new Offload(Unit.MODEL, 0);

    private static final Pattern BLOCKS = Pattern.compile("blocks(?:=(\\d{1,6}))?");

    /** What comes and goes together. */
    public enum Unit {
        /** Nothing goes. */
        NOTHING,
        /** A part of the model. */
        MODEL,
        /** One block of a part. */
        BLOCKS
    }

    /** @throws IllegalArgumentException for a number of blocks below 0, or one where no blocks go */
    public Offload {
        if (resident < 0 || unit != Unit.BLOCKS && resident > 0) {
            throw new IllegalArgumentException("resident: expected 0 or more blocks, and 0 where no blocks go, found " + resident);
        }
    }

    /**
     * {@return the offloading of single blocks}
     *
     * @param resident how many of each part stay while the part is in use
     */
    public static Offload blocks(int resident) {
        return new Offload(Unit.BLOCKS, resident);
    }

    /**
     * {@return what a text stands for: {@code none}, {@code model}, {@code blocks} or {@code blocks=N}}
     *
     * @throws IllegalArgumentException for any other
     */
    public static Offload parse(String text) {
        Matcher blocks = BLOCKS.matcher(text);
        if (blocks.matches()) {
            return blocks(blocks.group(1) == null ? 0 : Integer.parseInt(blocks.group(1)));
        }
        return switch (text) {
            case "none" -> NONE;
            case "model" -> MODEL;
            default -> throw new IllegalArgumentException("expected none, model, blocks or blocks=N, found '" + text + "'");
        };
    }

    /** {@return the text that {@link #parse} reads} */
    @Override
    public String toString() {
        return switch (unit) {
            case NOTHING -> "none";
            case MODEL -> "model";
            case BLOCKS -> resident == 0 ? "blocks" : "blocks=" + resident;
        };
    }
}
