package io.panatorch.cogvideox.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.panatorch.cache.CacheStatistics;
import io.panatorch.cache.report.CachePictures;
import io.panatorch.cache.report.Theme;
import io.panatorch.cogvideox.html.Browser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every kind of page in Chromium, where there is one, on a phone and on a desktop, in light and in dark. */
@Tag("pure")
class PagesInBrowserTest {

    /** Here pages and pictures of them stay to be looked at. */
    private static final Path FOLDER = Path.of("target", "pages");
    private static final double LEAST_TEXT = 9;

    @TempDir
    private static Path profile;

    /** A function that counts the colours of pixels, as far as ten. */
    private static final String COUNT = """
            const count = pixels => {
              const colors = new Set();
              for (const color of new Uint32Array(pixels.data.buffer)) if (colors.add(color).size > 9) break;
              return colors.size;
            };
            """;

    private static Browser browser;

    @BeforeAll
    static void start() throws Exception {
        Optional<Path> chromium = Browser.find();
        assumeTrue(chromium.isPresent(), "no chromium or google-chrome on PATH: how pages look is not tested");
        browser = new Browser(chromium.get(), profile);
        Files.createDirectories(FOLDER);
        SamplePages.comparison().write(FOLDER.resolve("compare.html"));
        SamplePages.calibration().write(FOLDER.resolve("calibrate.html"));
        SamplePages.cacheReport().write(FOLDER.resolve("cache-report.html"));
        SamplePages.smallestCacheReport().write(FOLDER.resolve("smallest.html"));
        SamplePages.largestCacheReport().write(FOLDER.resolve("largest.html"));
    }

    @AfterAll
    static void end() {
        if (browser != null) {
            browser.close();
        }
    }

    static Stream<Arguments> views() {
        return Stream.concat(Stream.of("compare", "calibrate", "cache-report").flatMap(name -> Stream.of(390, 1600).flatMap(
                        width -> Stream.of(false, true).map(dark -> Arguments.of(name, width, dark)))),
                Stream.of("smallest", "largest").flatMap(name -> Stream.of(Arguments.of(name, 390, true), Arguments.of(name, 1600, false))));
    }

    @ParameterizedTest
    @MethodSource("views")
    void everythingCanBeSeen(String name, int width, boolean dark) throws Exception {
        browser.open(FOLDER.resolve(name + ".html").toAbsolutePath(), width, 900, dark);
        JsonNode videos = videos();
        String screenshot = browser.screenshot();
        Files.write(FOLDER.resolve("%s-%d-%s.png".formatted(name, width, dark ? "dark" : "light")), Base64.getDecoder().decode(screenshot));

        JsonNode seen = look(screenshot);
        assertThat(browser.complaints()).as("console").isEmpty();
        assertThat(browser.requests()).as("requests").singleElement().asString().startsWith("file:");
        assertThat(seen.get("scrollWidth").asInt()).as("width of the document").isLessThanOrEqualTo(width);
        assertThat(texts(seen, "cut")).as("what ends outside the page").isEmpty();
        assertThat(texts(seen, "small")).as("text below " + LEAST_TEXT + " pixels").isEmpty();
        assertThat(texts(seen, "outside")).as("labels outside their picture").isEmpty();
        assertThat(texts(seen, "touching")).as("labels on each other").isEmpty();
        assertThat(seen.get("paper").asInt() < 128).as("dark").isEqualTo(dark);
        assertThat(seen.get("pictures")).isNotEmpty().allSatisfy(colors -> assertThat(colors.asInt()).as("colours").isGreaterThan(2));
        assertThat(videos.isEmpty()).as("without videos").isEqualTo(name.equals("calibrate") || !playsVideos());
        assertThat(videos).allSatisfy(video -> {
            assertThat(video.get("error").asText()).isEmpty();
            assertThat(video.get("width").asInt()).isPositive();
            assertThat(video.get("parts")).isNotEmpty().allSatisfy(colors -> assertThat(colors.asInt()).isGreaterThan(2));
        });
    }

    private static boolean playsVideos() throws IOException {
        return !browser.evaluate("document.createElement('video').canPlayType('video/mp4; codecs=\"avc1.42c01e\"')").asText().isEmpty();
    }

