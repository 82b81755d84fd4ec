/** CogVideoX, from text, images and videos to video: tokenizer, text encoder, transformer, VAE, schedulers, pipeline and command line. */
module io.panatorch.cogvideox {
    requires transitive io.panatorch.pab;
    requires com.fasterxml.jackson.databind;
    requires info.picocli;
    requires java.logging;
    requires java.net.http;

    exports io.panatorch.cogvideox;
    exports io.panatorch.cogvideox.hub;
    exports io.panatorch.cogvideox.input;
    exports io.panatorch.cogvideox.lora;
    exports io.panatorch.cogvideox.quality;
    exports io.panatorch.cogvideox.scheduler;
    exports io.panatorch.cogvideox.sizes;
    exports io.panatorch.cogvideox.tokenizer;
    exports io.panatorch.cogvideox.transformer;
    exports io.panatorch.cogvideox.vae;
    exports io.panatorch.cogvideox.video;

    opens io.panatorch.cogvideox.cli to info.picocli;
}
