package io.panatorch.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.platform.commons.support.AnnotationSupport;

/** Every test class of this module says what it needs, and none that makes tensors goes unwatched. */
@Tag("pure")
class TagsTest {

    @Test
    void everyClassHasATierAndTensorsAreWatched() throws Exception {
        Path root = Path.of("target/test-classes").toAbsolutePath();
        List<String> names;
        try (Stream<Path> files = Files.walk(root)) {
            names = files.map(file -> root.relativize(file).toString())
                    .filter(name -> name.matches("[^$]*Test\\.class") && !name.endsWith("TensorTest.class"))
                    .map(name -> name.replace(".class", "").replace('/', '.'))
                    .toList();
        }
        assertThat(names).hasSizeGreaterThan(10);
        for (String name : names) {
            Class<?> test = Class.forName(name, false, getClass().getClassLoader());
            List<String> tags = AnnotationSupport.findRepeatableAnnotations(test, Tag.class).stream()
                    .map(Tag::value)
                    .toList();
            assertThat(tags).as(name).hasSize(1).isSubsetOf(Set.of("pure", "cpu", "gpu"));
            assertThat(tags.contains("cpu")).as(name).isEqualTo(AnnotationSupport.isAnnotated(test, TensorTest.class));
        }
    }
}
