package io.panatorch.cogvideox.cli;

import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.panatorch.cache.settings.CacheConfig;
import io.panatorch.cache.settings.MethodChoice;
import io.panatorch.cogvideox.config.Fingerprint;
import io.panatorch.cogvideox.video.VideoMetadata;
import io.panatorch.device.LibtorchInfo;
import io.panatorch.io.FileContent;
import io.panatorch.json.JsonFile;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Path;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/** All that is needed to make a generation's videos again. A video carries it as JSON, and the statistics as an object. */
final class Recipe {

    /** Of ASCII alone, so that no reader of a video's texts can get a prompt wrong. */
    private static final JsonMapper JSON = JsonMapper.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

    private static final Set<Class<?>> CACHE_OPTIONS = Set.of(CacheOptions.class, CacheMemoryOptions.class, PabOptions.class);
    private static final Set<Class<?>> REQUEST_OPTIONS = Set.of(RequestOptions.class, SourceOptions.class);
    private static final String CACHE = "--cache";
    private static final String CACHE_CONFIG = "--cache-config";
    private static final int MAX_CONFIG_BYTES = 16 << 20;

    private final ObjectNode json;
    private final List<String> prompts;

    private Recipe(ObjectNode json, List<String> prompts) {
        this.json = json;
        this.prompts = prompts;
    }

    /**
     * Collects what the options say.
     *
     * @param prompts of each video
     * @param negativePrompts none, one, or one for each video
     * @param videosPerPrompt how many follow one another that are of one prompt; they are encoded together, which another number
     *     of prompts rounds differently on some processors
     * @param latents where the initial noise was read from, or null
     */
    static Recipe of(List<String> prompts, List<String> negativePrompts, int videosPerPrompt, Path latents, ModelOptions model,
            RequestOptions video, OutputOptions outputs, RankOptions ranks, ParseResult command) throws IOException {
        ObjectNode json = JSON.createObjectNode();
        once(prompts, videosPerPrompt).forEach(json.putArray("prompts")::add);
        boolean isOne = negativePrompts.size() == 1;
        once(negativePrompts, isOne ? 1 : videosPerPrompt).forEach(json.putArray("negative_prompts")::add);
        json.put("videos_per_prompt", videosPerPrompt);
        json.put("seed", video.seed());
        json.put("initial_latents", latents == null ? null : latents.toString());
        json.put("steps", video.steps());
        json.put("guidance_scale", video.guidanceScale());
        json.put("width", video.width(model.description()));
        json.put("height", video.height(model.description()));
        json.put("frames", video.frames(model.description()));
        json.put("fps", outputs.fps(model.description().fps()));
        json.set("options", given(command, REQUEST_OPTIONS));
        ObjectNode inputs = json.putObject("inputs");
        for (Path input : video.inputs()) {
            inputs.put(input.toString(), Fingerprint.ofInput(input));
        }
        if (latents != null) {
            inputs.put(latents.toString(), Fingerprint.ofInput(latents));
        }
        json.set("model", model.identity());
        json.put("threads", LibtorchInfo.threads());
        json.put("parallel", ranks.parallel());
        json.set("cache", cache(command));
        json.put("command", Machine.command(command.originalArgs()));
        json.set("versions", Report.versions());
        json.put("date", OffsetDateTime.now().truncatedTo(ChronoUnit.SECONDS).toString());
        return new Recipe(json, prompts);
    }

    private static List<String> once(List<String> repeated, int times) {
        return IntStream.range(0, repeated.size() / times).mapToObj(i -> repeated.get(i * times)).toList();
    }

    /**
     * The options that were given, as {@code generate} takes them; what is in their file, which may be another one later; and
     * fingerprints of classes of a method that is not one of this program.
     */
    private static ObjectNode cache(ParseResult command) throws IOException {
        ObjectNode cache = JSON.createObjectNode();
        ArrayNode options = given(command, CACHE_OPTIONS);
        cache.set("options", options);
        List<Path> code = List.of();
        if (command.hasMatchedOption(CACHE_CONFIG)) {
            Path config = command.matchedOption(CACHE_CONFIG).getValue();
            cache.set("config", JsonFile.parseOwn(config, FileContent.read(config, MAX_CONFIG_BYTES, "a cache configuration")));
            code = CacheConfig.read(config).choice().code();
        } else if (command.hasMatchedOption(CACHE)) {
            MethodChoice choice = command.matchedOption(CACHE).getValue();
            code = choice.code();
        } else {
            options.insert(0, CACHE + "=pab");
        }
        if (!code.isEmpty()) {
            ObjectNode classes = cache.putObject("classes");
            for (Path place : code) {
                classes.put(place.toString(), Fingerprint.ofInput(place));
            }
        }
        return cache;
    }

    /** The options of some classes that were given, as the command takes them. */
    private static ArrayNode given(ParseResult command, Set<Class<?>> classes) {
        ArrayNode options = JSON.createArrayNode();
        for (OptionSpec option : command.matchedOptionsSet()) {
            if (option.userObject() instanceof Field field && classes.contains(field.getDeclaringClass())) {
                String name = option.longestName();
                if (option.arity().max() == 0) {
                    options.add(name);
                } else {
                    option.originalStringValues().forEach(value -> options.add(name + "=" + value));
                }
            }
        }
        return options;
    }

    /** {@return it as an object} */
    ObjectNode json() {
        return json;
    }

    /** {@return what the file of one of the videos carries: its prompt, and all of this} */
    VideoMetadata metadata(int index) throws IOException {
        ObjectNode all = json.deepCopy();
        if (prompts.size() > 1) {
            all.put("video", index + 1);
        }
        return new VideoMetadata(prompts.get(index), JSON.writeValueAsString(all));
    }
}
