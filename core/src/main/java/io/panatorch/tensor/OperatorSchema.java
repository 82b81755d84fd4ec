package io.panatorch.tensor;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What an operator takes and gives, as libtorch writes it: {@code aten::cumsum(Tensor self, int dim, *, ScalarType?
 * dtype=None) -> Tensor}.
 *
 * @param name with its namespace: {@code aten::cumsum}
 * @param overload which of those that share the name, {@code ""} where it has none
 * @param parameters in order
 * @param results in order
 */
record OperatorSchema(String name, String overload, List<Parameter> parameters, List<Result> results) {

    private static final String EXPECTED = "expected one such as"
            + " 'aten::cumsum(Tensor self, int dim, *, ScalarType? dtype=None) -> Tensor'";
    private static final String ALIASES = "\\([^)]*\\)";

    /**
     * A type, such as {@code SymInt[2]?}: two integers, or None.
     *
     * @param kind of it, or of a list's elements
     * @param isList whether it is a list
     * @param size how many elements a list has where one value stands for that many of it, else 0
     * @param hasOptionalElements whether None may be in the list
     * @param isOptional whether it may be None
     * @param isWritten whether the operator writes to the tensor, {@code (a!)}
     * @param text all of it, as it stands in the schema
     */
    record Type(
            Kind kind, boolean isList, int size, boolean hasOptionalElements, boolean isOptional, boolean isWritten, String text) {

        static Type parse(String text) {
            String rest = text.replaceAll(ALIASES, ""); // of which only those that are written to matter
            boolean isOptional = rest.endsWith("?");
            rest = isOptional ? rest.substring(0, rest.length() - 1) : rest;
            boolean isList = rest.endsWith("]");
            int bracket = rest.lastIndexOf('[');
            String size = isList ? rest.substring(bracket + 1, rest.length() - 1) : "";
            String element = isList ? rest.substring(0, bracket) : rest;
            boolean hasOptionalElements = isList && element.endsWith("?");
            Kind kind = Kind.of(hasOptionalElements ? element.substring(0, element.length() - 1) : element);
            return new Type(kind, isList, size.isEmpty() ? 0 : Integer.parseInt(size), hasOptionalElements, isOptional,
                    text.contains("!"), text);
        }

        /** The text without aliases and what releases of libtorch write differently. */
        String plain() {
            return text.replaceAll(ALIASES, "").replace("SymInt", "int");
        }
    }

    /** What values there are. */
    enum Kind {
        TENSOR("Tensor"),
        INT("int", "SymInt"),
        FLOAT("float"),
        BOOL("bool"),
        STR("str"),
        SCALAR("Scalar"),
        DTYPE("ScalarType"),
        DEVICE("Device"),
        LAYOUT("Layout"),
        MEMORY_FORMAT("MemoryFormat"),
        GENERATOR("Generator"),
        /** One that has no way through libtorch's C interface. */
        OTHER;

        private final List<String> names;

        Kind(String... names) {
            this.names = List.of(names);
        }

        private static Kind of(String name) {
            return Arrays.stream(values()).filter(kind -> kind.names.contains(name)).findFirst().orElse(OTHER);
        }
    }

    /**
     * @param isKeywordOnly whether it is given by name alone
     * @param standard the text of its default; null where it has none, and has to be given
     */
    record Parameter(String name, Type type, boolean isKeywordOnly, String standard) {

        private static Parameter parse(String text, boolean isKeywordOnly) {
            int equals = text.indexOf('=');
            String declared = equals < 0 ? text : text.substring(0, equals);
            int space = declared.lastIndexOf(' ');
            return new Parameter(declared.substring(space + 1), Type.parse(declared.substring(0, space).strip()), isKeywordOnly,
                    equals < 0 ? null : text.substring(equals + 1));
        }
    }

    /** @param name {@code ""} where it has none */
    record Result(String name, Type type) {}

    /**
     * @throws IllegalArgumentException for what is no schema, or one with {@code ...}, which stands for anything
     */
    static OperatorSchema parse(String text) {
        try {
            return read(text);
        } catch (IndexOutOfBoundsException | NumberFormatException e) {
            throw new IllegalArgumentException("operator schema '" + text + "': " + EXPECTED, e);
        }
    }

