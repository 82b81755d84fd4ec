package io.panatorch.cogvideox.input;

import io.panatorch.io.InvalidFileException;
import io.panatorch.json.JsonFile;
import io.panatorch.safetensors.Safetensors;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Function;

/** A safetensors file that holds pictures. */
final class TensorFile {

    private TensorFile() {}

    /**
     * Reads one tensor.
     *
     * @param shape for the message where there is none of the name
     * @param copy takes what it needs of the tensor; what it refuses with an IllegalArgumentException is the file's fault
     */
    static <T> T read(Path file, String name, String shape, Function<Tensor, T> copy) throws IOException {
        try (Safetensors tensors = Safetensors.open(file); var _ = TensorScope.open()) {
            if (!tensors.names().contains(name)) {
                throw new InvalidFileException(file, "expected a tensor \"" + name + "\" " + shape + ", found the tensors "
                        + tensors.names().stream().limit(5).map(JsonFile::oneLine).toList());
            }
            return copy.apply(tensors.load(name));
        } catch (IllegalArgumentException e) {
            throw new InvalidFileException(file, e.getMessage(), e);
        }
    }
}
