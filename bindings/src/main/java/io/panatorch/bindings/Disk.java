package io.panatorch.bindings;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/** What has to survive a power cut. */
public final class Disk {

    private Disk() {}

    /** Sends the names in a folder to the disk, as far as its file system does that for folders. */
    public static void force(Path folder) {
        try (FileChannel channel = FileChannel.open(folder)) {
            channel.force(true);
        } catch (IOException e) {
            // It does not: the names reach the disk when it pleases.
        }
    }
}
