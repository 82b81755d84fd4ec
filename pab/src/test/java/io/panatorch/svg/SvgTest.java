package io.panatorch.svg;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Locale;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("pure")
class SvgTest {

    @Test
    void isWrittenAlikeInEveryLanguage() {
        Locale before = Locale.getDefault();
        try {
            Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
            assertThat(new Svg().rect(1.25, 2, 3.04, 4, "rx=\"1\"").line(0, 1, 2, 3, "").text(5, 6, "end", "class=\"a\"", "<b> & \"c\"")
                    .svg(10, 20.5, "t<", "d&", "class=\"x\"")).isEqualTo("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"10\""
                    + " height=\"20.5\" viewBox=\"0 0 10 20.5\" role=\"img\" class=\"x\"><title>t&lt;</title><desc>d&amp;</desc>"
                    + "<rect x=\"1.3\" y=\"2\" width=\"3\" height=\"4\" rx=\"1\"/><line x1=\"0\" y1=\"1\" x2=\"2\" y2=\"3\" />"
                    + "<text x=\"5\" y=\"6\" text-anchor=\"end\" class=\"a\">&lt;b&gt; &amp; &quot;c&quot;</text></svg>");
        } finally {
            Locale.setDefault(before);
        }
        assertThat(Svg.number(1200)).isEqualTo("1200");
        assertThat(Svg.number(-0.04)).isEqualTo("0");
    }

    @Test
    void whatXmlDoesNotHaveIsReplaced() {
        assertThat(Svg.escaped("a\u0000b\u001bc\ud800d\uffff\n\t🚀")).isEqualTo("a\ufffdb\ufffdc\ufffdd\ufffd\n\t🚀");
    }

    @Test
    void textIsCutOrBrokenWhereThereIsNoRoom() {
        double room = Svg.width("a name of", 12);
        assertThat(Svg.fitted("a name of", 12, room)).isEqualTo("a name of");
        assertThat(Svg.fitted("a name of a setting", 12, room)).isEqualTo("a name o…");
        assertThat(Svg.fitted("🚀🚀🚀", 12, Svg.width("🚀🚀", 12))).as("not inside a character").isEqualTo("🚀…");
        assertThat(Svg.fitted("abc", 12, 0)).isEqualTo("…");
        assertThat(Svg.wrapped("one two three", 12, Svg.boldWidth("one two", 12))).containsExactly("one two", "three");
        assertThat(Svg.wrapped("unbreakable", 12, 10)).containsExactly("unbreakable");
    }
}
