package io.panatorch.tensor;

import io.panatorch.tensor.OperatorSchema.Kind;
import io.panatorch.tensor.OperatorSchema.Parameter;
import io.panatorch.tensor.OperatorSchema.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Goes through every operator that libtorch has registered. It gives each parameter of each a value of every kind that it does not
 * take, the others right; then it calls those that are for users with what they do take. For {@link OperatorWalkTest}: a wrong value that got
 * through would most likely end this process.
 */
final class OperatorWalkMain {

    /** One of each kind there is. */
    private static final List<Object> VALUES = new ArrayList<>();

    private OperatorWalkMain() {}

    public static void main(String[] args) {
        int callable = 0;
        int computed = 0;
        long refused = 0;
        Map<String, Integer> reasons = new TreeMap<>();
        try (var _ = TensorScope.open()) {
            Tensor tensor = Tensor.of(new float[] {1, 2, 3, 4}, 2, 2);
            VALUES.addAll(List.of(tensor, List.of(tensor), 1L, List.of(1L), 0.5, List.of(0.5), true, List.of(true), "text",
                    DType.FLOAT32, Device.CPU, new Object()));
            for (String name : OperatorNames.all()) {
                System.out.println("at " + name);
                try {
                    Operator operator = Operator.named(name);
                    String reason = operator.refusal().orElse(null);
                    if (reason == null) {
                        callable++;
                        computed += name.matches("aten::[a-z].*") ? compute(operator) : 0;
                    } else {
                        reasons.merge(kind(reason), 1, Integer::sum);
                    }
                    refused += misuses(operator, OperatorSchema.parse(operator.schema()));
                } catch (TorchException e) {
                    reasons.merge(kind(e.getMessage()), 1, Integer::sum);
                }
            }
        }
        System.out.println("callable " + callable);
        System.out.println("computed " + computed);
        System.out.println("misuses refused " + refused);
        reasons.forEach((reason, count) -> System.out.println("not callable " + count + ": " + reason));
    }

    /**
     * 1 where libtorch computes what it gets, 0 where it refuses. Operators whose names begin with an underscore are its inner ones,
     * and some of those believe whatever sizes they get.
     */
    private static int compute(Operator operator) {
        try (var _ = TensorScope.open()) {
            Operator call = operator;
            for (Parameter parameter : OperatorSchema.parse(operator.schema()).parameters()) {
                if (parameter.standard() == null && right(parameter.type()) != null) {
                    call = call.with(parameter.name(), right(parameter.type()));
                }
            }
            call.call();
            return 1;
        } catch (TorchException | IllegalArgumentException e) {
            return 0;
        }
    }

    private static String kind(String reason) {
        return reason.replaceAll("parameter \\w+", "a parameter").replaceAll("__torch__[\\w.]*", "a class")
                .replaceAll(".*(expected one such as).*", "its schema takes anything");
    }

    private static long misuses(Operator operator, OperatorSchema schema) {
        long count = 0;
        for (int i = 0; i < schema.parameters().size(); i++) {
            Parameter parameter = schema.parameters().get(i);
            for (Object value : VALUES) {
                if (!takes(parameter.type(), value)) {
                    expectRefusal(operator, schema, i, value);
                    count++;
                }
            }
            if (!parameter.type().isOptional()) {
                expectRefusal(operator, schema, i, null);
                count++;
            }
        }
        return count;
    }

    /** All by name, so that those which are given by name alone are no case of their own. */
    private static void expectRefusal(Operator operator, OperatorSchema schema, int wrong, Object value) {
        Operator call = operator;
        for (int i = 0; i < schema.parameters().size(); i++) {
            Parameter parameter = schema.parameters().get(i);
            if (i == wrong) {
                call = call.with(parameter.name(), value);
            } else if (parameter.standard() == null && right(parameter.type()) != null) {
                call = call.with(parameter.name(), right(parameter.type()));
            }
        }
        try {
            call.call();
        } catch (IllegalArgumentException e) {
            return;
        } catch (TorchException e) {
            throw new AssertionError(schema + " was asked with " + value + " for parameter " + wrong, e);
        }
        throw new AssertionError(schema + " has taken " + value + " for parameter " + wrong);
    }

    private static Object right(Type type) {
        return VALUES.stream().filter(value -> takes(type, value)).findFirst().orElse(null);
    }

    /** Whether a parameter's type has such values, by what the documentation of {@link Operator} says. */
    private static boolean takes(Type type, Object value) {
        if (value instanceof List<?> list) {
            return type.isList() && type.kind() != Kind.SCALAR && isOf(type.kind(), list.getFirst());
        }
        boolean standsForMany = type.size() > 0;
        return (!type.isList() || standsForMany) && isOf(type.kind(), value);
    }

    private static boolean isOf(Kind kind, Object value) {
        return switch (kind) {
            case TENSOR -> value instanceof Tensor;
            case INT -> value instanceof Long;
            case FLOAT -> value instanceof Long || value instanceof Double;
            case BOOL -> value instanceof Boolean;
            case SCALAR -> value instanceof Number || value instanceof Boolean;
            case STR -> value instanceof String;
            case DTYPE -> value instanceof DType;
            case DEVICE -> value instanceof Device;
            default -> false;
        };
    }
}
