package io.panatorch.safetensors;

import io.panatorch.io.InvalidFileException;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.MappedFile;
import io.panatorch.tensor.Shape;
import io.panatorch.tensor.Tensor;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;

/** One safetensors file: its header is read when it is opened, and it is mapped into memory with its first tensor. */
final class SafetensorsFile implements AutoCloseable {

    private final Path path;
    private final SafetensorsHeader header;
    private final Identity identity;
    private MappedFile mapped;
    private boolean isClosed;

    /** What changes when another file takes a name. */
    private record Identity(Object key, FileTime modified) {

        static Identity of(Path path) throws IOException {
            BasicFileAttributes found = Files.readAttributes(path, BasicFileAttributes.class);
            return new Identity(found.fileKey(), found.lastModifiedTime());
        }
    }

    private SafetensorsFile(Path path, SafetensorsHeader header, Identity identity) {
        this.path = path;
        this.header = header;
        this.identity = identity;
    }

    /** Opens and checks a file. */
    static SafetensorsFile open(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            Identity identity = Identity.of(path);
            return new SafetensorsFile(path, SafetensorsHeader.read(path, channel), identity);
        }
    }

    Path path() {
        return path;
    }

    SafetensorsHeader header() {
        return header;
    }

    /**
     * {@return the tensor, of a type that it has once it is loaded; its memory is the file's where that aligns it}
     *
     * @throws InvalidFileException where another file has taken the name meanwhile
     * @throws IllegalStateException after {@link #close()}
     */
    Tensor load(TensorInfo info, DType dtype) throws InvalidFileException {
        return mapped().tensor(header.dataStart() + info.begin(), dtype, Shape.of(info.shape()));
    }

    /** Advice about what is mapped. */
    synchronized void prefetch(TensorInfo info) {
        if (mapped != null && !isClosed) {
            mapped.prefetch(header.dataStart() + info.begin(), info.byteSize());
        }
    }

    /** Advice about what is mapped. */
    synchronized void unload(TensorInfo info) {
        if (mapped != null && !isClosed) {
            mapped.unload(header.dataStart() + info.begin(), info.byteSize());
        }
    }

    private synchronized MappedFile mapped() throws InvalidFileException {
        if (isClosed) {
            throw new IllegalStateException(path + " is closed");
        }
        if (mapped == null) {
            MappedFile opened = null;
            try {
                opened = MappedFile.open(path);
                if (!Identity.of(path).equals(identity) || opened.byteSize() != header.fileSize()) {
                    throw new InvalidFileException(path, "was replaced or changed since it was opened; open it again");
                }
                mapped = opened;
            } catch (InvalidFileException e) {
                throw e;
            } catch (IOException e) {
                throw new InvalidFileException(path, "cannot be read any more: " + e.getMessage(), e);
            } finally {
                if (mapped == null && opened != null) {
                    opened.close();
                }
            }
        }
        return mapped;
    }

    @Override
    public synchronized void close() {
        isClosed = true;
        if (mapped != null) {
            mapped.close();
        }
    }
}
