package io.panatorch.cogvideox.html;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.panatorch.cogvideox.html.HtmlPage.Cell;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("pure")
class HtmlPageTest {

    @Test
    void textIsShownAsItIs() {
        String html = new HtmlPage("a < b & \"c\"").lead("<1>").heading("<2>").subheading("<3>").paragraph("<4>").code("<5>")
                .facts(Map.of("<6>", "<7>")).table(List.of("<8>"), List.of(List.of(Cell.of("<9>"))))
                .picture(new byte[20], new byte[20], "\"<10>").video(new byte[0], "<11>").html();

        assertThat(html).contains("<title>a &lt; b &amp; &quot;c&quot;</title>", "<h1>a &lt; b &amp; &quot;c&quot;</h1>",
                "alt=\"&quot;&lt;10&gt;\"").doesNotContainPattern("<\\d").doesNotContain("@body@", "@title@");
        for (int i = 1; i <= 11; i++) {
            assertThat(html).contains("&lt;" + i + "&gt;");
        }
    }

    @Test
    void picturesAndVideosAreInside() {
        byte[] light = new byte[21];
        light[19] = 64; // the width of a PNG file
        byte[] dark = light.clone();
        dark[20] = 1;
        String html = new HtmlPage("t").picture(light, dark, "p").video(new byte[] {3}, "v").html();
        assertThat(html).contains("<img width=\"32\" alt=\"p\" src=\"data:image/png;base64,AAAAAAAAAAAAAAAAAAAAAAAAAEAA\"",
                "srcset=\"data:image/png;base64,AAAAAAAAAAAAAAAAAAAAAAAAAEAB\"", "src=\"data:video/mp4;base64,Aw==\"");
        assertThat(html).as("nothing is loaded").doesNotContainPattern("(?i)https?:|url\\(|<script|<link|@import");
    }

    @Test
    void cellsHaveBarsAndTheBestIsMarked() {
        String html = new HtmlPage("t").table(List.of("name", "a", "b", "c"), List.of(List.of(Cell.of("n"), Cell.of("1"),
                new Cell("2", 0.25, false), new Cell("3", 7, true)))).html();
        assertThat(html).contains("<th scope=\"row\">n</th><td>1</td><td style=\"--part:25.0%\" class=\"bar\">2</td>"
                + "<td style=\"--part:100.0%\" class=\"bar\"><b>3</b></td>");
    }

    @Test
    void refusesARowThatDoesNotFit() {
        HtmlPage page = new HtmlPage("t");
        assertThatThrownBy(() -> page.table(List.of("a", "b"), List.of(List.of(Cell.of("1")))))
                .isInstanceOf(IllegalArgumentException.class).hasMessage("table: expected 2 cells in a row, found 1");
    }

    @Test
    void isWrittenAsUtf8(@TempDir Path folder) throws Exception {
        HtmlPage page = new HtmlPage("häßlich ≠ schön");
        page.write(folder.resolve("p.html"));
        assertThat(Files.readString(folder.resolve("p.html"))).isEqualTo(page.html()).contains("häßlich ≠ schön");
        assertThat(folder).isDirectoryNotContaining("glob:**.panatorch*");
    }
}
