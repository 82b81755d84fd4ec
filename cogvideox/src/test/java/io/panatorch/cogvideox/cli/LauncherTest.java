package io.panatorch.cogvideox.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The script {@code cogvideox/panatorch} in a checkout with nothing in it, with scripts in place of Maven and Java. */
@Tag("pure")
@Timeout(60)
class LauncherTest {

    private static final String BUILDING = "panatorch: building (first run: one to three minutes; fetches 150 MB; the first video"
            + " unpacks 365 MB) ...\n";

    @TempDir
    Path folder;

    private Path root;
    private Path bin;
    private Path jdk;
    private Path launcher;
    private Path builds;

    @BeforeEach
    void makeCheckout() throws IOException {
        root = Files.createDirectories(folder.resolve("a check-out"));
        bin = Files.createDirectory(folder.resolve("bin"));
        jdk = folder.resolve("my jdk");
        builds = folder.resolve("builds");
        launcher = script(root.resolve("cogvideox/panatorch"), Files.readString(Path.of("panatorch")));
        Files.createDirectories(root.resolve("core/src/main"));
        Files.writeString(root.resolve("pom.xml"), "<project/>");
        jdk("25.0.3");
        script(bin.resolve("cc"), "#!/bin/sh\n");
        mvn("");
    }

    @Test
    void theFirstRunBuildsAndLaterRunsStartAtOnce() throws Exception {
        Run first = launch(launcher, "generate", "--prompt", "two words");
        assertThat(first.err()).isEqualTo(BUILDING);
        assertThat(first.out()).contains("<--illegal-native-access=deny>", "<--enable-native-access=io.panatorch.bindings>",
                "<-Dpanatorch.terminal=false>", "<" + root.resolve("cogvideox/target/app/modules") + ">",
                "<" + root.resolve("cogvideox/target/app/natives") + "/*>",
                "<io.panatorch.cogvideox/" + Main.class.getName() + ">", "<generate>\n<--prompt>\n<two words>\n");
        assertThat(launch(launcher, "info").err()).isEmpty();
        assertThat(builds).hasContent("built");
    }

    @Test
    void itsExitStatusIsThatOfTheCommand() throws Exception {
        script(jdk.resolve("bin/java"), "#!/bin/sh\nexit 2\n");
        assertThat(launch(launcher).status()).isEqualTo(2);
    }

    /** Prints the characters that Java was given, as numbers. */
    static final class Echo {

        private Echo() {}

        public static void main(String[] arguments) {
            Stream.of(arguments).flatMapToInt(String::chars).forEach(c -> System.out.print(Integer.toHexString(c) + " "));
        }
    }

    /** A locale that is not there, what a Mac sends along, and others that are not UTF-8. */
    @ParameterizedTest
    @ValueSource(strings = {"LANG=xx_YY.UTF-8", "LC_CTYPE=UTF-8", "LC_ALL=xx_YY.UTF-8", "LC_ALL=C", "LC_ALL=POSIX",
        "LANG=de_DE.ISO-8859-1", "LC_ALL=", "LANG=C.UTF-8"})
    void argumentsAreReadAsUtf8WhateverTheLocale(String variable) throws Exception {
        script(jdk.resolve("bin/java"), """
                #!/bin/sh
                while [ "$1" != -m ]; do shift; done
                shift 2
                exec '%s/bin/java' -cp '%s' '%s' "$@"
                """.formatted(System.getProperty("java.home"), classes(), Echo.class.getName()));
        Path caller = script(bin.resolve("caller"), "#!/bin/sh\nunset LANG LC_ALL LC_CTYPE\nexport '" + variable + "'\n"
                + "exec '" + launcher + "' \"$(printf 'K\\303\\274 \\347\\201\\253')\"\n");
        assertThat(launch(caller).out()).isEqualTo("4b fc 20 706b ");
    }

    private static String classes() throws Exception {
        String file = Echo.class.getName().replace('.', '/') + ".class";
        Path here = Path.of(Echo.class.getResource("LauncherTest$Echo.class").toURI());
        return here.toString().substring(0, here.toString().length() - file.length());
    }

    /** As cron and services do. */
    @Test
    void hardlyAnyEnvironmentIsEnough() throws Exception {
        launch(launcher);
        for (String path : new String[] {null, "", "/nonexistent"}) {
            ProcessBuilder builder = prepare(launcher, "info");
            builder.environment().clear();
            builder.environment().put("JAVA_HOME", jdk.toString());
            if (path != null) {
                builder.environment().put("PATH", path);
            }
            Run run = finish(builder.start());
            assertThat(run.err()).as(path).isEmpty();
            assertThat(run.out()).endsWith("<info>\n");
        }
    }

