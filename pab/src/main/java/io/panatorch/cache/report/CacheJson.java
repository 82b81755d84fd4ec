package io.panatorch.cache.report;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.panatorch.cache.CacheStatistics;
import io.panatorch.cache.CacheStatistics.KindStatistics;
import io.panatorch.cache.CacheStatistics.SiteStatistics;
import io.panatorch.cache.HeldBytes;
import io.panatorch.cache.VisitCounts;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;

/**
 * Statistics as a JSON object, with every number of {@link CacheStatistics} under its name; what is not a number there is
 * {@code null}. {@code computed_work} is of all; {@code kinds} has an object for each kind of site and {@code sites} one for each
 * site, both in order.
 *
 * <p>A site has lists with a place for each step: {@code decisions} (a text of letters), {@code seconds} and {@code changes}. All
 * objects have {@code computed}, {@code partial}, {@code reused}, {@code total_seconds}, {@code seconds_saved}, the bytes held,
 * {@code evictions}, and percentiles of the changes.
 */
public final class CacheJson {

    private static final List<Integer> PERCENTILES = List.of(50, 90, 99);

    private CacheJson() {}

    /** {@return the object, in one line} */
    public static String of(CacheStatistics statistics) {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = new JsonFactory().createGenerator(text)) {
            json.writeStartObject();
            json.writeStringField("method", statistics.method());
            counts(json, statistics);
            number(json, "computed_work", statistics.computedWork());
            json.writeArrayFieldStart("kinds");
            for (KindStatistics kind : statistics.kinds()) {
                kind(json, kind);
            }
            json.writeEndArray();
            json.writeArrayFieldStart("sites");
            for (SiteStatistics site : statistics.sites()) {
                site(json, site);
            }
            json.writeEndArray();
            json.writeEndObject();
        } catch (IOException e) { // which writing to memory does not throw
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }

    private static void kind(JsonGenerator json, KindStatistics kind) throws IOException {
        json.writeStartObject();
        json.writeStringField("kind", kind.kind().name().toLowerCase(Locale.ROOT));
        json.writeNumberField("sites", kind.sites().size());
        counts(json, kind);
        json.writeEndObject();
    }

    private static void site(JsonGenerator json, SiteStatistics site) throws IOException {
        json.writeStartObject();
        json.writeStringField("name", site.site().name());
        json.writeStringField("branch", site.branch().name().toLowerCase(Locale.ROOT));
        json.writeStringField("kind", site.site().kind().name().toLowerCase(Locale.ROOT));
        json.writeNumberField("layer", site.site().layer());
        json.writeStringField("decisions", site.decisions());
        counts(json, site);
        numbers(json, "seconds", site.seconds());
        numbers(json, "changes", site.changes());
        numbers(json, "compared", site.compared());
        json.writeEndObject();
    }

    private static void counts(JsonGenerator json, VisitCounts counts) throws IOException {
        json.writeNumberField("computed", counts.computed());
        json.writeNumberField("partial", counts.partial());
        json.writeNumberField("reused", counts.reused());
        number(json, "total_seconds", counts.totalSeconds());
        number(json, "seconds_saved", counts.secondsSaved());
        HeldBytes bytes = counts.bytes();
        json.writeNumberField("bytes_now", bytes.now());
        json.writeNumberField("bytes_peak", bytes.peak());
        json.writeNumberField("bytes_offloaded", bytes.offloaded());
        json.writeNumberField("bytes_offloaded_peak", bytes.offloadedPeak());
        json.writeNumberField("evictions", counts.sites().stream().mapToInt(SiteStatistics::evictions).sum());
        for (int percent : PERCENTILES) {
            number(json, "change_p" + percent, counts.changePercentile(percent));
        }
    }

    private static void numbers(JsonGenerator json, String name, List<Double> numbers) throws IOException {
        json.writeArrayFieldStart(name);
        for (double number : numbers) {
            number(json, number);
        }
        json.writeEndArray();
    }

    private static void number(JsonGenerator json, String name, double number) throws IOException {
        json.writeFieldName(name);
        number(json, number);
    }

    private static void number(JsonGenerator json, double number) throws IOException {
        if (Double.isFinite(number)) {
            json.writeNumber(number);
        } else {
            json.writeNull();
        }
    }
}
