package io.panatorch.bindings;

import java.io.IOException;
import java.util.List;

/** Unpacks the resources it is given and prints the folder, or exits with 3 and the message; for {@link ChildJvm}. */
final class UnpackMain {

    private UnpackMain() {}

    public static void main(String[] args) {
        try {
            System.out.println(ResourceCache.unpack("demo", List.of(args), UnpackMain.class.getClassLoader()));
        } catch (IOException e) {
            System.out.println(e.getMessage());
            System.exit(3);
        }
    }
}
