package io.panatorch.cogvideox.compare;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cogvideox.CogVideoXPipeline;
import io.panatorch.cogvideox.StepEvent;
import io.panatorch.cogvideox.VideoRequest;
import io.panatorch.cogvideox.VideoResult;
import io.panatorch.cogvideox.quality.VideoQuality;
import io.panatorch.cogvideox.video.Frames;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
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

    private static final System.Logger LOGGER = System.getLogger(Comparison.class.getName());

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
         * All videos of a prompt are there, as often as they are made.
         *
         * @param videos those made first, by the names of the settings, the one without a cache first; valid during the call
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
     * Generates everything. One generation beforehand, for warmth, is the caller's. Where a prompt's videos are made several times,
     * each time all settings take their turn; a warning is logged where one comes out otherwise than before.
     *
     * @param requests one for each prompt, of one video
     * @param settings besides that without a cache
     * @param repeats how often each video is made; 1 or more
     * @return how each did, that without a cache first
     * @throws IOException from the listener
     */
    public List<Standing> run(List<VideoRequest.Builder> requests, List<Setting> settings, int repeats) throws IOException {
        List<Setting> all = new ArrayList<>(List.of(Setting.NONE));
        all.addAll(settings);
        Map<Setting, List<Trial>> trials = new LinkedHashMap<>();
        all.forEach(setting -> trials.put(setting, new ArrayList<>()));
        for (int i = 0; i < requests.size(); i++) {
            List<Trial> row = row(i, requests.get(i), all, repeats);
            for (int j = 0; j < row.size(); j++) {
                trials.get(all.get(j)).add(row.get(j));
            }
        }
        return trials.entrySet().stream().map(entry -> new Standing(entry.getKey(), entry.getValue())).toList();
    }

    private List<Trial> row(int prompt, VideoRequest.Builder request, List<Setting> settings, int repeats) throws IOException {
        List<VideoResult> firsts = new ArrayList<>();
        try {
            List<List<Double>> seconds = settings.stream().<List<Double>>map(_ -> new ArrayList<>()).toList();
            for (int repeat = 0; repeat < repeats; repeat++) {
                for (int i = 0; i < settings.size(); i++) {
                    Setting setting = settings.get(i);
                    int run = (prompt * repeats + repeat) * settings.size() + i;
                    VideoResult result = generate(request, setting.method(), step -> listener.step(run, setting.name(), step));
                    seconds.get(i).add(result.seconds().get("denoise"));
                    if (repeat == 0) {
                        firsts.add(result);
                    } else {
                        closeAfterCheck(result, firsts.get(i), setting);
                    }
                }
            }
            List<Trial> trials = new ArrayList<>();
            Map<String, Frames> videos = new LinkedHashMap<>();
            for (VideoResult first : firsts) {
                int i = trials.size();
                trials.add(new Trial(seconds.get(i), VideoQuality.of(firsts.getFirst().frames(), first.frames()), first.cache()));
                videos.put(settings.get(i).name(), first.pictures(0));
            }
            listener.prompt(prompt, videos, trials);
            return trials;
        } finally {
            firsts.forEach(VideoResult::close);
        }
    }

    /** What differs is told and no more: hours of work may be in the figures, which hold for what was made first. */
    private static void closeAfterCheck(VideoResult again, VideoResult first, Setting setting) {
        try (again; TensorScope _ = TensorScope.open()) {
            Tensor difference = again.frames().sub(first.frames());
            if (difference.mul(difference).mean().item() != 0) {
                LOGGER.log(System.Logger.Level.WARNING, "setting {0}: the same request gave another video when it was made again;"
                        + " PSNR and SSIM are of the first", setting.name());
            }
        }
    }

    private VideoResult generate(
            VideoRequest.Builder request, CacheMethod method, Consumer<StepEvent> onStep) {
        return pipeline.generate(request.cache(method).onStep(onStep).build());
    }
}
