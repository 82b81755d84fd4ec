package io.panatorch.safetensors;

import static io.panatorch.safetensors.StrictJson.quote;

import io.panatorch.io.FileContent;
import io.panatorch.io.InvalidFileException;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * Named tensors in one safetensors file, or in the many files of an index. Everything about them is checked when they
 * are opened; their bytes are read when they are used, from {@linkplain io.panatorch.tensor.MappedFile files in memory}.
 *
 * <p>The files must not be made shorter while a tensor in them is in use: the operating system stops a program that reads a mapped
 * page that is gone. It may be used by many threads.
 */
public final class Safetensors implements AutoCloseable {

    private record Place(SafetensorsFile file, TensorInfo info) {}

    private final Path path;
    private final List<SafetensorsFile> files;
    private final Map<String, Place> places = new LinkedHashMap<>();
    private final Map<String, String> metadata = new LinkedHashMap<>();

    private Safetensors(Path path, List<SafetensorsFile> files) {
        this.path = path;
        this.files = files;
        for (SafetensorsFile file : files) {
            file.header().tensors().forEach((name, info) -> places.put(name, new Place(file, info)));
            file.header().metadata().forEach(metadata::putIfAbsent);
        }
    }

    /**
     * Opens one file, or the files of an index.
     *
     * @param file a {@code .safetensors} file, or an index if its name ends with {@code .safetensors.index.json} or, for a
     *     variant, {@code .safetensors.index.VARIANT.json}
     * @throws NoSuchFileException if it does not exist
     * @throws InvalidFileException if it, or a file of the index, is damaged or not safe to read
     * @throws IOException if it cannot be read
     */
    public static Safetensors open(Path file) throws IOException {
        WeightFiles.requireWhole(file);
        if (!FileContent.exists(file)) {
            throw new NoSuchFileException(file.toString(), null, "does not exist");
        }
        if (!Files.isRegularFile(file)) {
            throw new InvalidFileException(file, "is not a file");
        }
        if (!WeightFiles.isIndex(file)) {
            return new Safetensors(file, List.of(SafetensorsFile.open(file)));
        }
        SafetensorsIndex index = SafetensorsIndex.read(file);
        List<SafetensorsFile> files = new ArrayList<>();
        try {
            for (Map.Entry<String, Path> shard : index.shards().entrySet()) {
                SafetensorsFile opened = SafetensorsFile.open(shard.getValue());
                files.add(opened);
                index.check(shard.getKey(), opened);
            }
            return new Safetensors(file, files);
        } catch (IOException | RuntimeException | Error e) {
            files.forEach(SafetensorsFile::close);
            throw e;
        }
    }

    /**
     * Opens the weights in a folder: the file {@code baseName.safetensors} or, if there is none, the files of {@code
     * baseName.safetensors.index.json}.
     *
     * @param folder the folder of one model's part
     * @param baseName {@code diffusion_pytorch_model} for models of diffusers, {@code model} for those of transformers
     * @throws NoSuchFileException if the folder has neither
     * @throws InvalidFileException if a file is damaged or not safe to read, or the weights are there in another form alone
     * @throws IOException if a file cannot be read
     */
    public static Safetensors open(Path folder, String baseName) throws IOException {
        return open(folder, baseName, WeightFiles.PLAIN);
    }

    /**
     * Opens the weights of a variant, as {@code variant=} does in Python: {@code baseName.VARIANT.safetensors}, or the files of
     * {@code baseName.safetensors.index.VARIANT.json}. Where the folder has none of it, these are the plain ones.
     *
     * @param variant such as {@code fp16}; an empty string means none
     * @throws IllegalArgumentException for what is no name of a variant
     * @throws IOException as {@link #open(Path, String)}
     */
    public static Safetensors open(Path folder, String baseName, String variant) throws IOException {
        return open(WeightFiles.find(folder, baseName, variant));
    }

    /**
     * {@return whether a folder has weights of a variant, or an index of them}
     *
     * @param baseName as for {@link #open(Path, String)}: other models' files do not count
     * @param variant such as {@code fp16}
     * @throws IllegalArgumentException for what is no name of a variant
     * @throws IOException if the folder cannot be read
     */
    public static boolean hasVariant(Path folder, String baseName, String variant) throws IOException {
        return WeightFiles.hasVariant(folder, baseName, variant);
    }

