package io.panatorch.testing;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Tests that make tensors on the CPU: they have the tag {@code cpu} and are watched by {@link LeakCheck}.
 *
 * <p>An annotation, because JUnit's automatic registration reads {@code META-INF/services}, and the JDK ignores such a
 * file for classes of a named module, which the tests of a module are.
 */
@Documented
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Tag("cpu")
@ExtendWith(LeakCheck.class)
public @interface TensorTest {}
