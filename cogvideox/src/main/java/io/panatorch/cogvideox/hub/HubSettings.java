package io.panatorch.cogvideox.hub;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Where the hub is, where what comes from it is kept, and with which token it is asked: all by the environment variables of Python's
 * {@code huggingface_hub}. The token is in no text that this class gives.
 *
 * <table>
 * <caption>Variables; an empty one counts as not set</caption>
 * <tr><td>{@code HF_ENDPOINT}</td><td>the hub, {@code https://huggingface.co} where it is not set</td></tr>
 * <tr><td>{@code HF_HUB_CACHE}</td><td>the cache, else {@code HF_HOME/hub}; {@code HF_HOME} is {@code huggingface} in
 *     {@code XDG_CACHE_HOME}, which is {@code ~/.cache}</td></tr>
 * <tr><td>{@code HF_TOKEN}</td><td>the token, else {@code HUGGING_FACE_HUB_TOKEN}, else what is in the file {@code HF_TOKEN_PATH}, which is
 *     {@code HF_HOME/token}</td></tr>
 * <tr><td>{@code HF_HUB_OFFLINE}</td><td>{@code 1}: nothing is asked of the hub; else {@code TRANSFORMERS_OFFLINE}</td></tr>
 * <tr><td>{@code HF_HUB_DISABLE_SYMLINKS}</td><td>{@code 1}: files in place of links, as where a file system has none</td></tr>
 * </table>
 */
public final class HubSettings {

    private static final String ENDPOINT = "https://huggingface.co";
    private static final Set<String> TRUE = Set.of("1", "ON", "YES", "TRUE");
    private static final Pattern VISIBLE = Pattern.compile("[!-~]+");

    private final URI endpoint;
    private final Path cacheFolder;
    private final Optional<String> token;
    private final Path tokenFile;
    private final boolean offline;
    private final boolean linking;

    private HubSettings(UnaryOperator<String> variables, Path home) {
        Path hubHome = path(variables, "HF_HOME", home)
                .orElseGet(() -> path(variables, "XDG_CACHE_HOME", home).orElse(home.resolve(".cache")).resolve("huggingface"));
        this.endpoint = endpoint(text(variables, "HF_ENDPOINT").orElse(ENDPOINT));
        this.cacheFolder = path(variables, "HF_HUB_CACHE", home).or(() -> path(variables, "HUGGINGFACE_HUB_CACHE", home))
                .orElse(hubHome.resolve("hub"));
        this.token = Stream.of("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")
                .flatMap(name -> text(variables, name).map(text -> clean(name, text)).stream()).findFirst();
        this.tokenFile = path(variables, "HF_TOKEN_PATH", home).orElse(hubHome.resolve("token"));
        this.offline = isTrue(text(variables, "HF_HUB_OFFLINE").or(() -> text(variables, "TRANSFORMERS_OFFLINE")));
        this.linking = !isTrue(text(variables, "HF_HUB_DISABLE_SYMLINKS"));
    }

    /**
     * {@return what the variables of this process say}
     *
     * @throws IllegalArgumentException that names the variable whose value cannot be
     */
    public static HubSettings fromEnvironment() {
        return of(System.getenv());
    }

    /**
     * {@return what variables say}
     *
     * @param variables their values by their names
     * @throws IllegalArgumentException that names the variable whose value cannot be
     */
    public static HubSettings of(Map<String, String> variables) {
        return new HubSettings(variables::get, Path.of(System.getProperty("user.home")));
    }

    private static Optional<String> text(UnaryOperator<String> variables, String name) {
        return Optional.ofNullable(variables.apply(name)).filter(text -> !text.isBlank());
    }

    private static Optional<Path> path(UnaryOperator<String> variables, String name, Path home) {
        return text(variables, name).map(text -> text.equals("~") ? home
                : text.startsWith("~/") ? home.resolve(text.substring("~/".length())) : Path.of(text).toAbsolutePath());
    }

    private static boolean isTrue(Optional<String> text) {
        return text.filter(value -> TRUE.contains(value.toUpperCase(Locale.ROOT))).isPresent();
    }

    /** Its text is not shown: it may carry a password. */
    private static URI endpoint(String text) {
        try {
            URI uri = URI.create(text.strip().replaceFirst("/+$", ""));
            boolean isAddress = ("https".equals(uri.getScheme()) || "http".equals(uri.getScheme())) && uri.getHost() != null
                    && uri.getRawUserInfo() == null && uri.getRawQuery() == null && uri.getRawFragment() == null;
            if (isAddress) {
                return uri;
            }
        } catch (IllegalArgumentException e) {
            // told below
        }
        throw new IllegalArgumentException("HF_ENDPOINT: expected an address such as " + ENDPOINT + ", without a user in it,"
                + " found another text");
    }

    /** What would break a header would also be shown by the exception for that. */
    private static String clean(String where, String text) {
        String token = text.strip();
        if (!VISIBLE.matcher(token).matches()) {
            throw new IllegalArgumentException(where + ": expected a token, letters and digits such as hf_..., found other characters");
        }
        return token;
    }

    /** {@return the address of the hub} */
    public URI endpoint() {
        return endpoint;
    }

    /** {@return the folder with the models, whether or not it is there} */
    public Path cacheFolder() {
        return cacheFolder;
    }

    /** {@return whether nothing may be asked of the hub} */
    public boolean isOffline() {
        return offline;
    }

    /** {@return whether snapshots have links, where the file system has them} */
    boolean isLinking() {
        return linking;
    }

    /**
     * {@return the token, where there is one}
     *
     * @throws IllegalArgumentException where its file has something else
     * @throws IOException where its file cannot be read
     */
    Optional<String> token() throws IOException {
        if (token.isPresent()) {
            return token;
        }
        try {
            String text = Files.readString(tokenFile);
            return text.isBlank() ? Optional.empty() : Optional.of(clean(tokenFile.toString(), text));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    @Override
    public String toString() {
        return endpoint + ", " + cacheFolder + (offline ? ", offline" : "");
    }
}
