package io.panatorch.cogvideox.cli;

import java.lang.module.ModuleDescriptor;
import java.util.Optional;
import picocli.CommandLine.IVersionProvider;

/** The version of this program: that of the module or, on the class path, of the jar. */
final class Versions implements IVersionProvider {

    static String panatorch() {
        ModuleDescriptor module = Main.class.getModule().getDescriptor();
        Optional<String> version = module != null ? module.rawVersion()
                : Optional.ofNullable(Main.class.getPackage().getImplementationVersion());
        return version.orElse("of an unknown version");
    }

    @Override
    public String[] getVersion() {
        return new String[] {Main.NAME + " " + panatorch()};
    }
}
