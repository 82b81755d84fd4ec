package io.panatorch.cogvideox;

import io.panatorch.io.UnpackedResources;
import java.io.IOException;
import java.net.URL;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The small model that comes with this library, for a first video without a download. {@code MODEL_CARD.md} in its folder says
 * what it can draw.
 */
public final class DemoModel {

    /** Every file of the model; the resources lie under {@code demo/}. */
    static final List<String> FILES = List.of(
            "MODEL_CARD.md",
            "model_index.json",
            "scheduler/scheduler_config.json",
            "text_encoder/config.json",
            "text_encoder/model.safetensors",
            "tokenizer/spiece.model",
            "tokenizer/tokenizer_config.json",
            "transformer/config.json",
            "transformer/diffusion_pytorch_model.safetensors",
            "vae/config.json",
            "vae/diffusion_pytorch_model.safetensors");

    private DemoModel() {}

    /**
     * {@return a diffusers directory with the model; unpacked at the first call, and kept for other programs}
     *
     * @throws IOException where it cannot be unpacked; the message names the folder
     */
    public static Path folder() throws IOException {
        Map<String, URL> files = new LinkedHashMap<>();
        for (String file : FILES) {
            files.put(file, DemoModel.class.getResource("demo/" + file));
        }
        return UnpackedResources.folder("demo-model", files);
    }
}