    /** Waits until each can be played, and has been painted. */
    private static JsonNode videos() throws IOException {
        if (!playsVideos()) {
            System.out.println("this browser has no H.264: whether videos play is not tested");
            return new JsonMapper().createArrayNode();
        }
        return browser.evaluate("(async () => {" + COUNT + """
                  const colors = canvas => count(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height));
                  const found = [];
                  for (const video of document.querySelectorAll('video')) {
                    for (let i = 0; i < 400 && video.readyState < 2 && !video.error; i++) {
                      await new Promise(done => setTimeout(done, 25));
                    }
                    const canvases = [...video.closest('figure').querySelectorAll('canvas')];
                    for (let i = 0; i < 400 && canvases.some(canvas => colors(canvas) <= 2); i++) {
                      await new Promise(done => setTimeout(done, 25));
                    }
                    found.push({error: video.error ? video.error.message : video.readyState < 2 ? 'no data' : '',
                        width: video.videoWidth,
                        parts: canvases.map(colors)});
                  }
                  return found;
                })()""");
    }

    /** @param screenshot of the page, in which colours are counted */
    private static JsonNode look(String screenshot) throws IOException {
        return browser.evaluate("(async () => {" + COUNT + """
                  const image = new Image();
                  image.src = 'data:image/png;base64,%s';
                  await image.decode();
                  const canvas = new OffscreenCanvas(image.width, image.height);
                  const context = canvas.getContext('2d', {willReadFrequently: true});
                  context.drawImage(image, 0, 0);
                  const colors = box => count(context.getImageData(box.x + scrollX, box.y + scrollY,
                      Math.min(box.width, innerWidth - box.x), box.height));

                  const box = element => element.getBoundingClientRect();
                  const isShown = element => element.checkVisibility() && box(element).width > 0;
                  const all = selector => [...document.querySelectorAll(selector)].filter(isShown);
                  const svgs = all('svg');
                  const labels = svg => [...svg.querySelectorAll('text')].map(text => ({text, box: box(text)}));
                  const holds = (outer, inner) => inner.left >= outer.left - 1 && inner.right <= outer.right + 1
                      && inner.top >= outer.top - 1 && inner.bottom <= outer.bottom + 1;
                  const touch = (a, b) => a.left < b.right + 2 && b.left < a.right + 2 && a.top < b.bottom - 4 && b.top < a.bottom - 4;
                  const scrolls = element => element.closest('.wide, nav details:not([open])');
                  const size = element => parseFloat(getComputedStyle(element).fontSize)
                      * (element.ownerSVGElement ? box(element.ownerSVGElement).width / element.ownerSVGElement.viewBox.baseVal.width : 1);
                  const words = all('body *').filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())
                      && !['TITLE', 'SCRIPT', 'STYLE', 'DESC'].includes(e.nodeName.toUpperCase()));
                  return {
                    scrollWidth: document.documentElement.scrollWidth,
                    cut: words.filter(e => !scrolls(e) && box(e).right > document.documentElement.clientWidth + 1).map(e => e.textContent),
                    small: words.filter(e => size(e) < %f).map(e => size(e) + ': ' + e.textContent),
                    outside: svgs.flatMap(svg => labels(svg).filter(l => !holds(box(svg), l.box)).map(l => l.text.textContent)),
                    touching: svgs.flatMap(svg => { const some = labels(svg); return some.flatMap((a, i) => some.slice(i + 1)
                        .filter(b => touch(a.box, b.box)).map(b => a.text.textContent + ' / ' + b.text.textContent)); }),
                    pictures: svgs.map(svg => colors(box(svg))),
                    paper: context.getImageData(1, 1, 1, 1).data[0],
                  };
                })()""".formatted(screenshot, LEAST_TEXT));
    }

    private static List<String> texts(JsonNode seen, String name) {
        List<String> texts = new ArrayList<>();
        seen.get(name).valueStream().limit(10).forEach(text -> texts.add(text.asText()));
        return texts;
    }

    /** Scripts may be off, as in an attachment of an e-mail. */
    @Test
    void videosPlayWithoutAScript() throws Exception {
        browser.allowScripts(false);
        try {
            browser.open(FOLDER.resolve("compare.html").toAbsolutePath(), 390, 900, false);
            JsonNode seen = browser.evaluate("""
                    [...document.querySelectorAll('.videos')].map(figure => { const video = figure.querySelector('video'); return {
                      video: video.checkVisibility({opacityProperty: true}) && video.controls && video.autoplay,
                      parts: [...figure.querySelectorAll('canvas, .controls')].some(part => part.checkVisibility()),
                      names: [...figure.querySelectorAll('.tiles b')].filter(name => name.checkVisibility()).length}; })""");
            assertThat(seen).hasSize(12).allSatisfy(figure -> {
                assertThat(figure.get("video").asBoolean()).as("a video with controls").isTrue();
                assertThat(figure.get("parts").asBoolean()).as("what only works with a script").isFalse();
                assertThat(figure.get("names").asInt()).isEqualTo(7);
            });
        } finally {
            browser.allowScripts(true);
        }
    }

