package io.panatorch.cogvideox.hub;

import io.panatorch.json.JsonFile;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The name of a model of the hub, and which of its states is meant.
 *
 * @param name {@code ORG/NAME}
 * @param revision a branch, a tag or a commit
 */
public record ModelId(String name, String revision) {

    /** What is meant where nobody says: the branch that a model of the hub has. */
    public static final String MAIN = "main";

    private static final String FOLDER_PREFIX = "models--";
    private static final String SEPARATOR = "--";
    private static final int LONGEST_NAME = 96;
    private static final String WORD = "\\w(?:[\\w.-]*\\w)?";
    private static final Pattern NAME = Pattern.compile(WORD + "/" + WORD);
    /** As Git's names, so that they can be names of files too: no part of them begins with a dot or is empty. */
    private static final Pattern REVISION = Pattern.compile("\\w[\\w.+-]*(?:/\\w[\\w.+-]*)*");
    private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");

    /** @throws IllegalArgumentException for what no model or revision is called */
    public ModelId {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(revision, "revision");
        if (!isName(name)) {
            throw new IllegalArgumentException("model: expected ORG/NAME, found " + quoted(name));
        }
        if (!REVISION.matcher(revision).matches() || revision.contains("..")) {
            throw new IllegalArgumentException("model " + name + ": expected a branch, a tag or a commit after @, found "
                    + quoted(revision));
        }
    }

    /**
     * {@return what {@code ORG/NAME} or {@code ORG/NAME@REVISION} means}
     *
     * @throws IllegalArgumentException for another text
     */
    public static ModelId of(String text) {
        int at = text.indexOf('@');
        if (!isName(at < 0 ? text : text.substring(0, at))) {
            throw new IllegalArgumentException("model: expected ORG/NAME or ORG/NAME@REVISION, found " + quoted(text));
        }
        return at < 0 ? new ModelId(text, MAIN) : new ModelId(text.substring(0, at), text.substring(at + 1));
    }

    /** {@return whether a text is meant as the name of a model of the hub, so that {@link #of} says what is wrong with the rest} */
    static boolean isMeant(String text) {
        int at = text.indexOf('@');
        return isName(at < 0 ? text : text.substring(0, at));
    }

    private static boolean isName(String name) {
        return name.length() <= LONGEST_NAME && NAME.matcher(name).matches() && !name.contains("--") && !name.contains("..")
                && !name.endsWith(".git");
    }

    private static String quoted(String text) {
        return '"' + JsonFile.oneLine(text) + '"';
    }

    static boolean isCommit(String revision) {
        return COMMIT.matcher(revision).matches();
    }

    /** {@return whether it means the same for ever} */
    boolean isPinned() {
        return isCommit(revision);
    }

    /** {@return the name of its folder in the cache} */
    String folderName() {
        return FOLDER_PREFIX + name.replace("/", SEPARATOR);
    }

    /** {@return the name of the model that a folder in the cache is of} */
    static Optional<String> nameOf(String folderName) {
        if (!folderName.startsWith(FOLDER_PREFIX)) {
            return Optional.empty();
        }
        return Optional.of(folderName.substring(FOLDER_PREFIX.length()).replace(SEPARATOR, "/")).filter(ModelId::isName);
    }

    /** {@return as it is typed: without the revision where that is {@value #MAIN}} */
    @Override
    public String toString() {
        return revision.equals(MAIN) ? name : name + "@" + revision;
    }
}
