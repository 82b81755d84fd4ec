package io.panatorch.tensor;

import io.panatorch.bindings.NativeFrame;
import io.panatorch.bindings.generated.Panatorch;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A file in memory, whose bytes are the elements of tensors: nothing is copied, and what is never looked at is never read.
 *
 * <p>The tensors cannot be written to; an operator that would is refused. They outlive this: the file goes from memory when this
 * is closed and the last tensor in it, or view of one, is gone. (Before libtorch 2.11, which does not say when that is, it stays
 * until the process ends; that takes addresses and no memory.) A file that is made shorter meanwhile ends the process when what
 * is missing is looked at, as with every mapped file.
 *
 * <p>May be used by several threads, as may the tensors.
 */
public final class MappedFile implements AutoCloseable {

    private final Path path;
    private final long byteSize;
    private MemorySegment mapping;

    private MappedFile(Path path, long byteSize, MemorySegment mapping) {
        this.path = path;
        this.byteSize = byteSize;
        this.mapping = mapping;
    }

    /**
     * Maps a file.
     *
     * @param path of a file of one byte at least, in the system's own file system
     * @throws IOException where it cannot be read or mapped
     * @throws TorchException where libtorch cannot be loaded
     */
    public static MappedFile open(Path path) throws IOException {
        if (path.getFileSystem() != FileSystems.getDefault()) {
            throw new IOException(path + ": a file inside another cannot be mapped into memory");
        }
        CallState.load();
        NativeFrame frame = new NativeFrame();
        long byteSize = Files.size(path);
        MemorySegment mapping = Panatorch.pt_map(frame.path(path), byteSize, frame.error());
        if (mapping.address() == 0) {
            throw new IOException(path + ": " + frame.takeError());
        }
        return new MappedFile(path, byteSize, mapping);
    }

    /** {@return the size of the file} */
    public long byteSize() {
        return byteSize;
    }

    /**
     * {@return a contiguous CPU tensor of the bytes from an offset on, which belongs to the innermost open scope}
     *
     * <p>Where no elements can lie in the file, since there are none or the offset is not a multiple of their size, it is a copy,
     * and can be written to.
     *
     * @param offset of the first element in the file
     * @throws IllegalArgumentException where the file is shorter
     * @throws IllegalStateException after {@link #close()}
     */
    public synchronized Tensor tensor(long offset, DType dtype, Shape shape) {
        if (mapping == null) {
            throw new IllegalStateException(path + " is closed");
        }
        if (offset < 0 || offset > byteSize || shape.numel() > (byteSize - offset) / dtype.byteSize()) {
            throw new IllegalArgumentException(path + ": " + shape + " of " + dtype.torchName() + " from byte " + offset
                    + " on ends beyond the file's " + byteSize + " bytes");
        }
        long bytes = shape.numel() * dtype.byteSize();
        if (bytes == 0 || offset % dtype.byteSize() != 0) {
            return Tensor.of(NativeFrame.view(Panatorch.pt_mapped(mapping), byteSize).asSlice(offset, bytes), dtype, shape);
        }
        CallState state = CallState.begin("from_file");
        return state.finish(Panatorch.pt_from_mapping(
                mapping, offset, state.frame.longs(shape.sizes()), shape.dim(), dtype.ordinal(), state.error()));
    }

    /**
     * Says that bytes are needed soon: the operating system may read them ahead. Of pages that hold others, too, nothing is said.
     *
     * @throws IllegalArgumentException where the file is shorter
     * @throws IllegalStateException after {@link #close()}
     */
    public void prefetch(long offset, long length) {
        advise(offset, length, 1);
    }

    /**
     * Says that bytes are not needed for now: the memory that they take may go. Who looks at them has them read again; tensors stay
     * what they are. Of pages that hold others, too, nothing is said.
     *
     * @throws IllegalArgumentException where the file is shorter
     * @throws IllegalStateException after {@link #close()}
     */
    public void unload(long offset, long length) {
        advise(offset, length, 0);
    }

    private synchronized void advise(long offset, long length, int needed) {
        if (mapping == null) {
            throw new IllegalStateException(path + " is closed");
        }
        if (offset < 0 || length < 0 || offset > byteSize || length > byteSize - offset) {
            throw new IllegalArgumentException(path + ": " + length + " bytes from byte " + offset + " on end beyond the file's "
                    + byteSize + " bytes");
        }
        Panatorch.pt_advise_mapping(mapping, offset, length, needed);
    }

    /** Lets the file go, as far as it is this object that holds it. Closing again does nothing. */
    @Override
    public synchronized void close() {
        if (mapping != null) {
            Panatorch.pt_unmap(mapping);
            mapping = null;
        }
    }
}
