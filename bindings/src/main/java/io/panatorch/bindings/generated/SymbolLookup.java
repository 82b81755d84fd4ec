package io.panatorch.bindings.generated;

import io.panatorch.bindings.Shim;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * What {@link Panatorch} means by this name, since a class of the same package comes before those that are imported as a
 * whole: so jextract's output stays as it is and yet asks {@link Shim}. The JDK's own {@code loaderLookup} finds what
 * {@code System.load} loaded, and that loads a file for one class loader of the process only.
 */
@FunctionalInterface
interface SymbolLookup extends java.lang.foreign.SymbolLookup {

    /** The functions of the shim; there are none before it is loaded. */
    static SymbolLookup loaderLookup() {
        return Shim::find;
    }

    @Override
    Optional<MemorySegment> find(String name);

    /** These functions and no others: the shim has all that its header has. */
    @Override
    default SymbolLookup or(java.lang.foreign.SymbolLookup other) {
        return this;
    }
}
