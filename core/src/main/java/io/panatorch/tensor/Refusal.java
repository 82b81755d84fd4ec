package io.panatorch.tensor;

import io.panatorch.tensor.TorchException.Kind;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What libtorch says about something that it refuses, for people and for programs. It says so in words alone: errors that
 * are classes in Python are one and the same in its C interface.
 *
 * @param summary the part of its text that says what is wrong, on one line
 * @param kind what that is
 */
record Refusal(String summary, Kind kind) {

    /** Where the list of C++ functions begins that some errors end with. */
    private static final Pattern FRAMES = Pattern.compile("Exception raised from |frame #\\d");

    /** Where a line goes on with guesses and the list of all backends, a screen of it. */
    private static final Pattern GUESSES = Pattern.compile(" This could be because the operator doesn't exist for this backend.*");

    /** What later lines have to say beside advice; operators on a GPU fail after they have returned. */
    private static final Pattern MORE = Pattern.compile("GPU device may be out of range"
            + "|CUDA kernel errors might be asynchronously reported at some other API call"
            + "|GPU assertion failure message = .*");

    /** Words by which a kind is known. The first that is found counts: many texts about dtypes speak of sizes, too. */
    private record Sign(Kind kind, Pattern words) {

        Sign(Kind kind, String... words) {
            this(kind, Pattern.compile(String.join("|", words), Pattern.CASE_INSENSITIVE));
        }
    }

    private static final List<Sign> SIGNS = List.of(
            new Sign(Kind.OUT_OF_MEMORY, "out of memory", "can't allocate memory", "not enough memory", "bad_alloc",
                    "_ALLOC_FAILED"),
            new Sign(Kind.DEVICE, "(CUDA|CUDNN|HIP)( \\w+)? error", "same device", "on one device", "has no CUDA",
                    "device (index|number|ordinal|type)\\b", "accelerator device", "is on \\S+, but expected it to be on",
                    "type \\(CUDA\\w*\\) and \\w+ type \\(CPU", "type \\(CPU\\w*\\) and \\w+ type \\(CUDA", "NVIDIA driver",
                    "CUDA GPUs", "dense CPU tensors can be pinned", "CPU tensor"),
            new Sign(Kind.OTHER, "index (\\S+ is )?out of (range|bounds)"),
            new Sign(Kind.DTYPE, "dtype", "scalar types?\\b", "data ?type", "not implemented for '\\w+'", "result type \\w+ can't",
                    "type \\(\\w+\\) and \\w+ type \\(\\w+\\) should be the same", "bool(ean)? (inputs|tensors)"),
            new Sign(Kind.UNSUPPORTED, "not (yet )?supported", "not implemented", "unsupported", "could not find schema",
                    "could not run '", "no fake impl", "this libtorch has no "),
            new Sign(Kind.SHAPE, "shapes?\\b", "sizes?\\b", "dim(ension)?s?\\b", "\\dD\\b", "channels?\\b", "subscript",
                    "square matrices", "broadcast", "expects? each tensor", "empty tensor"));

    static Refusal of(String words) {
        StringBuilder summary = new StringBuilder();
        for (String line : words.lines().map(String::strip).takeWhile(line -> !FRAMES.matcher(line).lookingAt()).toList()) {
            Matcher more = MORE.matcher(line);
            if (summary.isEmpty()) {
                summary.append(GUESSES.matcher(line).replaceFirst(""));
            } else if (summary.charAt(summary.length() - 1) == ':') {
                summary.append(line.isEmpty() ? "" : " ").append(line);
            } else if (more.lookingAt()) {
                summary.append("; ").append(more.group());
            }
        }
        String text = summary.isEmpty() ? "no reason given" : summary.toString();
        Kind kind = SIGNS.stream().filter(sign -> sign.words.matcher(text).find()).map(Sign::kind).findFirst().orElse(Kind.OTHER);
        return new Refusal(text, kind);
    }
}
