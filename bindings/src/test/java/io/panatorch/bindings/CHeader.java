package io.panatorch.bindings;

import io.panatorch.bindings.generated.Panatorch;
import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * As much of a C parser as {@code panatorch.h} needs: functions marked PT_API, enums with explicit numbers, and structs
 * whose members are eight bytes wide, with an unnamed union at the end.
 *
 * @param functions descriptors by name
 * @param constants numbers of all enums by name
 * @param offsets of the members of struct pt_value
 */
record CHeader(Map<String, FunctionDescriptor> functions, Map<String, Integer> constants, Map<String, Long> offsets) {

    private static final Pattern FUNCTION = Pattern.compile("PT_API ([^;(]*?)(\\w+) ?\\(([^)]*)\\) ?;");
    private static final Pattern ENUM = Pattern.compile("enum \\w+ \\{([^}]*)}");
    private static final Pattern CONSTANT = Pattern.compile("(\\w+) = (-?\\d+)");
    private static final Pattern STRUCT = Pattern.compile("struct pt_value \\{(.*?)} pt_value;");
    private static final Pattern MEMBER = Pattern.compile("(union)|([\\w ]+?[ *]+)(\\w+);");
    private static final long MEMBER_SIZE = 8;

    static CHeader parse(Path file) throws IOException {
        String text = Files.readString(file)
                .replaceAll("(?s)/\\*.*?\\*/", " ")
                .replaceAll("(?m)^#.*$", " ")
                .replaceAll("\\s+", " ");
        return new CHeader(functions(text), constants(text), offsets(text));
    }

    private static Map<String, FunctionDescriptor> functions(String text) {
        Map<String, FunctionDescriptor> functions = new LinkedHashMap<>();
        Matcher matcher = FUNCTION.matcher(text);
        while (matcher.find()) {
            List<MemoryLayout> parameters = new ArrayList<>();
            for (String parameter : matcher.group(3).split(",")) {
                if (!parameter.strip().equals("void")) {
                    parameters.add(layout(parameter));
                }
            }
            MemoryLayout[] all = parameters.toArray(MemoryLayout[]::new);
            boolean hasResult = !matcher.group(1).strip().equals("void");
            functions.put(matcher.group(2),
                    hasResult ? FunctionDescriptor.of(layout(matcher.group(1)), all) : FunctionDescriptor.ofVoid(all));
        }
        return functions;
    }

    private static MemoryLayout layout(String declaration) {
        if (declaration.contains("*")) {
            return Panatorch.C_POINTER;
        }
        return switch (declaration.strip().split(" ")[0]) {
            case "int64_t" -> Panatorch.C_LONG;
            case "int32_t" -> Panatorch.C_INT;
            case "double" -> Panatorch.C_DOUBLE;
            default -> throw new IllegalArgumentException("unknown type: " + declaration);
        };
    }

    private static Map<String, Integer> constants(String text) {
        Map<String, Integer> constants = new LinkedHashMap<>();
        ENUM.matcher(text).results().forEach(body -> CONSTANT.matcher(body.group(1)).results()
                .forEach(one -> constants.put(one.group(1), Integer.valueOf(one.group(2)))));
        return constants;
    }

    private static Map<String, Long> offsets(String text) {
        Matcher struct = STRUCT.matcher(text);
        if (!struct.find()) {
            throw new IllegalArgumentException("no struct pt_value");
        }
        Map<String, Long> offsets = new LinkedHashMap<>();
        long offset = 0;
        boolean inUnion = false;
        Matcher members = MEMBER.matcher(struct.group(1));
        while (members.find()) {
            if (members.group(1) != null) {
                inUnion = true;
                continue;
            }
            if (layout(members.group(2)).byteSize() != MEMBER_SIZE) {
                throw new IllegalArgumentException("not eight bytes wide: " + members.group());
            }
            offsets.put(members.group(3), offset);
            offset += inUnion ? 0 : MEMBER_SIZE;
        }
        return offsets;
    }
}
