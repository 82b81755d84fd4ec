package io.panatorch.cogvideox.cli;

import io.panatorch.cogvideox.lora.LoraAdapter;
import java.nio.file.Path;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A LoRA adapter, as {@code --lora} names it. */
record LoraChoice(Path file, double scale) {

    LoraChoice {
        file = LoraAdapter.fileOf(file);
    }

    /** {@code FILE} or {@code FILE=SCALE}; folders are called {@code lr=1e-4}, too, so that what is no number belongs to the file. */
    static final class Converter implements ITypeConverter<LoraChoice> {

        @Override
        public LoraChoice convert(String text) {
            int equals = text.lastIndexOf('=');
            double scale;
            try {
                scale = Double.parseDouble(text.substring(equals + 1));
            } catch (NumberFormatException e) {
                return new LoraChoice(Main.path(text), 1);
            }
            if (equals < 0 || !Double.isFinite(scale)) {
                throw new TypeConversionException("expected FILE or FILE=SCALE with a finite number, found '" + text + "'");
            }
            return new LoraChoice(Main.path(text.substring(0, equals)), scale);
        }
    }

    @Override
    public String toString() {
        return file + "=" + scale;
    }
}
