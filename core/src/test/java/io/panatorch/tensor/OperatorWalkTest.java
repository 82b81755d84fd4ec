package io.panatorch.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.testing.TensorTest;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** No operator of libtorch gets an argument that its schema does not take. */
@TensorTest
class OperatorWalkTest {

    @TempDir
    private Path temp;

    private static long number(String line, String output) {
        Matcher found = Pattern.compile("(?m)^" + line + " (\\d+)").matcher(output);
        assertThat(found.find()).as(line + " in " + output).isTrue();
        return Long.parseLong(found.group(1));
    }

    @Test
    void everyOperatorRefusesWhatItDoesNotTakeAndComputesOrRefusesTheRest() throws Exception {
        ChildJvm.Output output = ChildJvm.run(temp, OperatorWalkMain.class);
        String summary = output.out().substring(output.out().lastIndexOf("\nat "));
        assertThat(number("callable", summary)).isGreaterThan(2500);
        assertThat(number("computed", summary)).isGreaterThan(800);
        assertThat(number("misuses refused", summary)).isGreaterThan(100_000);
        assertThat(summary.lines().filter(line -> line.startsWith("not callable")))
                .isNotEmpty()
                .allSatisfy(line -> assertThat(line).matches("not callable \\d+: "
                        + "(a parameter is of type .*|it returns .*|.*takes anything|it gives a tensor other memory.*|no overload of it makes its results.*|it believes its arguments.*)"));
    }
}
