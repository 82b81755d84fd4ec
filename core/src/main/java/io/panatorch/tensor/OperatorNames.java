package io.panatorch.tensor;

import io.panatorch.bindings.NativeFrame;
import io.panatorch.bindings.generated.Panatorch;
import java.lang.foreign.MemorySegment;
import java.util.Comparator;
import java.util.List;

/** The names of the operators that are registered with libtorch: some thousands, and those of libraries that were loaded. */
final class OperatorNames {

    private static final int SUGGESTED = 6;
    private static final int FURTHEST = 3;

    private OperatorNames() {}

    /** {@return all, with the overload after a dot} */
    static List<String> all() {
        NativeFrame frame = CallState.ofThread().frame.reset();
        MemorySegment names = Panatorch.pt_operator_names(frame.error());
        if (names.address() == 0) {
            throw TorchException.refused("names of operators", "", frame.takeError());
        }
        return NativeFrame.takeText(names).lines().sorted().toList();
    }

    /** {@return the full names of those that share a name} */
    static List<String> overloads(String name) {
        return all().stream().filter(other -> split(other)[0].equals(name)).toList();
    }

    /** {@return the name and the overload, which may be empty} */
    static String[] split(String fullName) {
        int dot = fullName.indexOf('.', fullName.indexOf("::") + 2);
        return dot < 0 ? new String[] {fullName, ""} : new String[] {fullName.substring(0, dot), fullName.substring(dot + 1)};
    }

    /** {@return the end of a sentence about a name that there is not: what was meant, perhaps} */
    static String nearTo(String name) {
        List<String> overloads = overloads(split(name)[0]);
        if (!overloads.isEmpty()) {
            return "; there is " + String.join(", ", overloads.subList(0, Math.min(SUGGESTED, overloads.size())));
        }
        String wanted = split(name)[0];
        List<String> near = all().stream().map(other -> split(other)[0]).distinct()
                .filter(other -> distance(wanted, other) <= FURTHEST)
                .sorted(Comparator.comparing((String other) -> distance(wanted, other)))
                .limit(SUGGESTED).toList();
        return name.contains("::")
                ? near.isEmpty() ? "" : "; is " + String.join(" or ", near) + " meant?"
                : "; a name has its namespace, as aten::" + name;
    }

    /** How many letters must be put in, taken out or changed to make one of the other. */
    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int changed = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(changed, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.length()];
    }
}
