package io.panatorch.cogvideox.cli;

import static io.panatorch.cogvideox.cli.Run.tiny;
import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.cogvideox.Golden;
import io.panatorch.safetensors.Safetensors;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.Shape;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What cannot work ends with one line on standard error, the right exit status, and nothing written. */
@Tag("cpu")
class BadInputTest {

    @TempDir
    Path folder;

    /** Arguments after a prompt and an output; the message without its prefix. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
        --steps 0                  | --steps: expected 1 or more, found 0
        --steps 1001               | --steps: expected 1 to 1000 (num_train_timesteps), found 1001
        --steps many               | Invalid value for option '--steps': 'many' is not an int; see panatorch generate --help
        --height 50                | --height, --width: expected multiples of 16 (the model's patches), such as 48 × 64, found 50 × 64
        --width 72                 | --height, --width: expected multiples of 16 (the model's patches), such as 48 × 80, found 48 × 72
        --height -16               | --height: expected 1 or more, found -16
        --frames 10                | --frames: expected a number that the model makes, the nearest are 9 and 16, found 10
        --frames 2147483647        | --frames: expected a number that the model makes, the nearest are 2147483641 and \
        2147483648, found 2147483647
        --frames 2147483641        | --frames, --height, --width: expected at most 44739242 patches, found 6442450932
        --height 1073741824        | --height, --width: expected pictures of at most 536870909 pixels, found 68719476736
        --frames 0                 | --frames: expected 1 or more, found 0
        --guidance-scale NaN       | --guidance-scale: expected a finite number, found NaN
        --cache-report r.pdf       | --cache-report: expected a file that ends with .html or .txt, found r.pdf
        --fps 0                    | --fps: expected a number above 0, found 0.0
        --fps Infinity             | --fps: expected a number above 0, found Infinity
        --threads 0                | --threads: expected 1 to 1024, found 0
        --variant ../fp16          | --variant: expected a name of letters, digits, - and _, such as fp16, found '../fp16'
        --threads 1025             | --threads: expected 1 to 1024, found 1025
        --device meta              | Invalid value for option '--device': expected cpu, cuda or cuda:N, found 'meta'; see panatorch generate --help
        --device gpu               | Invalid value for option '--device': expected cpu, cuda or cuda:N, found 'gpu'; see panatorch generate --help
        --offload disk             | Invalid value for option '--offload': expected none, model, blocks or blocks=N, found 'disk'; see panatorch generate --help
        --offload blocks=-1        | Invalid value for option '--offload': expected none, model, blocks or blocks=N, found 'blocks=-1'; see panatorch generate --help
        --parallel all             | Invalid value for option '--parallel': expected none or guidance, found 'all'; see panatorch generate --help
        --quantize int4            | Invalid value for option '--quantize': expected none or int8, found 'int4'; see panatorch generate --help
        --dtype half               | Invalid value for option '--dtype': expected float32, bfloat16 or float16, also as PART=NAME of text_encoder, transformer and vae with commas between, each once, found 'half'; see panatorch generate --help
        --dtype vae=float32,vae=float16 | Invalid value for option '--dtype': expected float32, bfloat16 or float16, also as PART=NAME of text_encoder, transformer and vae with commas between, each once, found 'vae=float32,vae=float16'; see panatorch generate --help
        --prompt b --negative-prompt x --negative-prompt y --negative-prompt z | --negative-prompt: expected 1 or as \
        many as prompts (2), found 3
        --cache best               | Invalid value for option '--cache': expected none, pab, faster, first-block, \
        magcache, taylorseer, teacache or class:NAME, found 'best'; see panatorch generate --help
        --cache first-block --pab-spatial-skip 2 | --cache: expected pab with --pab-spatial-skip, found first-block
        --cache class:Nobody       | Invalid value for option '--cache': class:Nobody: expected a class on the class path, found none of \
        that name; see panatorch generate --help
        --cache class:java.lang.String | Invalid value for option '--cache': class:java.lang.String: expected a CacheMethod or a \
        CacheMethodFactory, found another class; see panatorch generate --help
        --cache none --cache-option threshold=1 | --cache-option threshold: expected no setting of none, found this key
        --cache-option threshold=1 | --cache-option threshold: expected one of preset, spatial-attention-block-skip-range, \
        spatial-attention-timestep-skip-range, temporal-attention-block-skip-range, temporal-attention-timestep-skip-range, \
        cross-attention-block-skip-range, cross-attention-timestep-skip-range, mlp-blocks, mlp-timesteps, mlp-skip-count, rules of pab, \
        found this key
        --cache-option mlp-skip-count=0 --pab-mlp-blocks 1 --pab-mlp-timesteps 1 | --cache-option mlp-skip-count: expected 1 or more, found 0
        --cache-option mlp-skip-count=2 --pab-mlp-skip 2 | --pab-mlp-skip: expected alone, found also --cache-option mlp-skip-count
        --cache-option rules=[] | --cache-option rules: expected an array of one object or more, found '[]'
        --cache faster --cache-option alpha-low-frequency=NaN | --cache-option alpha-low-frequency: expected a finite number, found 'NaN'
        --cache faster --cache-option attention-weight=half | --cache-option attention-weight: expected a finite number, found 'half'
        --cache faster --cache-option unconditional-batch-skip-range=0 | --cache-option unconditional-batch-skip-range: expected 1 or more, found 0
        --cache faster --cache-option spatial-attention-timestep-skip-range=5 | --cache-option \
        spatial-attention-timestep-skip-range: expected two whole numbers LO,HI, found '5'
        --cache faster --cache-option unconditional-batch-timestep-skip-range=641,-1 | --cache-option \
        unconditional-batch-timestep-skip-range: expected low < high, found 641, -1
        --cache first-block --cache-option treshold=1 | --cache-option treshold: expected one of threshold, first-blocks, last-blocks, forecast-order of \
        first-block, found this key
        --cache first-block --cache-option threshold=low | --cache-option threshold: expected a finite number, found 'low'
        --cache first-block --cache-option threshold=-1 | --cache-option threshold: expected a number of 0 or more, found -1.0
        --cache magcache           | --cache-option ratios: expected what a run with --cache magcache --cache-option calibrate=true \
        prints, found none
        --cache magcache --cache-option ratio=1 | --cache-option ratio: expected one of ratios, threshold, max-skip-steps, \
        retention-ratio, forecast-order of magcache, found this key
        --cache magcache --cache-option calibrate=yes | --cache-option calibrate: expected true, or no such option, found 'yes'
        --cache first-block --cache-option calibrate=true | --cache-option calibrate: expected a method that is calibrated so, found \
        first-block
        --cache taylorseer+magcache --cache-option calibrate=true | --cache-option calibrate: expected one method, found \
        taylorseer+magcache, of which the other would reuse while numbers are measured
        --cache magcache --cache-option ratios=1,x | --cache-option ratios: expected finite numbers, found '1,x'
        --cache taylorseer --cache-option max-order=-1 | --cache-option max-order: expected 0 or more, found -1
        --cache taylorseer --cache-option taylor-factors-dtype=int8 | --cache-option taylor-factors-dtype: expected \
        one of bfloat16, float16, float32, found 'int8'
        --cache-memory 2GB         | Invalid value for option '--cache-memory': expected bytes, such as 800000, \
        512KiB, 1.5MiB or 2GiB, found '2GB'; see panatorch generate --help
        --cache-overflow narrow    | --cache-overflow: expected together with --cache-memory, found alone
        --cache-memory 1 --cache-overflow offload | --cache-overflow: expected none or narrow where the CPU computes, \
        found offload, which moves tensors to the CPU
        --cache-memory 1 --cache-overflow wide | Invalid value for option '--cache-overflow': expected none, narrow \
        or offload, found 'wide'; see panatorch generate --help
        --cache none --pab-spatial-skip 2 | --cache: expected pab with --pab-spatial-skip, found none
        --cache none --pab-cross-range 1,2 | --cache: expected pab with --pab-cross-range, found none
        --cache teacache --cache-config r.json | --cache-config: expected without other options of the method, found --cache
        --cache-config r.json --cache-option a=1 | --cache-config: expected without other options of the method, found --cache-option
        --cache-config r.json --pab-cross-skip 2 | --cache-config: expected without other options of the method, found --pab-cross-skip
        --pab-preset cogvideo      | --pab-preset: expected one of cogvideox, open-sora, open-sora-plan-v110, open-sora-plan-v120, \
        latte, vchitect, found 'cogvideo'
        --pab-mlp-blocks 0,1       | --pab-mlp-blocks, --pab-mlp-timesteps: expected together, found one
        --pab-mlp-skip 3           | --pab-mlp-blocks, --pab-mlp-timesteps: expected together, found neither
        --pab-mlp-blocks 0 --pab-mlp-timesteps 500 --pab-mlp-skip 0 | --pab-mlp-skip: expected 1 or more, found 0
        --pab-spatial-skip 0       | --pab-spatial-skip: expected 1 or more, found 0
        --pab-cross-skip -1        | --pab-cross-skip: expected 1 or more, found -1
        --pab-temporal-range 1,2   | --pab-temporal-range: expected together with --pab-temporal-skip, found alone
        --pab-spatial-range 850,100 | --pab-spatial-range: expected low < high, found 850, 100
        --pab-spatial-range 100    | --pab-spatial-range: expected two whole numbers LO,HI, found '100'
        --pab-mlp-blocks 1,x       | --pab-mlp-blocks: expected whole numbers, found '1,x'
        --steps 5 --steps many     | Invalid value for option '--steps': 'many' is not an int; see panatorch generate --help
        --stpes 5                  | Unknown options: '--stpes', '5'; perhaps --steps was meant; see panatorch generate --help
        --cache magcache --cache-option calibrate=true --cache-option threshold=1 | --cache-option calibrate=true: expected \
        alone, found others with it, which a calibration does not use
        --output                   | Missing required parameter for option '--output' (FILE); see panatorch generate --help
        --unknown                  | Unknown option: '--unknown'; see panatorch generate --help
        """)
    void wrongUse(String options, String message) {
        String[] arguments = Stream.concat(
                Stream.of("--prompt", "a", "--output-latents", folder.resolve("l.safetensors").toString()),
                Stream.of(options.split(" "))).toArray(String[]::new);
        fails(2, message, tiny(arguments));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "\n\t"})
    void emptyPrompt(String prompt) {
        fails(2, "--prompt: expected words, found an empty text",
                tiny("--prompt", "a", "--prompt", prompt, "--output", at("a.gif")));
    }

    @Test
    void missingOptions() {
        fails(2, "Missing required subcommand; see panatorch --help");
        fails(2, "expected --prompt or --prompts, found neither", tiny("--output", at("a.mp4")));
        fails(2, "expected --output, --output-latents or --output-frames, found none of them",
                tiny("--prompt", "a", "--stats", at("s.json")));
    }

    @Test
    void aMisspelledPromptIsNamed() {
        fails(2, "Unknown options: '--promt', 'cat'; perhaps --prompt was meant; see panatorch generate --help", tiny("--promt", "cat", "--output", at("a.mp4")));
    }

    @Test
    void hintsNameTheHelpThatHasTheOption() {
        fails(2, "Unknown option: '--nonsense'; see panatorch compare --help", "compare", "--nonsense");
        fails(2, "Unmatched argument at index 0: 'generat'; perhaps generate was meant; see panatorch --help", "generat");
    }

    @ParameterizedTest
    @ValueSource(strings = {"generate --output", "generate --output-latents", "generate --output-frames", "generate --stats",
        "generate --cache-report", "generate --model", "generate --latents", "generate --prompts", "generate --cache-config",
        "compare --output", "compare --stats", "compare --prompts", "calibrate --output", "calibrate --report",
        "calibrate --check-prompts"})
    void aDashIsNoFile(String use) {
        String[] words = use.split(" ");
        fails(2, "Invalid value for option '" + words[1] + "': expected a path, found -, which is not standard input or output here;"
                + " a file of that name is ./-; see panatorch " + words[0] + " --help", words[0], words[1], "-");
    }

    @Test
    void fileOfPrompts() throws IOException {
        Path prompts = Files.createFile(folder.resolve("prompts.txt"));
        for (String content : new String[] {"", "\n \r\n", "\ufeff\n"}) {
            Files.writeString(prompts, content);
            fails(1, prompts + ": expected a prompt in each line, found no text", notLoaded("--prompts", prompts.toString()));
        }
        Files.write(prompts, new byte[] {'a', (byte) 0xfc});
        fails(1, prompts + ": byte 1: expected text in UTF-8, found other bytes; save it in UTF-8",
                notLoaded("--prompts", prompts.toString()));
        fails(1, folder + ": expected a list of prompts, found a folder", notLoaded("--prompts", folder.toString()));
        fails(1, at("none") + ": does not exist", notLoaded("--prompts", at("none")));
        Files.writeString(prompts, "b\nc\n");
        Path third = Files.createDirectory(folder.resolve("l-3"));
        fails(1, third + ": is not a regular file; choose another path",
                notLoaded("--prompts", prompts.toString(), "--output-latents", at("l")));
        fails(2, "--negative-prompt: expected 1 or as many as prompts (3), found 2",
                notLoaded("--prompts", prompts.toString(), "--negative-prompt", "x", "--negative-prompt", "y"));
    }

    @Test
    void outputsThatLinksMakeOneFile() throws IOException {
        Path old = Files.writeString(folder.resolve("old"), "old");
        Path link = Files.createSymbolicLink(folder.resolve("link"), Path.of("old"));
        Path dangling = Files.createSymbolicLink(folder.resolve("dangling.html"), Path.of("new.html"));
        fails(2, link + ": expected a file for each output, found it named twice",
                notLoaded("--output-latents", old.toString(), "--stats", link.toString()));
        fails(2, dangling + ": expected a file for each output, found it named twice",
                notLoaded("--output-latents", at("new.html"), "--cache-report", dangling.toString()));
        fails(2, dangling + ": expected a file for each output, found it named twice",
                "compare", "--prompt", "a", "--stats", at("new.html"), "--output", dangling.toString());
        fails(2, dangling + ": expected a file for each output, found it named twice", "calibrate", "--prompt", "a", "--prompt", "b",
                "--output", at("new.html"), "--report", dangling.toString());
        assertThat(old).hasContent("old");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--output", "--output-latents", "--output-frames", "--stats", "--model", "--latents"})
    void emptyPath(String option) {
        String message = "Invalid value for option '" + option + "': expected a path, found an empty text;"
                + " see panatorch generate --help";
        fails(2, message, "generate", "--prompt", "a", option, "");
        fails(2, message, "generate", "--prompt", "a", option + "=");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--output", "--output-latents", "--output-frames", "--stats"})
    void outputsAreCheckedBeforeAnythingIsLoaded(String option) throws IOException {
        String inMissing = at("missing/file");
        String message = inMissing + ": the folder " + at("missing") + " does not exist; create it or choose another path";
        String other = option.equals("--output") ? "--output-latents=" + at("l") : "--output=" + at("frames");
        fails(1, message, notLoaded(option, inMissing, other));

        Path file = Files.createFile(folder.resolve("file"));
        String below = file.resolve("x").toString();
        assertThat(Run.of(notLoaded(option, below, other))).satisfies(run -> {
            assertThat(run.status()).isEqualTo(1);
            assertThat(run.err()).startsWith("panatorch: " + below + ": ").hasLineCount(1);
        });
        Files.delete(file);
    }

    /** With a model that would be the next thing to fail. */
    private String[] notLoaded(String... options) {
        return Stream.concat(Stream.of("generate", "--model", at("no-model"), "--prompt", "a"), Stream.of(options))
                .toArray(String[]::new);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "a.gif | 60     | .gif takes 0.0016 to 50 frames per second, as its pictures stand for 2/100 to 65535/100 s each, not 60.0",
        "a.gif | 0.0005 | .gif takes 0.0016 to 50 frames per second, as its pictures stand for 2/100 to 65535/100 s each, not 5.0E-4",
        "a.mp4 | 1e9    | .mp4 takes 0.01 to 1000 frames per second, not 1.0E9",
        "a.mp4 | 1e-9   | .mp4 takes 0.01 to 1000 frames per second, not 1.0E-9"})
    void ratesThatTheFormatCannotHold(String name, String fps, String message) {
        fails(2, at(name) + ": " + message + "; choose another rate or a folder", notLoaded("--output", at(name), "--fps", fps));
    }

    @Test
    void aFolderWithTheEndingOfAFileIsNotFilled() throws IOException {
        Path target = Files.createDirectory(folder.resolve("d.mp4"));
        fails(1, target + ": is not a regular file; choose another path", notLoaded("--output", target.toString()));
        Files.delete(target);
    }

    @Test
    void outputsThatCannotBe() throws IOException {
        fails(2, at("a.webm") + ": unknown ending .webm; possible are .mp4, .gif, and no ending for a folder of PNG files",
                notLoaded("--output", at("a.webm")));
        Files.createDirectory(folder.resolve("x"));
        fails(2, at("x/../l") + ": expected a file for each output, found it named twice",
                notLoaded("--output-latents", at("l"), "--stats", at("x/../l")));
        fails(1, folder + ": is not a regular file; choose another path",
                notLoaded("--output-latents", at("l"), "--stats", folder.toString()));
    }

    @Test
    void modelsThatCannotBeRead() throws IOException {
        fails(1, at("no-model") + ": the folder does not exist", notLoaded("--output", at("frames")));
        Files.createDirectory(folder.resolve("no-model"));
        fails(1, at("no-model") + ": has no model_index.json, expected a diffusers directory", notLoaded("--output", at("frames")));

        Path model = copyOfModel();
        fails(1, model + ": has no weights of the variant fp16; ask for none, or fetch them",
                Stream.concat(Stream.of(withModel(model)), Stream.of("--variant", "fp16")).toArray(String[]::new));
        Path weights = model.resolve("transformer/diffusion_pytorch_model.safetensors");
        byte[] whole = Files.readAllBytes(weights);
        Files.write(weights, new byte[0]);
        Run run = Run.of(withModel(model));
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.err()).startsWith("panatorch: " + weights + ": ").hasLineCount(1);

        Files.write(weights, Arrays.copyOf(whole, whole.length - 4));
        run = Run.of(withModel(model));
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.err()).startsWith("panatorch: " + weights + ": ").hasLineCount(1);

        Files.writeString(model.resolve("model_index.json"), "{\"_class_name\": \"LattePipeline\"}");
        run = Run.of(withModel(model));
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.err()).startsWith("panatorch: " + model.resolve("model_index.json") + ": _class_name: ")
                .contains("CogVideoXPipeline", "LattePipeline").hasLineCount(1);
    }

    @Test
    void aConfigurationThatNoMemoryHolds() throws IOException {
        Path model = copyOfModel();
        Path config = model.resolve("transformer/config.json");
        String text = Files.readString(config);
        Files.writeString(config, text.replaceFirst("(\"max_text_seq_length\": )\\d+", "$1" + Integer.MAX_VALUE));
        fails(1, config + ": max_text_seq_length: expected a whole number from 1 to 32767, found 2147483647", withModel(model));
    }

    @Test
    void aGpuThatIsNotThere() {
        Run run = Run.of(tiny("--prompt", "a", "--device", "cuda:99", "--output-latents", at("l.safetensors")));
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.err()).startsWith("panatorch: --device: cuda:99 is not there: ").hasLineCount(1);
    }

    private String[] withModel(Path model) {
        return new String[] {"generate", "--model", model.toString(), "--prompt", "a", "--output-latents", at("l.safetensors")};
    }

    private Path copyOfModel() throws IOException {
        Path source = Golden.folder("t2v-2b").resolve("pipeline");
        Path target = folder.resolve("model");
        try (Stream<Path> files = Files.walk(source)) {
            for (Path file : files.toList()) {
                Files.copy(file, target.resolve(source.relativize(file).toString()));
            }
        }
        return target;
    }

    @Test
    void adaptersThatDoNotFit() throws IOException {
        String file = at("lora.safetensors");
        fails(1, file + ": does not exist", adapted(file + "=0.5"));
        fails(1, at("lr=1e-4/x") + ": does not exist", adapted(at("lr=1e-4/x")));
        fails(2, "Invalid value for option '--lora' (FILE[=SCALE]): expected FILE or FILE=SCALE with a finite number, found '" + file
                + "=NaN'; see panatorch generate --help", adapted(file + "=NaN"));
        fails(2, "Invalid value for option '--lora' (FILE[=SCALE]): expected a path, found an empty text; see panatorch generate --help",
                adapted("=1"));

        String key = "transformer.proj_out.lora_B.weight";
        save(file, key, 16, 2);
        fails(1, file + ": tensor '" + key + "' is alone, expected also the lora_A of its layer; the file is not whole", adapted(file));
        Path other = Golden.folder("lora/t2v-5b").resolve("ranks.safetensors");
        Run run = Run.of(adapted(other.toString()));
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.err()).startsWith("panatorch: " + other + ": tensor 'transformer.").contains("for another model").hasLineCount(1);
    }

    private static void save(String file, String name, long... shape) throws IOException {
        try (var _ = TensorScope.open()) {
            Safetensors.save(Path.of(file), Map.of(name, Tensor.zeros(Shape.of(shape), DType.FLOAT32, Device.CPU)), Map.of());
        }
    }

    private String[] adapted(String lora) {
        return tiny("--prompt", "a", "--lora", lora, "--output-latents", at("l.safetensors"));
    }

    @Test
    void latentsThatDoNotFit() throws IOException {
        String file = at("noise.safetensors");
        fails(1, file + ": does not exist", latents(file));

        save("other", Tensor::of, 1, 3, 4, 6, 8);
        fails(1, file + ": expected a tensor \"latents\" [batch, frames, channels, height, width], found [other]", latents(file));

        save("latents", Tensor::of, 1, 3, 4, 8, 6);
        fails(2, "--latents: expected floating-point numbers of shape [1, 3, 4, 6, 8] [batch, frames, channels, height, width] for"
                + " this request, found [1, 3, 4, 8, 6] float32 cpu", latents(file));

        save("latents", (values, shape) -> Tensor.of(new long[values.length], shape), 1, 3, 4, 6, 8);
        fails(1, file + ": tensor \"latents\": expected a floating-point dtype, found int64", latents(file));

        Files.writeString(folder.resolve("noise.safetensors"), "not a safetensors file");
        Run run = Run.of(latents(file));
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.err()).startsWith("panatorch: " + file + ": ").hasLineCount(1);
    }

    @FunctionalInterface
    private interface Maker {
        Tensor make(float[] values, long... shape);
    }

    private void save(String name, Maker maker, long... shape) throws IOException {
        int count = 1;
        for (long size : shape) {
            count *= (int) size;
        }
        try (var _ = TensorScope.open()) {
            Safetensors.save(folder.resolve("noise.safetensors"), Map.of(name, maker.make(new float[count], shape)), Map.of());
        }
    }

    @Test
    void numbersThatAreNoneEndItUnlessTheyAreAllowed() throws IOException {
        String file = at("noise.safetensors");
        save("latents", (values, shape) -> {
            values[17] = Float.NaN;
            return Tensor.of(values, shape);
        }, 1, 3, 4, 6, 8);
        fails(1, "the given latents are not finite", latents(file));
        assertThat(folder.resolve("f.safetensors")).doesNotExist();

        List<String> allowed = new ArrayList<>(List.of(latents(file)));
        allowed.addAll(List.of("--allow-non-finite", "--output", at("frames")));
        Run run = Run.of(allowed.toArray(String[]::new));
        assertThat(run.err()).isEqualTo("panatorch: warning: the given latents are not finite\n");
        assertThat(run.status()).isZero();
        assertThat(folder.resolve("f.safetensors")).exists();
        assertThat(folder.resolve("frames")).isNotEmptyDirectory();
    }

    private String[] latents(String file) {
        return tiny("--prompt", "a", "--latents", file, "--output-frames", at("f.safetensors"));
    }

    /** Also: nothing on standard output, and nothing written. */
    private void fails(int status, String message, String... arguments) {
        List<Path> before = files();
        assertThat(Run.of(arguments)).isEqualTo(new Run(status, "", "panatorch: " + message + "\n"));
        assertThat(files()).isEqualTo(before);
    }

    private List<Path> files() {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.sorted().toList();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private String at(String name) {
        return folder.resolve(name).toString();
    }
}
