package io.panatorch.cogvideox.compare;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.cogvideox.video.Frames;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("pure")
class SideBySideTest {

    /** Three panels of 50 × 25 are shown at 200 × 100, 6 pixels apart and 26 below the edge. */
    @Test
    void everyVideoIsInItsPlaceAndMoves() {
        Frames all = SideBySide.of(videos(3, 50, 25));
        assertThat(all.width()).isEqualTo(3 * 206 + 6);
        assertThat(all.height()).isEqualTo(132);
        assertThat(all.count()).isEqualTo(2);
        assertThat(all.fps()).isEqualTo(8);
        for (int frame = 0; frame < 2; frame++) {
            byte[] rgb = all.rgb(frame);
            for (int panel = 0; panel < 3; panel++) {
                for (int x : new int[] {0, 100, 199}) {
                    assertThat(color(rgb, all.width(), 6 + panel * 206 + x, 26)).isEqualTo(color(panel, frame));
                    assertThat(color(rgb, all.width(), 6 + panel * 206 + x, 125)).isEqualTo(color(panel, frame));
                }
            }
            assertThat(color(rgb, all.width(), 3, 60)).as("between panels").isEqualTo(0x15171a);
        }
    }

    @Test
    void namesAreAboveTheVideos() {
        Frames all = SideBySide.of(Map.of("a name that is far too long for the small panel of a video", videos(1, 50, 25).get("0")));
        byte[] rgb = all.rgb(0);
        int bright = 0;
        for (int x = 0; x < all.width(); x++) {
            for (int y = 0; y < 26; y++) {
                bright += (rgb[3 * (y * all.width() + x)] & 0xff) > 0x80 ? 1 : 0;
            }
            assertThat(x < 206 || (rgb[3 * (13 * all.width() + x)] & 0xff) < 0x80).as("cut at the panel's end").isTrue();
        }
        assertThat(bright).isGreaterThan(100);
    }

    /** 64 pixels are shown as 256, since 200 is the least; 720 as 480, since that is the most. */
    @ParameterizedTest
    @CsvSource({"1, 64, 48, 268, 224", "2, 64, 48, 530, 224", "4, 64, 64, 530, 570", "9, 64, 64, 792, 852", "5, 720, 479, 1464, 696"})
    void theGridHasUpToThreeColumnsAndEvenSizes(int count, int width, int height, int allWidth, int allHeight) {
        Frames all = SideBySide.of(videos(count, width, height));
        assertThat(all.width()).isEqualTo(allWidth);
        assertThat(all.height()).isEqualTo(allHeight);
        assertThat(all.rgb(1)).hasSize(3 * allWidth * allHeight);
    }

    private static Map<String, Frames> videos(int count, int width, int height) {
        Map<String, Frames> videos = new LinkedHashMap<>();
        for (int i = 0; i < count; i++) {
            int panel = i;
            videos.put(Integer.toString(i), new Frames(width, height, 2, 8, frame -> {
                byte[] rgb = new byte[width * height * 3];
                for (int at = 0; at < rgb.length; at += 3) {
                    rgb[at] = (byte) (color(panel, frame) >> 16);
                    rgb[at + 1] = (byte) (color(panel, frame) >> 8);
                    rgb[at + 2] = (byte) color(panel, frame);
                }
                return rgb;
            }));
        }
        return videos;
    }

    private static int color(int panel, int frame) {
        return 0xff0000 | (10 * panel) << 8 | 100 * frame;
    }

    private static int color(byte[] rgb, int width, int x, int y) {
        int at = 3 * (y * width + x);
        return (rgb[at] & 0xff) << 16 | (rgb[at + 1] & 0xff) << 8 | rgb[at + 2] & 0xff;
    }
}
