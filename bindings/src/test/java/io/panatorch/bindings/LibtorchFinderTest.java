package io.panatorch.bindings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which folder and which files; none of them is loaded, so empty ones will do. */
@Tag("pure")
class LibtorchFinderTest {

    /** Sees the JDK and nothing else. */
    private static final ClassLoader NOTHING = new URLClassLoader(new URL[0], ClassLoader.getPlatformClassLoader());

    private static final Path NO_IMAGE = Path.of("/jdk/lib/panatorch");

    @TempDir
    private Path temp;

    private Path libtorch(String folder, String... more) throws IOException {
        Path libraries = Files.createDirectories(temp.resolve(folder));
        Files.createFile(libraries.resolve("libtorch_cpu.so"));
        for (String name : more) {
            Files.createFile(libraries.resolve(name));
        }
        return libraries;
    }

    @Test
    void thePropertyWins() throws IOException {
        String property = libtorch("property").toString();
        String variable = libtorch("variable").toString();

        LibtorchFinder.Found found = LibtorchFinder.find(property, variable, NO_IMAGE, NOTHING);

        assertThat(found.folder()).isEqualTo(temp.resolve("property"));
        assertThat(found.source()).isEqualTo("-Dpanatorch.libtorch");
    }

    @Test
    void theVariableWinsOverTheClassPath() throws IOException {
        String variable = libtorch("variable").toString();

        LibtorchFinder.Found found = LibtorchFinder.find(null, variable, NO_IMAGE, getClass().getClassLoader());

        assertThat(found.folder()).isEqualTo(temp.resolve("variable"));
        assertThat(found.source()).isEqualTo("environment variable LIBTORCH");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "lib", "torch/lib"})
    void takesTheFolderOfAZipOrOfAWheel(String below) throws IOException {
        libtorch("found/" + below);

        LibtorchFinder.Found found = LibtorchFinder.find(temp.resolve("found").toString(), null, NO_IMAGE, NOTHING);

        assertThat(found.folder()).isEqualTo(temp.resolve("found").resolve(below));
        assertThat(found.libraries()).containsExactly(found.folder().resolve("libtorch_cpu.so"));
    }

    @Test
    void theImageWinsOverTheClassPathAndOverNothingElse() throws IOException {
        Path image = libtorch("image", "libpanatorch.so", "libc10.so");
        Path named = libtorch("named");

        LibtorchFinder.Found found = LibtorchFinder.find(null, "", image, getClass().getClassLoader());
        assertThat(found.folder()).isEqualTo(image);
        assertThat(found.source()).isEqualTo("the run-time image");
        assertThat(found.libraries()).containsExactly(image.resolve("libc10.so"), image.resolve("libtorch_cpu.so"));
        assertThat(LibtorchFinder.find(null, named.toString(), image, NOTHING).folder()).isEqualTo(named);
        assertThat(LibtorchFinder.find(named.toString(), null, image, NOTHING).folder()).isEqualTo(named);
    }

    @Test
    void aFolderWithoutTheShimIsNoImage() throws IOException {
        Path image = libtorch("image");
        assertThatThrownBy(() -> LibtorchFinder.find(null, null, image, NOTHING))
                .hasMessageContaining("there is none in the run-time image's " + image);
    }

    @Test
    void companionsComeBeforeLibtorchAndCudaAfterIt() throws IOException {
        Path folder = libtorch("full", "libtorch_cuda.so", "libc10.so", "libgomp.so.1", "libopenblas.so.0",
                "libgfortran.so.5", "libquadmath.so.0", "libother.so");

        assertThat(LibtorchFinder.find(folder.toString(), null, NO_IMAGE, NOTHING).libraries())
                .extracting(path -> path.getFileName().toString())
                .containsExactly("libgomp.so.1", "libquadmath.so.0", "libgfortran.so.5", "libopenblas.so.0", "libc10.so",
                        "libtorch_cpu.so", "libtorch_cuda.so");
    }

    /** A library without a slash in its name would be searched for by the system's loader. */
    @Test
    void aRelativeFolderBecomesAbsolute() throws IOException {
        Path folder = libtorch("relative");
        Path relative = Path.of("").toAbsolutePath().relativize(folder);

        assertThat(LibtorchFinder.find(relative.toString(), null, NO_IMAGE, NOTHING).libraries()).allMatch(Path::isAbsolute);
    }

    @Test
    void aFolderWithoutLibtorch() {
        assertThatThrownBy(() -> LibtorchFinder.find(temp.toString(), null, NO_IMAGE, getClass().getClassLoader()))
                .isInstanceOf(LibtorchLoadException.class)
                .hasMessage("no libtorch where -Dpanatorch.libtorch points: looked for libtorch_cpu.so in " + temp
                        + ", its lib and its torch/lib; name the folder of a libtorch zip or of a pip wheel's torch package");
        assertThatThrownBy(() -> LibtorchFinder.find(null, temp.resolve("no").toString(), NO_IMAGE, NOTHING))
                .hasMessageStartingWith("no libtorch where environment variable LIBTORCH points: looked for"
                        + " libtorch_cpu.so in " + temp.resolve("no"));
    }

    @Test
    void anotherOneThanTheOneInUseIsNamed() throws IOException {
        Path used = libtorch("used/lib");
        String other = libtorch("other").toString();
        Path link = Files.createSymbolicLink(temp.resolve("link"), temp.resolve("used"));

        assertThat(LibtorchFinder.unused(other, used.toString(), used)).contains("-Dpanatorch.libtorch names " + other);
        assertThat(LibtorchFinder.unused("", other, used)).contains("environment variable LIBTORCH names " + other);
        assertThat(LibtorchFinder.unused(null, temp.resolve("no").toString(), used)).isPresent();
        assertThat(LibtorchFinder.unused(link.toString(), other, used)).isEmpty();
        assertThat(LibtorchFinder.unused(null, used.toString(), used)).isEmpty();
        assertThat(LibtorchFinder.unused("", null, used)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void nothingAnywhere(boolean emptyRatherThanUnset) {
        String unset = emptyRatherThanUnset ? "" : null;
        String platform = Platform.current();

        assertThatThrownBy(() -> LibtorchFinder.find(unset, unset, NO_IMAGE, NOTHING))
                .isInstanceOf(LibtorchLoadException.class)
                .hasMessage("no libtorch found: -Dpanatorch.libtorch and the environment variable LIBTORCH are not set,"
                        + " there is none in the run-time image's /jdk/lib/panatorch, and org/bytedeco/pytorch/" + platform + "/libtorch_cpu.so is not on the class path; set one of the"
                        + " two to a libtorch folder, or add org.bytedeco:pytorch with the classifier " + platform
                        + " as a dependency, on the class path also where the program is on the module path");
    }

    @Test
    void platformsHaveTheNamesOfNativesJars() {
        assertThat(Platform.name("Linux", "amd64")).isEqualTo("linux-x86_64");
        assertThat(Platform.name("Linux", "aarch64")).isEqualTo("linux-arm64");
        assertThat(Platform.name("Mac OS X", "aarch64")).isEqualTo("macosx-arm64");
        assertThat(Platform.name("Windows 11", "amd64")).isEqualTo("windows-x86_64");
        assertThat(Platform.name("Linux", "riscv64")).isEqualTo("linux-riscv64");
    }
}
