package io.panatorch.bindings;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.bindings.generated.Panatorch;
import io.panatorch.bindings.generated.pt_value;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The generated code is committed, so somebody has to notice when the header has gone on without it. */
@Tag("cpu")
class HeaderMatchesBindingsTest {

    private static CHeader header;

    @BeforeAll
    static void parse() throws Exception {
        header = CHeader.parse(Path.of(System.getProperty("panatorch.header")));
    }

    /** {@return what the bindings' static methods without parameters give, by the method's name without the suffix} */
    private static <T> Map<String, T> values(String pattern, String suffix, Class<T> type) throws Exception {
        Map<String, T> values = new TreeMap<>();
        for (var method : Panatorch.class.getMethods()) {
            if (method.getParameterCount() == 0 && method.getName().matches(pattern)) {
                String name = method.getName().substring(0, method.getName().length() - suffix.length());
                values.put(name, type.cast(method.invoke(null)));
            }
        }
        return values;
    }

    @Test
    void theParserSeesTheHeader() {
        assertThat(header.functions()).hasSizeGreaterThan(40).containsKeys("pt_load", "pt_call", "pt_narrow");
        assertThat(header.functions().get("pt_free")).isEqualTo(FunctionDescriptor.ofVoid(Panatorch.C_POINTER));
        assertThat(header.functions().get("pt_features")).isEqualTo(FunctionDescriptor.of(Panatorch.C_LONG));
        assertThat(header.constants()).hasSizeGreaterThan(20).containsEntry("PT_OTHER_DTYPE", -1);
    }

    @Test
    void everyFunctionHasTheTypesOfTheHeader() throws Exception {
        assertThat(values("pt_\\w+\\$descriptor", "$descriptor", FunctionDescriptor.class))
                .containsExactlyInAnyOrderEntriesOf(header.functions());
    }

    @Test
    void everyFunctionHasAMethodOfThoseTypes() {
        header.functions().forEach((name, descriptor) -> assertThat(Arrays.stream(Panatorch.class.getMethods())
                        .filter(method -> method.getName().equals(name))
                        .map(method -> java.lang.invoke.MethodType.methodType(
                                method.getReturnType(), method.getParameterTypes())))
                .as(name)
                .containsExactly(descriptor.toMethodType()));
    }

    @Test
    void everyFunctionIsInTheShim() throws Exception {
        Libtorch.load();
        Map<String, MemorySegment> addresses = values("pt_\\w+\\$address", "$address", MemorySegment.class);
        assertThat(addresses).containsOnlyKeys(header.functions().keySet());
        assertThat(addresses.values().stream().map(MemorySegment::address)).doesNotHaveDuplicates().doesNotContain(0L);
    }

    @Test
    void everyConstantHasTheNumberOfTheHeader() throws Exception {
        assertThat(values("PT_\\w+", "", Integer.class)).containsExactlyInAnyOrderEntriesOf(header.constants());
    }

    @Test
    void theStructHasTheMembersOfTheHeader() throws Exception {
        Map<String, Long> offsets = new TreeMap<>();
        for (var method : pt_value.class.getMethods()) {
            if (method.getName().endsWith("$offset")) {
                offsets.put(method.getName().replace("$offset", ""), (Long) method.invoke(null));
            }
        }
        assertThat(offsets)
                .containsExactlyInAnyOrderEntriesOf(header.offsets())
                .containsEntry("length", 8L)
                .containsEntry("data", 16L);
        assertThat(pt_value.sizeof()).isEqualTo(24);
    }

    /** jextract ignores a name that it does not know, and leaves out one that the list lacks. */
    @Test
    void theAllowListNamesWhatTheHeaderHas() throws Exception {
        Map<String, Set<String>> listed = Files.readAllLines(Path.of("src/generated/includes.txt")).stream()
                .filter(line -> line.startsWith("--include-"))
                .map(line -> line.substring("--include-".length()).split(" "))
                .collect(Collectors.groupingBy(
                        pair -> pair[0], Collectors.mapping(pair -> pair[1], Collectors.toSet())));
        assertThat(listed.get("function")).isEqualTo(header.functions().keySet());
        assertThat(listed.get("constant")).isEqualTo(header.constants().keySet());
        assertThat(listed.get("struct")).containsExactly("pt_value");
    }
}
