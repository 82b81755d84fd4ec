package io.panatorch.cogvideox.config;

import io.panatorch.io.FileContent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/** Tells one model from another without reading all of its weights. */
public final class Fingerprint {

    private static final List<String> PARTS = List.of("scheduler", "text_encoder", "tokenizer", "transformer", "vae");
    /** Of each file its beginning and its end: all of a config, and of weights their names and shapes, and some of them. */
    private static final int SAMPLE = 1 << 16;

    private Fingerprint() {}

    /** {@return the SHA-256 of names, sizes, beginnings and ends of a model's files} */
    public static String of(Path folder) throws IOException {
        MessageDigest digest = FileContent.digest("SHA-256");
        for (String part : PARTS) {
            add(digest, folder, folder.resolve(part));
        }
        return shown(digest);
    }

    /** {@return the same of an image or a video, which may be a folder of frames} */
    public static String ofInput(Path input) throws IOException {
        MessageDigest digest = FileContent.digest("SHA-256");
        add(digest, input, input);
        return shown(digest);
    }

    private static String shown(MessageDigest digest) {
        return "sha256:" + HexFormat.of().formatHex(digest.digest());
    }

    private static void add(MessageDigest digest, Path root, Path folder) throws IOException {
        List<Path> files;
        try (Stream<Path> all = Files.walk(folder, FileVisitOption.FOLLOW_LINKS)) {
            files = all.filter(Files::isRegularFile).sorted().toList();
        }
        for (Path file : files) {
            long size = Files.size(file);
            digest.update((root.relativize(file) + "\0" + size + "\0").getBytes(StandardCharsets.UTF_8));
            try (FileChannel channel = FileChannel.open(file)) {
                digest.update(sample(channel, 0));
                digest.update(sample(channel, Math.max(SAMPLE, size - SAMPLE)));
            }
        }
    }

    private static ByteBuffer sample(FileChannel channel, long from) throws IOException {
        ByteBuffer sample = ByteBuffer.allocate(SAMPLE);
        while (sample.hasRemaining() && channel.read(sample, from + sample.position()) > 0) {}
        return sample.flip();
    }
}
