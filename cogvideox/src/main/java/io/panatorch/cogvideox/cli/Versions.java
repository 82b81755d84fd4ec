package io.panatorch.cogvideox.cli;

import io.panatorch.cogvideox.config.LibraryVersion;
import picocli.CommandLine.IVersionProvider;

/** What {@code --version} says. */
final class Versions implements IVersionProvider {

    @Override
    public String[] getVersion() {
        return new String[] {Main.NAME + " " + LibraryVersion.get()};
    }
}
