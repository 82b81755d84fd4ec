package io.panatorch.cogvideox.cli;

import io.panatorch.cache.MemoryBudget;
import io.panatorch.cache.MemoryBudget.Overflow;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** How much memory the outputs that a method holds may take. */
final class CacheMemoryOptions {

    /** Bytes, or binary multiples of them. */
    static final class BytesConverter implements ITypeConverter<Long> {

        private static final Pattern SYNTAX = Pattern.compile("(\\d{1,18}(?:\\.\\d{1,9})?)(KiB|MiB|GiB|)");
        private static final Map<String, Integer> SHIFTS = Map.of("", 0, "KiB", 10, "MiB", 20, "GiB", 30);

        @Override
        public Long convert(String text) {
            Matcher matcher = SYNTAX.matcher(text);
            if (!matcher.matches()) {
                throw new TypeConversionException("expected bytes, such as 800000, 512KiB, 1.5MiB or 2GiB, found '" + text + "'");
            }
            return (long) (Double.parseDouble(matcher.group(1)) * (1L << SHIFTS.get(matcher.group(2))));
        }
    }

    static final class OverflowConverter implements ITypeConverter<Overflow> {

        @Override
        public Overflow convert(String text) {
            return Stream.of(Overflow.values()).filter(value -> lowerCase(value).equals(text)).findFirst()
                    .orElseThrow(() -> new TypeConversionException("expected none, narrow or offload, found '" + text + "'"));
        }
    }

    @Option(names = "--cache-memory", paramLabel = "BYTES", converter = BytesConverter.class,
            description = "what the cache may hold, such as 512MiB; over it, what saves least is computed instead"
                    + " (default: whatever the method needs)")
    private Long bytes;

    @Option(names = "--cache-overflow", paramLabel = "none|narrow|offload", defaultValue = "none",
            converter = OverflowConverter.class,
            description = "what is tried before that: nothing, bfloat16, or the CPU's memory where an accelerator computes"
                    + " (default: ${DEFAULT-VALUE})")
    private Overflow overflow;

    /** @throws IllegalArgumentException where the options make no sense together */
    MemoryBudget budget() {
        if (bytes == null) {
            if (overflow != Overflow.NONE) {
                throw new IllegalArgumentException("--cache-overflow: expected together with --cache-memory, found alone");
            }
            return MemoryBudget.UNLIMITED;
        }
        return switch (overflow) {
            case NONE -> MemoryBudget.of(bytes);
            case NARROW -> MemoryBudget.narrowing(bytes);
            case OFFLOAD -> throw new IllegalArgumentException("--cache-overflow: expected none or narrow where the CPU computes,"
                    + " found " + lowerCase(overflow) + ", which moves tensors to the CPU");
        };
    }

    private static String lowerCase(Overflow value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
