package io.panatorch.cogvideox.cli;

import io.panatorch.cogvideox.compare.SideBySide;
import io.panatorch.cogvideox.html.HtmlPage;
import io.panatorch.cogvideox.html.HtmlPage.Tile;
import io.panatorch.cogvideox.video.Frames;
import io.panatorch.cogvideox.video.VideoWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * Videos of one size that play together on a page.
 *
 * @param mp4 a file with all of them
 * @param frames how many pictures it has
 * @param tiles which part of it is which
 */
record PageVideo(byte[] mp4, int frames, List<Tile> tiles) {

    /** What stands above a video: a name, and a note or nothing. */
    record Label(String name, String note) {}

    /** Finds out before the work whether a video can be encoded. */
    static void check() throws IOException {
        VideoWriter.to(temporary());
    }

    /** @param labels one for each of the videos, which are needed during the call alone */
    static PageVideo of(List<Frames> videos, List<Label> labels) throws IOException {
        SideBySide all = new SideBySide(videos);
        List<Tile> tiles = new ArrayList<>();
        for (int i = 0; i < labels.size(); i++) {
            SideBySide.Place place = all.place(i);
            tiles.add(new Tile(labels.get(i).name, labels.get(i).note, place.x(), place.y(), place.width(), place.height()));
        }
        return new PageVideo(mp4(all.frames()), all.frames().count(), tiles);
    }

    /** Encoders write to files alone; until it is whole, the writer deletes what there is of it also when the program ends. */
    private static byte[] mp4(Frames frames) throws IOException {
        Path file = temporary();
        try {
            VideoWriter.to(file).write(frames);
            return Files.readAllBytes(file);
        } finally {
            Files.deleteIfExists(file);
        }
    }

    private static Path temporary() {
        return Path.of(System.getProperty("java.io.tmpdir"), "panatorch-" + UUID.randomUUID() + ".mp4");
    }

    void addTo(HtmlPage page) {
        page.videos(mp4, frames, tiles);
    }
}
