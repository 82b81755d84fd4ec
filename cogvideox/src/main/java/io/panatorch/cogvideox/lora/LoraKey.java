package io.panatorch.cogvideox.lora;

import io.panatorch.io.InvalidFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the name of a tensor in an adapter's file says.
 *
 * @param layer of the transformer, such as {@code transformer_blocks.0.attn1.to_q}
 * @param part of what changes it
 */
record LoraKey(String layer, Part part) {

    /** What a layer's change is made of. */
    enum Part {
        /** {@code [rank, in]}, peft's {@code lora_A}. */
        DOWN,
        /** {@code [out, rank]}, peft's {@code lora_B}. */
        UP,
        /** A number; the change is multiplied by it and divided by the rank. */
        ALPHA
    }

    /** Before the names of all layers of the transformer; older files do without. */
    static final String PREFIX = "transformer.";
    /** Before the names of all layers in the files that peft itself writes, which do not say of which model they are. */
    static final String PEFT_PREFIX = "base_model.model.";
    private static final String PREFIXES = "(?:base_model\\.model\\.)?(?:transformer\\.)?";

    /** As peft has them, as diffusers had them before, and as diffusers' attention processors had them before that. */
    private static final Pattern MATRIX = Pattern.compile(PREFIXES + "(.+?)(?:\\.lora_([AB])|[._]lora\\.(down|up))\\.weight");

    private static final Pattern NUMBER = Pattern.compile(PREFIXES + "(.+?)(?:[._]lora)?\\.alpha");
    private static final List<String> DORA = List.of("lora_magnitude_vector", "dora_scale");
    private static final int MAX_SHOWN = 120;

    /**
     * Reads a name.
     *
     * @param file the file in messages
     * @throws InvalidFileException where it is none of a LoRA adapter
     */
    static LoraKey parse(Path file, String name) throws InvalidFileException {
        Matcher matrix = MATRIX.matcher(name);
        if (matrix.matches()) {
            boolean isDown = "A".equals(matrix.group(2)) || "down".equals(matrix.group(3));
            return new LoraKey(layer(matrix.group(1), name), isDown ? Part.DOWN : Part.UP);
        }
        Matcher number = NUMBER.matcher(name);
        if (number.matches()) {
            return new LoraKey(layer(number.group(1), name), Part.ALPHA);
        }
        if (DORA.stream().anyMatch(name::contains)) {
            throw new InvalidFileException(file, shown(name) + ": adapters by DoRA, which also scale the model's own weights, are not"
                    + " supported; expected plain LoRA");
        }
        throw new InvalidFileException(file, shown(name) + " is no part of a LoRA adapter, expected names such as " + PREFIX
                + "transformer_blocks.0.attn1.to_q.lora_A.weight, and the same with lora_B");
    }

    private static String layer(String place, String name) {
        String layer = place.replace(".processor.", ".");
        // A processor had a name for the list, in which the layer is the first.
        return name.contains(".to_out_lora.") ? layer + ".0" : layer;
    }

    /** {@return a tensor's name for messages, whatever it is} */
    static String shown(String name) {
        return "tensor '" + (name.length() <= MAX_SHOWN ? name : name.substring(0, MAX_SHOWN) + "…") + "'";
    }
}
