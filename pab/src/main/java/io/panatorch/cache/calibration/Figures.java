package io.panatorch.cache.calibration;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.calibration.Evaluator.Trial;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;

/**
 * How close a method's generations are to those without a cache, and how much faster they are made.
 *
 * @param psnr the mean of the prompts' peak signal-to-noise ratios, as {@link #meanPsnr}
 * @param worstPsnr the lowest of them
 * @param psnrError the standard error of that mean: by so much, about, the mean over other prompts differs; 0 of a single prompt
 * @param speedUp the time of the denoising without a cache over that with it, a pair for each prompt
 * @param reused how many attentions and MLPs were not computed in a generation: the mean
 */
public record Figures(double psnr, double worstPsnr, double psnrError, SpeedUp speedUp, double reused) {

    /**
     * Generates for each prompt without a cache and with the methods, one after the other, so that what else a machine is doing
     * meets them alike.
     *
     * @return one for each method, in their order
     */
    public static List<Figures> measure(List<String> prompts, Evaluator evaluator, List<? extends CacheMethod> methods) {
        List<Trial> without = new ArrayList<>();
        List<List<Trial>> with = methods.stream().map(_ -> (List<Trial>) new ArrayList<Trial>()).toList();
        for (String prompt : prompts) {
            without.add(evaluator.run(prompt, CacheMethod.none()));
            for (int i = 0; i < methods.size(); i++) {
                with.get(i).add(evaluator.run(prompt, methods.get(i)));
            }
        }
        return with.stream().map(trials -> of(without, trials)).toList();
    }

    static Figures of(List<Trial> without, List<Trial> with) {
        List<Double> ratios = new ArrayList<>();
        double reused = 0;
        for (int i = 0; i < with.size(); i++) {
            ratios.add(without.get(i).seconds() / with.get(i).seconds());
            reused += with.get(i).statistics().reused();
        }
        double mean = meanPsnr(with.stream().mapToDouble(Trial::psnr));
        return new Figures(mean, with.stream().mapToDouble(Trial::psnr).min().orElseThrow(), standardError(with, mean),
                SpeedUp.of(ratios), reused / with.size());
    }

    /**
     * {@return the mean of peak signal-to-noise ratios in decibels, over the videos that differ from those that they are compared with;
     * infinity where none does}
     *
     * <p>Equal videos have an infinite one each, with which the mean would tell nothing of the others.
     */
    public static double meanPsnr(DoubleStream psnrs) {
        return psnrs.filter(Double::isFinite).average().orElse(Double.POSITIVE_INFINITY);
    }

    private static double standardError(List<Trial> trials, double mean) {
        double[] finite = trials.stream().mapToDouble(Trial::psnr).filter(Double::isFinite).toArray();
        if (finite.length < 2) {
            return 0;
        }
        double squares = Arrays.stream(finite).map(psnr -> Math.pow(psnr - mean, 2)).sum();
        return Math.sqrt(squares / (finite.length - 1) / finite.length);
    }
}
