import java.lang.module.ModuleFinder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.spi.ToolProvider;

/**
 * Makes the Javadoc jar of a module: run by the build on the JDK that compiled it. Maven's own plugin reads
 * module-info.class with the JDK that runs Maven, which may be older.
 */
class ModuleJavadoc {

    private static final int KNOWS_NO_FONTS = 23;

    /** Arguments: the folders of sources and that of classes, the module path, the jar to make. */
    public static void main(String[] args) {
        String sources = args[0];
        Path classes = Path.of(args[1]);
        String modulePath = args[2];
        Path jar = Path.of(args[3]);
        String module = ModuleFinder.of(classes).findAll().iterator().next().descriptor().name();
        Path pages = classes.resolveSibling("javadoc");
        List<String> options = new ArrayList<>(List.of("-quiet", "-notimestamp", "-Werror", "-Xdoclint:all,-missing",
                "--module-path", modulePath, "--module-source-path", module + "=" + sources, "--module", module,
                "-d", pages.toString()));
        if (Runtime.version().feature() >= KNOWS_NO_FONTS) { // a browser's own will do: they are nine tenths of the jar
            options.add("--no-fonts");
        }
        run("javadoc", options);
        run("jar", List.of("--create", "--file", jar.toString(), "-C", pages.toString(), "."));
    }

    private static void run(String tool, List<String> options) {
        int status = ToolProvider.findFirst(tool).orElseThrow().run(System.out, System.err, options.toArray(String[]::new));
        if (status != 0) {
            System.exit(status);
        }
    }
}
