package io.panatorch.cogvideox.cli;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Optional;

/** Standard output, of which can be told afterwards whether all of it arrived; a {@link java.io.PrintStream} passes over it. */
final class CheckedOutput extends FilterOutputStream {

    private IOException first;

    CheckedOutput(OutputStream out) {
        super(out);
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public synchronized void write(byte[] bytes, int offset, int length) throws IOException {
        try {
            out.write(bytes, offset, length);
        } catch (IOException e) {
            if (first == null) {
                first = e;
            }
            throw e;
        }
    }

    /** {@return why some of it was lost, if it was and somebody would have read it: not where the reader has left, as head does} */
    synchronized Optional<IOException> lost() {
        return Optional.ofNullable(first).filter(e -> !String.valueOf(e.getMessage()).contains("Broken pipe"))
                .map(e -> new IOException("standard output: could not be written: " + e.getMessage(), e));
    }
}
