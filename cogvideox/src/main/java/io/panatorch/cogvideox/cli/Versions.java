package io.panatorch.cogvideox.cli;

import picocli.CommandLine.IVersionProvider;

/** The version of this program, which the compiler writes into the module. */
final class Versions implements IVersionProvider {

    static String panatorch() {
        return Main.class.getModule().getDescriptor().rawVersion().orElse("of an unknown version");
    }

    @Override
    public String[] getVersion() {
        return new String[] {Main.NAME + " " + panatorch()};
    }
}