    @Test
    void aBuildWithoutAHomeHasOneInItsTarget() throws Exception {
        mvn("printf '%s' \"$HOME\" > '" + folder.resolve("home") + "'");
        ProcessBuilder builder = prepare(launcher);
        builder.environment().remove("HOME");
        assertThat(finish(builder.start()).status()).isZero();
        assertThat(folder.resolve("home")).hasContent(root.resolve("cogvideox/target").toString());
    }

    @Test
    void theWidthOfTheTerminalIsPassedOn() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/script")), "util-linux's script, which makes a terminal, is not installed");
        launch(launcher);
        Run run = launch(Path.of("/usr/bin/script"), "-qec", "stty cols 43; '" + launcher + "' info", "/dev/null");
        assertThat(run.out()).contains("<-Dpanatorch.terminal=true>", "<-Dpanatorch.columns=43>");
    }

    @Test
    void optionsOfTheJvmAreDividedByBlanksAndNotExpanded() throws Exception {
        assertThat(launch(launcher, Map.of("PANATORCH_OPTS", " -Xmx2g  -Da=* ")).out()).contains("\n<-Xmx2g>\n<-Da=*>\n<--module-path>");
    }

    @Test
    void classesOfOthersAreOnTheClassPath() throws Exception {
        String natives = root.resolve("cogvideox/target/app/natives") + "/*";
        assertThat(launch(launcher, Map.of("PANATORCH_CLASSPATH", "/my jars/a.jar:/b/*")).out())
                .contains("\n<--class-path>\n<" + natives + ":/my jars/a.jar:/b/*>\n");
        assertThat(launch(launcher, Map.of("PANATORCH_CLASSPATH", "")).out()).contains("\n<--class-path>\n<" + natives + ">\n");
    }

    @Test
    void theFolderOfTheScriptIsFoundWhateverCdPathSays() throws Exception {
        ProcessBuilder builder = prepare(Path.of("./cogvideox/panatorch"));
        builder.directory(root.toFile()).environment().put("CDPATH", folder.toString());
        Files.createDirectory(folder.resolve("cogvideox"));
        assertThat(finish(builder.start()).status()).isZero();
        assertThat(builds).hasContent("built");
    }

    @Test
    void aSymbolicLinkLeadsToIt() throws Exception {
        Path first = Files.createSymbolicLink(bin.resolve("first"), Path.of("second"));
        Files.createSymbolicLink(bin.resolve("second"), launcher);
        assertThat(launch(first).status()).isZero();
        assertThat(builds).hasContent("built");
    }

    @Test
    void newerSourcesAreBuiltAgain() throws Exception {
        launch(launcher);
        Path source = Files.writeString(root.resolve("core/src/main/A.java"), "class A {}");
        Files.setLastModifiedTime(source, FileTime.from(Instant.now().plusSeconds(2)));
        assertThat(launch(launcher).err()).isEqualTo("panatorch: building (sources have changed) ...\n");
    }

    @Test
    void ofTwoFirstRunsOneBuilds() throws Exception {
        mvn("sleep 2");
        Process first = start(launcher);
        while (first.isAlive() && !Files.isSymbolicLink(root.resolve("cogvideox/target/build.lock"))) {
            Thread.sleep(10);
        }
        Run second = launch(launcher);
        assertThat(first.waitFor()).isZero();
        assertThat(second.status()).isZero();
        assertThat(second.err()).matches("panatorch: waiting for the build of process \\d+ \\.\\.\\.\n");
        assertThat(builds).hasContent("built");
    }

    @Test
    void aBuildThatWasKilledDoesNotBlock() throws Exception {
        Path target = Files.createDirectories(root.resolve("cogvideox/target"));
        Process gone = new ProcessBuilder("true").start();
        gone.waitFor();
        Files.createSymbolicLink(target.resolve("build.lock"), Path.of(Long.toString(gone.pid())));
        assertThat(launch(launcher).status()).isZero();
        assertThat(target.resolve("build.lock")).doesNotExist();
    }

    @Test
    void aBuildThatFailsIsToldInOneLine() throws Exception {
        mvn("echo '[ERROR] COMPILATION ERROR :'; echo '[ERROR] A.java: no semicolon'; exit 1");
        Run run = launch(launcher);
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.err()).isEqualTo(BUILDING + "panatorch: the build failed: A.java: no semicolon; all of it is in "
                + root.resolve("cogvideox/target/build.log") + "\n");
        mvn("");
        assertThat(launch(launcher).status()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"Could not transfer artifact a:b:pom:1 from/to central", "Cannot access central in offline mode",
        "java.net.UnknownHostException: host"})
    void aFirstRunWithoutTheNetworkIsToldSo(String line) throws Exception {
        mvn("echo '[ERROR] Plugin p could not be resolved:'; echo '[ERROR]   " + line + "'; exit 1");
        Run run = launch(launcher);
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.err()).isEqualTo(BUILDING + "panatorch: the build failed: Maven could not fetch what it needs: the first run"
                + " needs the network (a proxy or mirror is named in ~/.m2/settings.xml); all of it is in "
                + root.resolve("cogvideox/target/build.log") + "\n");
    }

    @Test
    void aHomeThatMavenCannotWriteToIsToldWithARemedy() throws Exception {
        mvn("echo '[ERROR] Could not create local repository at /x/.m2/repository -> [Help 1]'; exit 1");
        assertThat(launch(launcher).err()).isEqualTo(BUILDING + "panatorch: the build failed: Could not create local repository at"
                + " /x/.m2/repository; name a folder for it with MAVEN_OPTS=-Dmaven.repo.local=DIR; all of it is in "
                + root.resolve("cogvideox/target/build.log") + "\n");
    }

    @Test
    void whatBuildingNeedsIsNamed() throws Exception {
        Files.delete(bin.resolve("cc"));
        assertThat(launch(launcher, Map.of("CC", "my-cc")).err()).isEqualTo(
                "panatorch: no C compiler: 'my-cc' is not on PATH; install gcc or clang, or set CC\n");
        Files.delete(bin.resolve("mvn"));
        Run run = launch(launcher, Map.of("PATH", bin + ":" + coreUtilities()));
        assertThat(run.err()).isEqualTo("panatorch: no mvn on PATH: building needs Apache Maven; install it\n");
        assertThat(run.status()).isEqualTo(1);
    }

    /** Another JDK may be found on this machine: that an old one is passed over is all that can be told. */
    @Test
    void anOldJdkIsPassedOver() throws Exception {
        jdk("21.0.1");
        Run run = launch(launcher, "--version");
        assertThat(run.out()).doesNotContain("<--version>");
    }

    @Test
    void anOlderJdkGetsNoFlagThatItDoesNotKnow() throws Exception {
        jdk("22");
        assertThat(launch(launcher).out()).doesNotContain("--illegal-native-access").contains("--enable-native-access");
    }

    /** A folder with the few programs that the script needs, and not Maven. */
    private Path coreUtilities() throws IOException {
        Path utilities = Files.createDirectory(folder.resolve("utilities"));
        for (String name : new String[] {"sh", "sed", "dirname", "readlink", "find", "head", "mkdir", "ln", "rm", "mv"}) {
            Path usr = Path.of("/usr/bin", name);
            script(utilities.resolve(name), "#!/bin/sh\nexec " + (Files.exists(usr) ? usr : "/bin/" + name) + " \"$@\"\n");
        }
        return utilities;
    }

    private void jdk(String version) throws IOException {
        script(jdk.resolve("bin/java"), "#!/bin/sh\nprintf '<%s>\\n' \"$@\"\n");
        script(jdk.resolve("bin/javac"), "#!/bin/sh\n");
        Files.writeString(jdk.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"" + version + "\"\n");
    }

    private void mvn(String behaviour) throws IOException {
        script(bin.resolve("mvn"), "#!/bin/sh\n" + behaviour + "\nmkdir -p cogvideox/target/app\nprintf built >> '" + builds + "'\n");
    }

    private static Path script(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, text, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING);
        assertThat(file.toFile().setExecutable(true)).isTrue();
        return file;
    }

    private Run launch(Path script, String... arguments) throws Exception {
        return finish(start(script, arguments));
    }

    private Run launch(Path script, Map<String, String> environment) throws Exception {
        ProcessBuilder builder = prepare(script);
        builder.environment().putAll(environment);
        return finish(builder.start());
    }

    private Process start(Path script, String... arguments) throws IOException {
        return prepare(script, arguments).start();
    }

    private ProcessBuilder prepare(Path script, String... arguments) {
        ProcessBuilder builder = new ProcessBuilder(script.toString());
        builder.command().addAll(List.of(arguments));
        builder.directory(folder.toFile());
        builder.environment().put("JAVA_HOME", jdk.toString());
        builder.environment().merge("PATH", bin.toString(), (path, own) -> own + ":" + path);
        return builder;
    }

    /** Little is written, so that both streams can be read one after the other. */
    private static Run finish(Process process) throws Exception {
        String out = new String(process.getInputStream().readAllBytes());
        String err = new String(process.getErrorStream().readAllBytes());
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        return new Run(process.exitValue(), out, err);
    }
}
