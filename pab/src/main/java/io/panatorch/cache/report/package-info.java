/**
 * What a session did, for people and programs: {@link io.panatorch.cache.report.CacheText} is a table for a terminal,
 * {@link io.panatorch.cache.report.CacheJson} has every number, and {@link io.panatorch.cache.report.CachePictures} draws layers
 * by steps.
 *
 * <pre>{@code
 * CacheStatistics statistics = result.cache();
 * System.out.println(CacheText.of(statistics));
 * Files.writeString(Path.of("decisions.svg"), CachePictures.decisions(statistics, Theme.LIGHT));
 * }</pre>
 *
 * <p>Statistics can be taken while a generation runs, so all of these can be made at any step.
 */
package io.panatorch.cache.report;
