package io.panatorch.cogvideox.input;

import io.panatorch.io.InvalidFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A folder with a file for each frame. */
final class PictureFolder {

    private static final Pattern PICTURE = Pattern.compile("[^.].*\\.(png|jpg|jpeg)", Pattern.CASE_INSENSITIVE);
    private static final Pattern NUMBER = Pattern.compile("0*([0-9]+)");

    /** In the order of numbers where names have them: how many digits a number has stands before it. */
    private static final Comparator<String> ORDER = Comparator.comparing(PictureFolder::sortable).thenComparing(name -> name);

    private PictureFolder() {}

    static List<InputImage> read(Path folder) throws IOException {
        List<String> names;
        try (Stream<Path> files = Files.list(folder)) {
            names = files.map(file -> file.getFileName().toString()).filter(PICTURE.asMatchPredicate()).sorted(ORDER).toList();
        }
        if (names.isEmpty()) {
            throw new InvalidFileException(folder, "expected a folder of PNG or JPEG files, found none in it");
        }
        FrameList frames = new FrameList(folder);
        for (String name : names) {
            frames.add(InputImage.read(folder.resolve(name)), name);
        }
        return frames.whole();
    }

    private static String sortable(String name) {
        return NUMBER.matcher(name).replaceAll(number -> "%03d".formatted(number.group(1).length()) + number.group(1));
    }
}
