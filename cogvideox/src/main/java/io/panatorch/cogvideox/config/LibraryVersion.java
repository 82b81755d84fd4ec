package io.panatorch.cogvideox.config;

import java.lang.module.ModuleDescriptor;
import java.util.Optional;

/** The version of this library: that of the module or, on the class path, of the jar. */
public final class LibraryVersion {

    private LibraryVersion() {}

    /** {@return it, such as {@code 0.1.0}} */
    public static String get() {
        ModuleDescriptor module = LibraryVersion.class.getModule().getDescriptor();
        Optional<String> version = module != null ? module.rawVersion()
                : Optional.ofNullable(LibraryVersion.class.getPackage().getImplementationVersion());
        return version.orElse("of an unknown version");
    }
}
