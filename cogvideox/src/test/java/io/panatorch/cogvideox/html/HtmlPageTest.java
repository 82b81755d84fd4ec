package io.panatorch.cogvideox.html;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.panatorch.cache.report.TextTable;
import io.panatorch.cogvideox.html.HtmlPage.Cell;
import io.panatorch.cogvideox.html.HtmlPage.Tile;
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
                .picture(_ -> "<svg/>", "\"<10>").videos(new byte[0], 1, List.of(new Tile("<11>", "<12>", 0, 0, 1, 1)))
                .folded("<13>", _ -> {}).table(new TextTable(List.of("<14>")).row(List.of("<15>"))).heading("h").heading("i").html();

        assertThat(html).contains("<title>a &lt; b &amp; &quot;c&quot;</title>", "<h1>a &lt; b &amp; &quot;c&quot;</h1>",
                "<figcaption>&quot;&lt;10&gt;", "aria-label=\"&lt;11&gt;\"").doesNotContainPattern("<\\d")
                .doesNotContain("@body@", "@title@");
        for (int i = 1; i <= 15; i++) {
            assertThat(html).contains("&lt;" + i + "&gt;");
        }
    }

    /** A page that asks for nothing from elsewhere opens without a network. */
    @Test
    void videosAreInsideAndSoIsWhatShowsThem() {
        String html = new HtmlPage("t").videos(new byte[] {3}, 9,
                List.of(new Tile("a", "30.0 dB", 0, 0, 64, 48), new Tile("b", "", 80, 0, 64, 48))).html();
        assertThat(html).contains("src=\"data:video/mp4;base64,Aw==\"", "class=\"videos small\" style=\"--count:2\"",
                "<b dir=\"auto\">b</b> <span></span></p><canvas width=\"64\" height=\"48\" data-x=\"80\" data-y=\"0\"", "max=\"8\"", "<script>");
        assertThat(html).as("nothing is loaded")
                .doesNotContainPattern("(?i)https?:(?!//www\\.w3\\.org/2000/svg)|url\\(|<script [^>]*src|<link|@import|fetch\\(");
        assertThat(new HtmlPage("t").picture(width -> "<svg>" + width + "</svg>", "").html())
                .contains("<svg>340</svg>", "<svg>660</svg>").doesNotContain("<script>", "<video ", "<figcaption>");
        assertThat(new HtmlPage("t").picture(_ -> "", "of nothing").html()).doesNotContain("<figure>");
    }

    @Test
    void cellsHaveBarsAndTheBestIsMarked() {
        String html = new HtmlPage("t").table(List.of("name", "a", "b", "c"), List.of(List.of(Cell.of("n"), Cell.of("1"),
                new Cell("2", 0.25, false), new Cell("3", 7, true)))).html();
        assertThat(html).contains("<th scope=\"row\" dir=\"auto\">n</th><td>1</td><td style=\"--part:25.0%\" class=\"bar\">2</td>"
                + "<td style=\"--part:100.0%\" class=\"bar\"><b>3</b></td>");
    }

    @Test
    void aLongPageHasAnIndex() {
        HtmlPage page = new HtmlPage("t").heading("one").heading("two");
        assertThat(page.html()).doesNotContain("<nav");
        page.subheading("red").subheading("green").subheading("blue").heading("three").subheading("few");
        assertThat(page.html()).contains("<a href=\"#s1\">one</a> <a href=\"#s2\">two</a> <a href=\"#s3\">three</a>",
                "<summary>two, one by one</summary><ol><li dir=\"auto\"><a href=\"#s2-1\">red</a>", "<h3 id=\"s2-3\" dir=\"auto\">blue</h3>")
                .doesNotContain("three, one by one");
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
