package io.panatorch.safetensors;

import io.panatorch.io.AtomicFile;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Shape;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;

/** Writes without end: one file again and again, new folders, and files into a folder; for {@link KilledWriterTest}. */
final class KilledMain {

    static final int BYTES = 1 << 16;
    static final int FILES = 2;

    private KilledMain() {}

    public static void main(String[] args) throws IOException {
        Path folder = Path.of(args[0]);
        Path into = Files.createDirectories(folder.resolve("into"));
        for (int i = 1; ; i++) {
            byte[] content = content(i);
            try (TensorScope _ = TensorScope.open()) {
                Tensor x = Tensor.of(MemorySegment.ofArray(content), DType.UINT8, Shape.of(BYTES));
                Safetensors.save(folder.resolve("a.safetensors"), Map.of("x", x), Map.of());
            }
            AtomicFile.writeDirectory(folder.resolve(args[1] + "-" + i), temporary -> fill(temporary, content));
            AtomicFile.writeInto(into, _ -> true, temporary -> fill(temporary, content));
            if (i == 1) { // most of which was starting
                System.out.println("writing");
            }
        }
    }

    private static byte[] content(int i) {
        byte[] content = new byte[BYTES];
        Arrays.fill(content, (byte) i);
        return content;
    }

    private static void fill(Path folder, byte[] content) throws IOException {
        for (int i = 0; i < FILES; i++) {
            Files.write(folder.resolve(i + ".bin"), content);
        }
    }
}
