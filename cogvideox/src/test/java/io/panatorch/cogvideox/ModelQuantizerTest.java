package io.panatorch.cogvideox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.panatorch.cogvideox.ModelQuantizer.Rounded;
import io.panatorch.io.InvalidFileException;
import io.panatorch.nn.Quantization;
import io.panatorch.safetensors.Safetensors;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import io.panatorch.testing.TensorTest;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@TensorTest
class ModelQuantizerTest {

    @TempDir
    private Path temp;

    private static float[] frames(PipelineLoader loader) throws IOException {
        VideoRequest request = VideoRequest.builder("a red circle moving right on a blue background").steps(5).build();
        try (var pipeline = loader.load(); VideoResult result = pipeline.generate(request)) {
            return result.frames().toFloatArray();
        }
    }

    /** As if it had been rounded when it was loaded. */
    @ParameterizedTest
    @EnumSource(value = DType.class, names = {"FLOAT32", "BFLOAT16"})
    void whatIsWrittenIsLoadedAgain(DType dtype) throws IOException {
        Path folder = temp.resolve("int8");
        List<Rounded> told = new ArrayList<>();
        List<Rounded> rounded = new ModelQuantizer(DemoModel.folder(), "").write(folder, told::add);
        assertThat(rounded).isEqualTo(told).hasSizeGreaterThan(60)
                .allSatisfy(each -> assertThat(each.error()).as(each.name()).isBetween(0.001, 0.02));
        assertThat(frames(CogVideoXPipeline.loader(folder).dtype(dtype)))
                .containsExactly(frames(CogVideoXPipeline.loader(DemoModel.folder()).dtype(dtype).quantize(Quantization.INT8)));
        try (Safetensors file = Safetensors.open(folder.resolve("transformer"), "diffusion_pytorch_model")) {
            assertThat(file.dtype("proj_out.weight")).isEqualTo(DType.INT8);
            assertThat(file.dtype("proj_out.weight_scale")).isEqualTo(DType.FLOAT32);
            assertThat(file.dtype("proj_out.bias")).isNotEqualTo(DType.INT8);
        }
    }

    /** Two files and their index, as large models are published, with another file beside them that nobody reads. */
    @Test
    void shardsStayShards() throws IOException {
        Path model = sharded();
        Files.writeString(model.resolve("transformer/diffusion_pytorch_model.bin"), "not read");
        Path folder = temp.resolve("int8");
        new ModelQuantizer(model, "").write(folder, _ -> {});
        assertThat(names(folder.resolve("transformer"))).containsExactly("config.json",
                "diffusion_pytorch_model-00001-of-00002.safetensors", "diffusion_pytorch_model-00002-of-00002.safetensors",
                "diffusion_pytorch_model.safetensors.index.json");
        assertThat(frames(CogVideoXPipeline.loader(folder)))
                .containsExactly(frames(CogVideoXPipeline.loader(model).quantize(Quantization.INT8)));
    }

    /** The demo model with its transformer in two files. */
    private Path sharded() throws IOException {
        Path model = temp.resolve("model");
        for (String file : DemoModel.FILES) {
            Files.createDirectories(model.resolve(file).getParent());
            Files.copy(DemoModel.folder().resolve(file), model.resolve(file));
        }
        Path transformer = model.resolve("transformer");
        Path whole = transformer.resolve("diffusion_pytorch_model.safetensors");
        StringJoiner index = new StringJoiner(",", "{\"weight_map\":{", "}}");
        try (Safetensors file = Safetensors.open(whole); var _ = TensorScope.open()) {
            List<String> names = List.copyOf(file.names());
            for (int shard = 0; shard < 2; shard++) {
                String name = "diffusion_pytorch_model-0000%d-of-00002.safetensors".formatted(shard + 1);
                Map<String, Tensor> tensors = new LinkedHashMap<>();
                for (String tensor : names.subList(names.size() * shard / 2, names.size() * (shard + 1) / 2)) {
                    tensors.put(tensor, file.load(tensor));
                    index.add("\"" + tensor + "\":\"" + name + "\"");
                }
                Safetensors.save(transformer.resolve(name), tensors, Map.of());
            }
        }
        Files.delete(whole);
        Files.writeString(transformer.resolve("diffusion_pytorch_model.safetensors.index.json"), index.toString());
        return model;
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void aModelIsQuantisedOnce() throws IOException {
        Path folder = temp.resolve("int8");
        new ModelQuantizer(DemoModel.folder(), "").write(folder, _ -> {});
        Path again = temp.resolve("again");
        assertThatThrownBy(() -> new ModelQuantizer(folder, "").write(again, _ -> {})).isInstanceOf(InvalidFileException.class)
                .hasMessageContaining("has dtype int8, expected a floating-point type: the model is quantised already");
        assertThat(again).doesNotExist();
    }

    @Test
    void nothingIsOverwrittenAndNothingStaysHalfDone() throws IOException {
        Path taken = Files.createDirectory(temp.resolve("taken"));
        Files.writeString(taken.resolve("of value"), "");
        assertThatThrownBy(() -> new ModelQuantizer(DemoModel.folder(), "").write(taken, _ -> {})).isInstanceOf(FileSystemException.class);
        Path cancelled = temp.resolve("cancelled");
        assertThatThrownBy(() -> new ModelQuantizer(DemoModel.folder(), "").write(cancelled, _ -> Thread.currentThread().interrupt()))
                .isInstanceOf(CancellationException.class);
        assertThat(names(temp)).containsExactly("taken");
    }
}
