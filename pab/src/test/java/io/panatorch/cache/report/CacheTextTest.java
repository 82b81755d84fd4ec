package io.panatorch.cache.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("pure")
class CacheTextTest {

    @Test
    void kindsAndSitesUnderOneAnother() {
        assertThat(CacheText.of(Samples.small())).isEqualTo("""
                pab                computed  partial  reused     took    saved  held now  at the peak  let go
                spatial attention         3        1       4  2.150 s  1.850 s   2.0 KiB      4.0 KiB       2
                feed forward              3        0       0  1.500 s  0.000 s         0            0       0
                all                       6        1       4  3.650 s  1.850 s   2.0 KiB      4.0 KiB       2

                site           computed  partial  reused     took    saved  held now  at the peak  let go
                blocks.0.attn         1        1       2  0.950 s  1.050 s   1.0 KiB      2.0 KiB       0
                blocks.1.attn         2        0       2  1.200 s  0.800 s   1.0 KiB      2.0 KiB       2
                blocks.0.ff           3        0       0  1.500 s  0.000 s         0            0       0
                """);
    }

    @Test
    void changesAreShownWhereTheyWereMeasured() {
        assertThat(CacheText.of(Samples.measured())).isEqualTo("""
                pab                computed  reused     took    saved  change p50  change p90  change p99
                spatial attention         3       1  1.600 s  0.400 s      2.00 %      2.80 %      2.98 %
                all                       3       1  1.600 s  0.400 s      2.00 %      2.80 %      2.98 %

                site           computed  reused     took    saved  change p50  change p90  change p99
                blocks.0.attn         3       1  1.600 s  0.400 s      2.00 %      2.80 %      2.98 %
                """);
    }

    @Test
    void ofNothingThereAreHeadingsAlone() {
        assertThat(CacheText.of(Samples.statistics(List.of()))).isEqualTo("""
                pab  computed  reused
                all         0       0

                site  computed  reused
                """);
    }

    @Test
    void theWorkOfTheWholeModelIsTold() {
        assertThat(CacheText.of(Samples.statistics(List.of(), 0.626))).endsWith("""
                site  computed  reused

                computed work of the whole model: 63 %
                """);
    }

    @Test
    void bytesAreReadable() {
        assertThat(List.of(0L, 1L, 1024L, 1536L << 10, 5L << 30, 3L << 40).stream().map(CacheText::bytes))
                .containsExactly("0", "0.0 KiB", "1.0 KiB", "1.5 MiB", "5.0 GiB", "3072.0 GiB");
    }

    @Test
    void refusesARowThatDoesNotFit() {
        TextTable table = new TextTable(List.of("a", "b"));
        assertThatThrownBy(() -> table.row(List.of("1"))).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("table: expected 2 cells in a row, found 1");
    }
}