    private static OperatorSchema read(String text) {
        int arrow = text.lastIndexOf(") -> ");
        int open = text.indexOf('(');
        if (open < 1 || arrow < open || !text.substring(0, open).matches("\\w+::\\w+(\\.\\w+)?") || text.contains("...")) {
            throw new IllegalArgumentException("operator schema '" + text + "': " + EXPECTED);
        }
        String[] names = text.substring(0, open).split("\\.", 2);
        List<Parameter> parameters = new ArrayList<>();
        boolean isKeywordOnly = false;
        for (String part : split(text.substring(open + 1, arrow))) {
            if (part.equals("*")) {
                isKeywordOnly = true;
            } else {
                parameters.add(Parameter.parse(part, isKeywordOnly));
            }
        }
        return new OperatorSchema(
                names[0], names.length == 1 ? "" : names[1], List.copyOf(parameters), results(text.substring(arrow + 5)));
    }

    private static List<Result> results(String text) {
        boolean isTuple = text.startsWith("(");
        return split(isTuple ? text.substring(1, text.length() - 1) : text).stream().map(part -> {
            int space = part.indexOf('(') < 0 ? part.indexOf(' ') : part.indexOf(' ', part.indexOf(')'));
            return space < 0 ? new Result("", Type.parse(part))
                    : new Result(part.substring(space + 1), Type.parse(part.substring(0, space)));
        }).toList();
    }

    /** The parts between commas that are not in brackets or quotes. */
    private static List<String> split(String text) {
        List<String> parts = new ArrayList<>();
        int depth = 0;
        int start = 0;
        boolean isQuoted = false;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\\' && isQuoted) {
                i++;
            } else if (c == '"') {
                isQuoted = !isQuoted;
            } else if (!isQuoted && c == ',' && depth == 0) {
                parts.add(text.substring(start, i).strip());
                start = i + 1;
            } else if (!isQuoted) {
                depth += c == '(' || c == '[' ? 1 : c == ')' || c == ']' ? -1 : 0;
            }
        }
        if (!text.substring(start).isBlank()) {
            parts.add(text.substring(start).strip());
        }
        return parts;
    }

    /** {@return whether this takes what another one takes, and what it takes besides has defaults; and gives the same} */
    boolean extendsOn(OperatorSchema other) {
        boolean isLonger = parameters.size() >= other.parameters.size() && results.size() == other.results.size();
        for (int i = 0; isLonger && i < parameters.size(); i++) {
            Parameter mine = parameters.get(i);
            isLonger = i >= other.parameters.size() ? mine.standard != null
                    : mine.name.equals(other.parameters.get(i).name)
                            && mine.type.plain().equals(other.parameters.get(i).type.plain());
        }
        for (int i = 0; isLonger && i < results.size(); i++) {
            isLonger = results.get(i).type.plain().equals(other.results.get(i).type.plain());
        }
        return isLonger;
    }

    /** {@return the name and, where there is one, the overload after a dot} */
    String fullName() {
        return overload.isEmpty() ? name : name + "." + overload;
    }

    /** {@return the name as it stands in messages: without {@code aten::}} */
    String shortName() {
        return name.startsWith("aten::") ? name.substring("aten::".length()) : name;
    }

    /** {@return the schema as libtorch writes it, defaults left as they were} */
    @Override
    public String toString() {
        List<String> all = new ArrayList<>();
        boolean isKeywordOnly = false;
        for (Parameter parameter : parameters) {
            if (parameter.isKeywordOnly && !isKeywordOnly) {
                isKeywordOnly = true;
                all.add("*");
            }
            all.add(parameter.type.text + " " + parameter.name + (parameter.standard == null ? "" : "=" + parameter.standard));
        }
        String given = results.stream()
                .map(result -> result.name.isEmpty() ? result.type.text : result.type.text + " " + result.name)
                .collect(Collectors.joining(", "));
        boolean isOne = results.size() == 1 && results.getFirst().name.isEmpty();
        return fullName() + "(" + String.join(", ", all) + ") -> " + (isOne ? given : "(" + given + ")");
    }
}
