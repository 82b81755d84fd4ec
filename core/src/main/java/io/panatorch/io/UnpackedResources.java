package io.panatorch.io;

import io.panatorch.bindings.ResourceCache;
import java.io.IOException;
import java.net.URL;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Resources as files, for what can only read files: executables, memory mappings.
 *
 * <p>They are unpacked once for all programs of a user, into a folder that is named after their content and appears when it
 * is whole; two programs may ask for it at once. Files that are damaged later are unpacked again: they are compared with
 * the jars' checksums when they were written to, and once after each start of the machine.
 *
 * <p>Where: the folder that the system property {@code panatorch.cache} names, else {@code $XDG_CACHE_HOME/panatorch}, else
 * {@code ~/.cache/panatorch}. Where there is no home or it cannot be written, {@code panatorch-} and the user's number in
 * the folder for temporary files ({@code java.io.tmpdir}), which only its owner can enter. A folder that another user than
 * root may write to is refused where it was named, since what is loaded from there runs as this user, and passed over where
 * it is the home's.
 */
public final class UnpackedResources {

    private UnpackedResources() {}

    /**
     * {@return the folder in which everything is unpacked, whether or not it exists yet}
     *
     * @throws IOException where the folder that somebody named cannot be the name of a file in this locale
     */
    public static Path cacheFolder() throws IOException {
        return ResourceCache.root();
    }

    /**
     * {@return a folder that holds the resources, side by side under their last names}
     *
     * @param bundle what they are together, for the folder's name
     * @param resources full names of resources that the loader finds
     * @throws IOException where a resource is missing or the folder cannot be written; the message names both
     */
    public static Path folder(String bundle, List<String> resources, ClassLoader loader) throws IOException {
        return ResourceCache.unpack(bundle, resources, loader);
    }

    /**
     * {@return a folder that holds the files}
     *
     * @param bundle what they are together, for the folder's name
     * @param files where each is read from, by its path in the folder with {@code /} between names; for resources in a
     *     package of a module, which only that module can find
     * @throws IOException where a file cannot be read or the folder cannot be written; the message names both
     */
    public static Path folder(String bundle, Map<String, URL> files) throws IOException {
        return ResourceCache.unpack(bundle, files);
    }
}
