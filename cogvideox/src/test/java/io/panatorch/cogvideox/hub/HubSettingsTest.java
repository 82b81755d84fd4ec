package io.panatorch.cogvideox.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("pure")
class HubSettingsTest {

    private static final Path HOME = Path.of(System.getProperty("user.home"));

    @TempDir
    private Path temp;

    private static HubSettings of(String... variables) {
        Map<String, String> all = new HashMap<>();
        for (int i = 0; i < variables.length; i += 2) {
            all.put(variables[i], variables[i + 1]);
        }
        return HubSettings.of(all);
    }

    /** As Python has it, the first that is set. */
    @Test
    void theCacheIsPythons() {
        assertThat(of().cacheFolder()).isEqualTo(HOME.resolve(".cache/huggingface/hub"));
        assertThat(of("XDG_CACHE_HOME", "/x").cacheFolder()).isEqualTo(Path.of("/x/huggingface/hub"));
        assertThat(of("XDG_CACHE_HOME", "/x", "HF_HOME", "/h").cacheFolder()).isEqualTo(Path.of("/h/hub"));
        assertThat(of("HF_HOME", "/h", "HUGGINGFACE_HUB_CACHE", "/c").cacheFolder()).isEqualTo(Path.of("/c"));
        assertThat(of("HF_HOME", "/h", "HUGGINGFACE_HUB_CACHE", "/c", "HF_HUB_CACHE", "/d").cacheFolder()).isEqualTo(Path.of("/d"));
        assertThat(of("HF_HOME", "", "HF_HUB_CACHE", " ").cacheFolder()).isEqualTo(HOME.resolve(".cache/huggingface/hub"));
        assertThat(of("HF_HOME", "~/models").cacheFolder()).isEqualTo(HOME.resolve("models/hub"));
        assertThat(of("HF_HUB_CACHE", "~").cacheFolder()).isEqualTo(HOME);
    }

    @Test
    void theTokenIsPythons() throws IOException {
        Path file = Files.createDirectory(temp.resolve("home")).resolve("token");
        String home = file.getParent().toString();
        assertThat(of("HF_HOME", home).token()).isEmpty();
        Files.writeString(file, "hf_file\n");
        assertThat(of("HF_HOME", home).token()).contains("hf_file");
        Path other = Files.writeString(temp.resolve("other"), "\n hf_other");
        assertThat(of("HF_HOME", home, "HF_TOKEN_PATH", other.toString()).token()).contains("hf_other");
        assertThat(of("HF_HOME", home, "HUGGING_FACE_HUB_TOKEN", "hf_old").token()).contains("hf_old");
        assertThat(of("HF_HOME", home, "HUGGING_FACE_HUB_TOKEN", "hf_old", "HF_TOKEN", " hf_new ").token()).contains("hf_new");
        assertThat(of("HF_TOKEN", "hf_new")).asString().doesNotContain("hf_new");
    }

    /** The exception of a header would show it. */
    @Test
    void whatIsNoTokenIsRefusedWithoutBeingShown() throws IOException {
        assertThatIllegalArgumentException().isThrownBy(() -> of("HF_TOKEN", "hf_a\r\nhf_b"))
                .withMessage("HF_TOKEN: expected a token, letters and digits such as hf_..., found other characters");
        Path file = Files.writeString(temp.resolve("token"), "my tok\u00e9n");
        assertThatIllegalArgumentException().isThrownBy(() -> of("HF_TOKEN_PATH", file.toString()).token())
                .withMessage(file + ": expected a token, letters and digits such as hf_..., found other characters");
    }

    @ParameterizedTest
    @CsvSource({"1, , true", "true, , true", "Yes, , true", "on, , true", "0, , false", ", 1, true", "0, 1, false", ", , false"})
    void offlineIsPythons(String hub, String transformers, boolean offline) {
        assertThat(of("HF_HUB_OFFLINE", hub, "TRANSFORMERS_OFFLINE", transformers).isOffline()).isEqualTo(offline);
    }

    @Test
    void theEndpointIsAnAddress() {
        assertThat(of().endpoint()).hasToString("https://huggingface.co");
        assertThat(of("HF_ENDPOINT", "http://mirror.local:8080/hf/").endpoint()).hasToString("http://mirror.local:8080/hf");
    }

    @ParameterizedTest
    @ValueSource(strings = {"huggingface.co", "ftp://huggingface.co", "https://me:secret@mirror", "https://", "https://a b",
        "https://a?b=c"})
    void whatIsNoAddressIsRefused(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> of("HF_ENDPOINT", text))
                .withMessage("HF_ENDPOINT: expected an address such as https://huggingface.co, without a user in it, found another text");
    }
}
