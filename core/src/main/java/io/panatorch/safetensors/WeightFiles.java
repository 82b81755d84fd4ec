package io.panatorch.safetensors;

import io.panatorch.io.FileContent;
import io.panatorch.io.InvalidFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The weights in the folder of one model's part, by the names that diffusers and transformers give them; and where there are
 * none, what there is instead.
 */
final class WeightFiles {

    /** Stands for weights that are of no variant. */
    static final String PLAIN = "";

    private static final String SUFFIX = ".safetensors";
    private static final Pattern VARIANT_NAME = Pattern.compile("[A-Za-z0-9_-]+");
    private static final Pattern INDEX = Pattern.compile(".*\\.safetensors\\.(index|index\\.[^.]+|[^.]+\\.index)\\.json");
    private static final String SHARD = "-\\d+-of-\\d+";
    /** After the base name: a single file, a shard, whose numbers older writers put before the variant, or an index. */
    private static final Pattern OF_VARIANT = Pattern.compile("(?:" + SHARD + ")?\\.([^.]+?)(?:" + SHARD + ")?\\.safetensors"
            + "|\\.safetensors\\.(?:index\\.([^.]+)|([^.]+)\\.index)\\.json");
    private static final Pattern PICKLE = Pattern.compile(".*\\.(bin|pt|pth|ckpt)");

    private WeightFiles() {}

    static boolean isIndex(Path file) {
        return INDEX.matcher(file.getFileName().toString()).matches();
    }

    /** @throws IllegalArgumentException for a name that no variant has, because it would lead elsewhere */
    static void requireVariantName(String variant) {
        if (!variant.equals(PLAIN) && !VARIANT_NAME.matcher(variant).matches()) {
            throw new IllegalArgumentException("variant: expected a name of letters, digits, - and _, such as fp16, found \""
                    + variant + "\"");
        }
    }

    static boolean hasVariant(Path folder, String baseName, String variant) throws IOException {
        requireVariantName(variant);
        return Files.isDirectory(folder) && names(folder).stream().anyMatch(name -> variant.equals(variantOf(baseName, name)));
    }

    /** {@return the names under which weights of a variant are looked for, in this order: that of a single file, and of indexes} */
    static List<String> heads(String baseName, String variant) {
        String file = baseName + SUFFIX;
        return variant.equals(PLAIN) ? List.of(file, file + ".index.json")
                : List.of(baseName + "." + variant + SUFFIX, file + ".index." + variant + ".json", file + "." + variant + ".index.json");
    }

    /** Finds the weights of a variant or, as diffusers does where a part has none of it, the plain ones. */
    static Path find(Path folder, String baseName, String variant) throws IOException {
        requireVariantName(variant);
        if (!variant.equals(PLAIN)) {
            List<String> ofVariant = heads(baseName, variant);
            Path file = first(folder, ofVariant);
            if (file != null) {
                return file;
            }
            if (hasVariant(folder, baseName, variant)) {
                throw new InvalidFileException(folder, "has files of the variant " + variant + " but neither "
                        + ofVariant.get(0) + " nor " + ofVariant.get(1) + "; fetch that too");
            }
        }
        List<String> plain = heads(baseName, PLAIN);
        Path file = first(folder, plain);
        if (file == null) {
            throw missing(folder, baseName, plain);
        }
        return file;
    }

    private static Path first(Path folder, List<String> names) throws IOException {
        for (String name : names) {
            Path file = folder.resolve(name);
            if (Files.exists(file)) {
                return file;
            }
            requireWhole(file);
        }
        return null;
    }

    /** Refuses a link whose target is gone, which would otherwise look like no file at all. */
    static void requireWhole(Path file) throws IOException {
        if (Files.isSymbolicLink(file) && !Files.exists(file)) {
            throw new InvalidFileException(file, "is a link to " + Files.readSymbolicLink(file) + ", which is not there");
        }
    }

    private static IOException missing(Path folder, String baseName, List<String> plain) throws IOException {
        if (!FileContent.exists(folder)) {
            return new NoSuchFileException(folder.toString(), null, "the folder does not exist");
        }
        if (!Files.isDirectory(folder)) {
            return new InvalidFileException(folder, "is a file, expected the folder that has " + plain.getFirst());
        }
        List<String> names = names(folder);
        TreeSet<String> variants = names.stream().map(name -> variantOf(baseName, name))
                .filter(Objects::nonNull).collect(Collectors.toCollection(TreeSet::new));
        if (!variants.isEmpty()) {
            return new InvalidFileException(folder, "has no " + plain.getFirst() + ", only the variant"
                    + (variants.size() == 1 ? " " : "s ") + String.join(", ", variants)
                    + "; ask for it by its name (--variant " + variants.getFirst() + " on the command line)");
        }
        List<String> shards = names.stream().filter(name -> name.matches(Pattern.quote(baseName) + SHARD + "\\.safetensors"))
                .toList();
        if (!shards.isEmpty()) {
            return new InvalidFileException(folder, "has " + shards.getFirst() + " but not " + plain.get(1)
                    + ", which says what is in it; fetch that too");
        }
        List<String> pickles = names.stream().filter(name -> PICKLE.matcher(name).matches()).toList();
        String neither = "has neither " + plain.getFirst() + " nor " + plain.get(1);
        if (!pickles.isEmpty()) {
            return new InvalidFileException(folder, neither + "; " + pickles.getFirst() + " is a pickle, which may run any program"
                    + " and is not read: fetch the model's safetensors files, or convert it in Python by from_pretrained(...)"
                    + ".save_pretrained(..., safe_serialization=True)");
        }
        return new NoSuchFileException(folder.toString(), null, neither + "; weights in other formats are not read");
    }

    /** The variant that a file of weights is of, or null. */
    static String variantOf(String baseName, String name) {
        if (!name.startsWith(baseName)) {
            return null;
        }
        Matcher matcher = OF_VARIANT.matcher(name.substring(baseName.length()));
        return !matcher.matches() ? null
                : Stream.of(1, 2, 3).map(matcher::group).filter(Objects::nonNull).findFirst().orElseThrow();
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }
}
