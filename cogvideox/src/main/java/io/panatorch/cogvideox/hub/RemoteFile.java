package io.panatorch.cogvideox.hub;

import io.panatorch.io.FileContent;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A file of a model, as the hub describes it.
 *
 * @param name with {@code /} between folders
 * @param commit of which it is
 * @param etag the name of its content: its SHA-256 where the file is large, else Git's, which is the SHA-1 with the size before it
 * @param size in bytes
 */
record RemoteFile(String name, String commit, String etag, long size) {

    private static final Pattern SHA_256 = Pattern.compile("[0-9a-f]{64}");
    private static final Pattern SHA_1 = Pattern.compile("[0-9a-f]{40}");
    /** What can be the name of a file, and only of that. */
    private static final Pattern ETAG = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_-]{0,127}");
    private static final Pattern NAME = Pattern.compile("\\w[\\w.+-]*(?:/\\w[\\w.+-]*){0,8}");

    static boolean isEtag(String etag) {
        return ETAG.matcher(etag).matches();
    }

    /** Whether a name leads to a file of the folder that it is taken in, on any system. */
    static boolean isSafeName(String name) {
        return NAME.matcher(name).matches();
    }

    /** {@return what calculates the name of a content, where it is one that can be calculated} */
    Optional<MessageDigest> digest() {
        if (SHA_256.matcher(etag).matches()) {
            return Optional.of(FileContent.digest("SHA-256"));
        }
        if (!SHA_1.matcher(etag).matches()) {
            return Optional.empty();
        }
        MessageDigest digest = FileContent.digest("SHA-1");
        digest.update(("blob " + size + "\0").getBytes(StandardCharsets.US_ASCII));
        return Optional.of(digest);
    }
}
