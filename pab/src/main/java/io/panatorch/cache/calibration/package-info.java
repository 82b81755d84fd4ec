/**
 * Finds settings of a caching method for a model by measuring: {@link io.panatorch.cache.calibration.PabCalibration} those of
 * Pyramid Attention Broadcast.
 *
 * <pre>{@code
 * Calibration found = new PabCalibration(CalibrationOptions.of(30)).calibrate(prompts, evaluator);
 * CacheMethod method = found.method();
 * Figures unseen = Figures.measure(otherPrompts, evaluator, method);
 * }</pre>
 *
 * <p>What is measured comes from an {@link io.panatorch.cache.calibration.Evaluator}, which the model's side implements: it makes
 * a video with a method and compares it with the video without one.
 */
package io.panatorch.cache.calibration;
