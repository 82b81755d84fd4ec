package io.panatorch.safetensors;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * One safetensors file, mapped into memory. It owns the mapping: after {@link #close} the segments that it gave cannot
 * be read any more, and native code that still holds their addresses would crash.
 */
final class SafetensorsFile implements AutoCloseable {

    private final Path path;
    private final SafetensorsHeader header;
    private final Arena arena;
    private final MemorySegment mapping;

    private SafetensorsFile(Path path, SafetensorsHeader header, Arena arena, MemorySegment mapping) {
        this.path = path;
        this.header = header;
        this.arena = arena;
        this.mapping = mapping;
    }

    /** Opens, checks and maps a file. */
    static SafetensorsFile open(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            SafetensorsHeader header = SafetensorsHeader.read(path, channel);
            Arena arena = Arena.ofShared();
            try {
                MemorySegment mapping = channel.map(MapMode.READ_ONLY, 0, header.fileSize(), arena);
                return new SafetensorsFile(path, header, arena, mapping);
            } catch (IOException | RuntimeException | Error e) {
                arena.close();
                throw e;
            }
        }
    }

    Path path() {
        return path;
    }

    SafetensorsHeader header() {
        return header;
    }

    /** {@return the bytes of a tensor, little-endian, read-only, valid until this is closed} */
    MemorySegment data(TensorInfo info) {
        return mapping.asSlice(header.dataStart() + info.begin(), info.byteSize());
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
