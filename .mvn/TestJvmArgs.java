import java.nio.file.Files;
import java.nio.file.Path;

/** Writes the flags of the test JVM that depend on its JDK: run by the build on the JDK that will run the tests. */
class TestJvmArgs {

    public static void main(String[] args) throws Exception {
        boolean knowsIllegalNativeAccess = Runtime.version().feature() >= 24;
        Path target = Path.of(args[0]);
        Files.createDirectories(target.getParent());
        Files.writeString(target, knowsIllegalNativeAccess ? "--illegal-native-access=deny\n" : "\n");
    }
}