    /**
     * {@return the names of files by which weights of a variant are opened, in the order in which they are looked for: that of a single
     * file, and those of indexes}
     *
     * @param baseName as for {@link #open(Path, String)}
     * @param variant such as {@code fp16}; an empty string means none
     */
    public static List<String> heads(String baseName, String variant) {
        return WeightFiles.heads(baseName, variant);
    }

    /**
     * {@return the variant that a file of weights is of, by its name}
     *
     * @param baseName as for {@link #open(Path, String)}
     */
    public static Optional<String> variantOf(String baseName, String name) {
        return Optional.ofNullable(WeightFiles.variantOf(baseName, name));
    }

    /** {@return what was opened: a file or an index} */
    public Path path() {
        return path;
    }

    /** {@return the names of all tensors, in the order of their bytes in the files} */
    public Set<String> names() {
        return Collections.unmodifiableSet(places.keySet());
    }

    /** {@return the free text pairs of the headers; where files of an index disagree, those of the first} */
    public Map<String, String> metadata() {
        return Collections.unmodifiableMap(metadata);
    }

    /**
     * {@return what is known about a tensor}
     *
     * @throws NoSuchElementException if there is none of that name
     */
    public TensorInfo info(String name) {
        return place(name).info();
    }

    /**
     * {@return the file that a tensor is in}
     *
     * @throws NoSuchElementException if there is none of that name
     */
    public Path file(String name) {
        return place(name).file().path();
    }

    /**
     * {@return the type that a tensor has when it is loaded}
     *
     * @throws NoSuchElementException if there is none of that name
     * @throws InvalidFileException if it is stored with a type that tensors do not have here
     */
    public DType dtype(String name) throws InvalidFileException {
        Place place = place(name);
        Optional<DType> dtype = place.info().type().dtype();
        if (dtype.isEmpty()) {
            List<StoredType> readable = Arrays.stream(StoredType.values())
                    .filter(type -> type.dtype().isPresent())
                    .toList();
            throw new InvalidFileException(place.file().path(), "tensor " + quote(name) + " has the dtype "
                    + place.info().type() + ", which cannot be loaded, expected one of " + readable);
        }
        return dtype.get();
    }

    /**
     * Loads a tensor without copying it: its memory is the mapped file. Where the file does not align it, it is copied.
     *
     * @return a CPU tensor that belongs to the innermost open scope; it stays valid after this is closed, and cannot be
     *     written to
     * @throws NoSuchElementException if there is none of that name
     * @throws InvalidFileException if it is stored with a type that tensors do not have here
     */
    public Tensor load(String name) throws InvalidFileException {
        DType dtype = dtype(name);
        Place place = place(name);
        return place.file().load(place.info(), dtype);
    }

    /**
     * Says that a tensor's bytes are needed soon: the operating system may read them ahead.
     *
     * @throws NoSuchElementException if there is none of that name
     */
    public void prefetch(String name) {
        Place place = place(name);
        place.file().prefetch(place.info());
    }

    /**
     * Says that a tensor's bytes are not needed for now: their memory may go. Those of a tensor that was loaded without copying are
     * read again when they are looked at.
     *
     * @throws NoSuchElementException if there is none of that name
     */
    public void unload(String name) {
        Place place = place(name);
        place.file().unload(place.info());
    }

    /**
     * Writes a file that appears only when it is whole.
     *
     * @param target the file; replaced if it exists
     * @param tensors by name; borrowed. Those on a GPU are copied one after the other
     * @param metadata free text pairs for the header; none if empty
     * @throws IOException if the file cannot be written
     */
    public static void save(Path target, Map<String, Tensor> tensors, Map<String, String> metadata) throws IOException {
        SafetensorsWriter.write(target, tensors, metadata);
    }

    private Place place(String name) {
        Place place = places.get(Objects.requireNonNull(name, "name"));
        if (place == null) {
            throw new NoSuchElementException(path + ": has no tensor " + quote(name));
        }
        return place;
    }

    /**
     * Ends the loading of tensors. Those that were loaded stay valid; a file is unmapped when none of them is left. Closing
     * again does nothing.
     */
    @Override
    public void close() {
        files.forEach(SafetensorsFile::close);
    }
}
