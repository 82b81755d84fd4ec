package io.panatorch.cogvideox.compare;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cogvideox.CogVideoXPipeline;
import io.panatorch.cogvideox.StepEvent;
import io.panatorch.cogvideox.VideoRequest;
import io.panatorch.cogvideox.VideoResult;
import io.panatorch.cogvideox.quality.VideoQuality;
import io.panatorch.cogvideox.video.Frames;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Generates each prompt's video without a cache and with each setting in turn, so that whatever slows the machine down for a while
 * slows down all of them.
 */
public final class Comparison {

    private final CogVideoXPipeline pipeline;
    private final Listener listener;

    /** Is told how far it is. */
    public interface Listener {

        /**
         * A denoising step is done.
         *
         * @param run which of all generations, from 0
         * @param setting the setting's name
         */
        void step(int run, String setting, StepEvent step);

        /**
         * All videos of a prompt are there.
         *
         * @param videos by the names of the settings, the one without a cache first; valid during the call
         * @param trials in the same order
         */
        void prompt(int prompt, Map<String, Frames> videos, List<Trial> trials) throws IOException;
    }

    /** @param pipeline borrowed */
    public Comparison(CogVideoXPipeline pipeline, Listener listener) {
        this.pipeline = pipeline;
        this.listener = listener;
    }

    /**
     * Generates everything. One generation beforehand, for warmth, is the caller's.
     *
     * @param requests one for each prompt, of one video
     * @param settings besides that without a cache
     * @return how each did, that without a cache first
     * @throws IOException from the listener
     */
    public List<Standing> run(List<VideoRequest.Builder> requests, List<Setting> settings) throws IOException {
        List<Setting> all = new ArrayList<>(List.of(Setting.NONE));
        all.addAll(settings);
        Map<Setting, List<Trial>> trials = new LinkedHashMap<>();
        all.forEach(setting -> trials.put(setting, new ArrayList<>()));
        for (int i = 0; i < requests.size(); i++) {
            List<Trial> row = row(i, requests.get(i), all);
            for (int j = 0; j < row.size(); j++) {
                trials.get(all.get(j)).add(row.get(j));
            }
        }
        return trials.entrySet().stream().map(entry -> new Standing(entry.getKey(), entry.getValue())).toList();
    }

    private List<Trial> row(int prompt, VideoRequest.Builder request, List<Setting> settings) throws IOException {
        List<VideoResult> results = new ArrayList<>();
        try {
            List<Trial> trials = new ArrayList<>();
            Map<String, Frames> videos = new LinkedHashMap<>();
            for (Setting setting : settings) {
                int run = prompt * settings.size() + trials.size();
                VideoResult result = generate(request, setting.method(), step -> listener.step(run, setting.name(), step));
                results.add(result);
                trials.add(new Trial(result.seconds().get("denoise"),
                        VideoQuality.of(results.getFirst().frames(), result.frames()), result.cache()));
                videos.put(setting.name(), result.pictures(0));
            }
            listener.prompt(prompt, videos, trials);
            return trials;
        } finally {
            results.forEach(VideoResult::close);
        }
    }

    private VideoResult generate(
            VideoRequest.Builder request, CacheMethod method, Consumer<StepEvent> onStep) {
        return pipeline.generate(request.cache(method).onStep(onStep).build());
    }
}
