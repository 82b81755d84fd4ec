package io.panatorch.safetensors;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * One safetensors file, mapped into memory. The mapping goes when nothing refers to it any more: not this object, and no
 * tensor that views it. Unmapping at {@link #close} instead would crash the JVM at the next use of such a tensor.
 */
final class SafetensorsFile implements AutoCloseable {

    private final Path path;
    private final SafetensorsHeader header;
    private MemorySegment mapping;

    private SafetensorsFile(Path path, SafetensorsHeader header, MemorySegment mapping) {
        this.path = path;
        this.header = header;
        this.mapping = mapping;
    }

    /** Opens, checks and maps a file. */
    static SafetensorsFile open(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            SafetensorsHeader header = SafetensorsHeader.read(path, channel);
            return new SafetensorsFile(
                    path, header, channel.map(MapMode.READ_ONLY, 0, header.fileSize(), Arena.ofAuto()));
        }
    }

    Path path() {
        return path;
    }

    SafetensorsHeader header() {
        return header;
    }

    /**
     * {@return the bytes of a tensor, little-endian, read-only}
     *
     * @throws IllegalStateException after {@link #close()}
     */
    MemorySegment data(TensorInfo info) {
        MemorySegment all = mapping;
        if (all == null) {
            throw new IllegalStateException(path + " is closed");
        }
        return all.asSlice(header.dataStart() + info.begin(), info.byteSize());
    }

    @Override
    public void close() {
        mapping = null;
    }
}
