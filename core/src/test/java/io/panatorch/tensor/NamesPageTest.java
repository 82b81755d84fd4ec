package io.panatorch.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.nn.Linear;
import io.panatorch.safetensors.Safetensors;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The page that has PyTorch's names beside those of this library: what it names is there, and what is there it names. */
@Tag("pure")
class NamesPageTest {

    private static final Path PAGE = Path.of(System.getProperty("basedir", "core"), "README.md");

    private static final Pattern CODE = Pattern.compile("`([^`]*)`");

    private static final Pattern CALL = Pattern.compile("(?:(new )|(\\w+)\\.)?(\\w+)\\(");

    /** What stands before a dot and is not a tensor. */
    private static final Map<String, Class<?>> TYPES = Stream
            .of(Tensor.class, TensorScope.class, Device.class, Generator.class, Operator.class, Safetensors.class, List.class)
            .collect(Collectors.toMap(Class::getSimpleName, Function.identity()));

    private static final Map<String, Class<?>> VARIABLES = Map.of("scope", TensorScope.class, "device", Device.class);

    /** Named without what they are methods of. */
    private static final Map<String, Class<?>> ALONE = Map.of("values", ValuesAndIndices.class, "indices", ValuesAndIndices.class,
            "toBooleanArray", Tensor.class, "asByteBuffer", MemorySegment.class);

    /** Of the methods that a reader looks for under PyTorch's names these have none there, or the page's words cover them. */
    private static final Set<String> NOT_NAMED = Set.of("alias", "byteSize", "describe", "isClosed", "isContiguous", "pinMemory",
            "standIn", "storage", "erf", "log2", "reciprocal", "sign", "isnan", "isfinite", "logSigmoid", "equals",
            "hashCode");

    private static List<String> cells() throws IOException {
        return Files.readAllLines(PAGE).stream()
                .filter(line -> line.startsWith("| `") || line.startsWith("| a "))
                .map(line -> line.replace("\\|", "/").split("\\|")[2])
                .toList();
    }

    private static boolean has(Class<?> type, String method) {
        return Arrays.stream(type.getMethods()).map(Method::getName).anyMatch(method::equals);
    }

    @Test
    void whatItNamesIsThere() throws IOException {
        List<String> cells = cells();
        assertThat(cells).hasSizeGreaterThan(50);
        for (String cell : cells) {
            CODE.matcher(cell).results().flatMap(code -> CALL.matcher(code.group(1)).results()).forEach(call -> {
                String before = call.group(2);
                String name = call.group(3);
                Class<?> type = before == null ? ALONE.get(name)
                        : Character.isUpperCase(before.charAt(0)) ? TYPES.get(before) : VARIABLES.getOrDefault(before, Tensor.class);
                if (call.group(1) != null) {
                    assertThat(name).as(cell).isEqualTo(Linear.class.getSimpleName());
                } else {
                    assertThat(type).as(call.group() + " in " + cell).isNotNull();
                    assertThat(has(type, name)).as(call.group() + " in " + cell).isTrue();
                }
            });
        }
    }

    @Test
    void whatIsThereItNames() throws IOException {
        String all = String.join("\n", cells());
        Set<String> missing = Stream.concat(Stream.of(Tensor.class), Arrays.stream(Tensor.class.getInterfaces()))
                .flatMap(type -> Arrays.stream(type.getDeclaredMethods()))
                .filter(method -> Modifier.isPublic(method.getModifiers()) && !method.isSynthetic())
                .map(Method::getName)
                .filter(name -> !NOT_NAMED.contains(name) && !Pattern.compile("\\b" + name + "\\(").matcher(all).find())
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(missing).isEmpty();
    }
}
