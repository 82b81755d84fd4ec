package io.panatorch.cogvideox.compare;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.cogvideox.compare.SideBySide.Place;
import io.panatorch.cogvideox.video.Frames;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("pure")
class SideBySideTest {

    /** Three videos of 50 × 25 are doubled, in cells of 7 + 1 by 4 + 1 blocks. */
    @Test
    void everyVideoIsInItsPlaceAndMoves() {
        SideBySide all = new SideBySide(videos(3, 50, 25));
        Frames frames = all.frames();
        assertThat(frames.width()).isEqualTo(2 * 128);
        assertThat(frames.height()).isEqualTo(2 * 80);
        assertThat(frames.count()).isEqualTo(2);
        assertThat(frames.fps()).isEqualTo(8);
        assertThat(all.place(2)).isEqualTo(new Place(0, 80, 100, 50));
        for (int frame = 0; frame < 2; frame++) {
            byte[] rgb = frames.rgb(frame);
            for (int video = 0; video < 3; video++) {
                Place place = all.place(video);
                for (int x : new int[] {0, 1, 99, 127}) {
                    for (int y : new int[] {0, 49, 79}) {
                        int at = Math.min(x, 99) / 2;
                        assertThat(color(rgb, frames.width(), place.x() + x, place.y() + y)).as("%d, %d", x, y)
                                .isEqualTo(color(video, frame, at, Math.min(y, 49) / 2));
                    }
                }
            }
        }
    }

    @Test
    void largeVideosAreReducedToTheMeansOfSquares() {
        byte[] rgb = new byte[720 * 2 * 3];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = (byte) (i / 3 % 2 == 0 ? 100 : 200);
        }
        SideBySide all = new SideBySide(List.of(new Frames(720, 2, 1, 8, _ -> rgb)));
        assertThat(all.place(0)).isEqualTo(new Place(0, 0, 360, 1));
        assertThat(color(all.frames().rgb(0), all.frames().width(), 359, 0)).isEqualTo(0x969696);
    }

    @ParameterizedTest
    @CsvSource({"1, 64, 48, 1, 1, 128, 96", "2, 64, 48, 2, 1, 128, 96", "7, 64, 64, 3, 3, 128, 128", "5, 480, 270, 3, 2, 480, 270",
        "5, 720, 481, 3, 2, 360, 240", "2, 1360, 768, 2, 1, 453, 256", "1, 1, 1, 1, 1, 2, 2"})
    void sizesSuitAnEncoder(int count, int width, int height, int columns, int rows, int shownWidth, int shownHeight) {
        SideBySide all = new SideBySide(videos(count, width, height));
        Frames frames = all.frames();
        assertThat(all.place(count - 1).width()).isEqualTo(shownWidth);
        assertThat(all.place(count - 1).height()).isEqualTo(shownHeight);
        assertThat(frames.width()).isEqualTo(columns * (Math.ceilDiv(shownWidth, 16) * 16 + 16));
        assertThat(frames.height()).isEqualTo(rows * (Math.ceilDiv(shownHeight, 16) * 16 + 16));
        assertThat(frames.rgb(1)).hasSize(3 * frames.width() * frames.height());
    }

    private static List<Frames> videos(int count, int width, int height) {
        return IntStream.range(0, count).mapToObj(video -> new Frames(width, height, 2, 8, frame -> {
            byte[] rgb = new byte[width * height * 3];
            for (int i = 0; i < width * height; i++) {
                int color = color(video, frame, i % width, i / width);
                rgb[3 * i] = (byte) (color >> 16);
                rgb[3 * i + 1] = (byte) (color >> 8);
                rgb[3 * i + 2] = (byte) color;
            }
            return rgb;
        })).toList();
    }

    private static int color(int video, int frame, int x, int y) {
        return (100 * frame + 10 * video & 0xff) << 16 | (x & 0xff) << 8 | y & 0xff;
    }

    private static int color(byte[] rgb, int width, int x, int y) {
        int at = 3 * (y * width + x);
        return (rgb[at] & 0xff) << 16 | (rgb[at + 1] & 0xff) << 8 | rgb[at + 2] & 0xff;
    }
}