    @Test
    void oneButtonStopsAllPartsAndASliderShowsAFrame() throws Exception {
        browser.open(FOLDER.resolve("compare.html").toAbsolutePath(), 1600, 900, false);
        assumeTrue(playsVideos(), "this browser has no H.264");
        assertThat(videos()).isNotEmpty();
        JsonNode seen = browser.evaluate("""
                (async () => {
                  const figure = document.querySelector('.videos');
                  const video = figure.querySelector('video');
                  const slider = figure.querySelector('input');
                  figure.scrollIntoView();
                  for (let i = 0; i < 400 && video.paused; i++) await new Promise(done => setTimeout(done, 25));
                  const played = !video.paused;
                  figure.querySelector('button').click();
                  const stopped = video.paused;
                  const shown = [];
                  for (const frame of [0, 8, 3]) {
                    slider.value = frame;
                    slider.dispatchEvent(new Event('input'));
                    await new Promise(done => video.addEventListener('seeked', done, {once: true}));
                    await new Promise(done => setTimeout(done, 50));
                    // in the middle row of the first part, where the square is
                    const canvas = figure.querySelector('canvas');
                    const row = canvas.getContext('2d').getImageData(0, canvas.height / 2, canvas.width, 1).data;
                    let sum = 0, count = 0;
                    for (let x = 0; x < canvas.width; x++) if (row[4 * x] > 128) { sum += x; count++; }
                    shown.push(Math.round(sum / count / canvas.width * 12 - 2));
                  }
                  return {played, stopped, shown, output: figure.querySelector('output').textContent};
                })()""");
        assertThat(seen.get("played").asBoolean()).isTrue();
        assertThat(seen.get("stopped").asBoolean()).isTrue();
        assertThat(seen.get("shown")).hasToString("[0,8,3]");
        assertThat(seen.get("output").asText()).isEqualTo("4 / 9");
    }

    /** A picture on its own, in a tab and as an image of another page. */
    @ParameterizedTest
    @MethodSource("themes")
    void picturesAreFilesToo(Theme theme, boolean dark, int paper) throws Exception {
        CacheStatistics statistics = SamplePages.someStatistics();
        Files.writeString(FOLDER.resolve("picture.svg"), CachePictures.decisions(statistics, theme));
        Path page = FOLDER.resolve("picture.html").toAbsolutePath();
        Files.writeString(page, "<!DOCTYPE html><title>t</title><meta name=color-scheme content='light dark'><img src=picture.svg>",
                StandardCharsets.UTF_8);
        browser.open(page, 1000, 900, dark);
        String screenshot = browser.screenshot();
        JsonNode seen = browser.evaluate("""
                (async () => {
                  const shot = new Image();
                  shot.src = 'data:image/png;base64,%s';
                  await shot.decode();
                  const context = new OffscreenCanvas(shot.width, shot.height).getContext('2d');
                  context.drawImage(shot, 0, 0);
                  const image = document.querySelector('img');
                  const data = context.getImageData(image.x, image.y, image.width, image.height).data;
                  return {width: image.naturalWidth, height: image.naturalHeight, paper: data[0],
                      colors: new Set(new Uint32Array(data.buffer)).size};
                })()""".formatted(screenshot));
        assertThat(seen.get("width").asInt()).isEqualTo(760);
        assertThat(seen.get("height").asInt()).isGreaterThan(400);
        assertThat(seen.get("paper").asInt()).isEqualTo(paper);
        assertThat(seen.get("colors").asInt()).isGreaterThan(10);
        browser.open(FOLDER.resolve("picture.svg").toAbsolutePath(), 1000, 900, dark);
        assertThat(browser.evaluate("document.querySelectorAll('text').length").asInt()).isGreaterThan(20);
        assertThat(browser.complaints()).isEmpty();
    }

    static Stream<Arguments> themes() {
        return Stream.of(Arguments.of(Theme.LIGHT, true, 0xfc), Arguments.of(Theme.DARK, false, 0x15), Arguments.of(Theme.AUTO, false, 0xfc),
                Arguments.of(Theme.AUTO, true, 0x15));
    }
}
