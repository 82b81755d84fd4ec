package io.panatorch.cogvideox.input;

import io.panatorch.safetensors.Safetensors;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;

/** Pictures, and what Pillow 13 and diffusers make of them. */
final class Resources {

    private Resources() {}

    static Path path(String name) {
        try {
            return Path.of(Resources.class.getResource(name).toURI());
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    static Safetensors open(String name) throws IOException {
        return Safetensors.open(path(name));
    }

    static byte[] rgb(InputImage image) {
        return ((BytePixels) image.pixels()).rgb();
    }
}
