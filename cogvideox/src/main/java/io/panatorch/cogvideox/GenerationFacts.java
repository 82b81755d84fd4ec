package io.panatorch.cogvideox;

import io.panatorch.cache.CacheMethod;
import io.panatorch.cache.ComputedSteps;
import io.panatorch.cogvideox.config.Fingerprint;
import io.panatorch.cogvideox.config.LibraryVersion;
import io.panatorch.cogvideox.input.InputVideo;
import io.panatorch.device.LibtorchInfo;
import io.panatorch.io.FileContent;
import io.panatorch.nn.Placement;
import io.panatorch.parallel.Ranks;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What has to be the same in all ranks, or they would make different videos together, or wait for one another for good: by names, which
 * are those of options where there is one.
 */
final class GenerationFacts {

    /** What Java's own {@code toString} tells objects apart by. */
    private static final String IDENTITY = "@[0-9a-f]+\\b";

    /** A buffer has no more bytes than an int can count. */
    private static final long PIECE = 1 << 30;

    private final Map<String, String> facts = new LinkedHashMap<>();

    /**
     * @param method that is used
     * @param adapters what tells the active ones from others
     */
    GenerationFacts(ModelParts parts, GenerationPlan plan, CacheMethod method, String adapters) {
        VideoRequest.Builder values = plan.request().values;
        facts.put("versions", LibraryVersion.get() + " with libtorch " + LibtorchInfo.load().version());
        facts.put("model", fingerprint(parts));
        facts.put("dtype and quantize",
                Stream.of(ModelComponent.values()).map(part -> numbers(parts, part)).collect(Collectors.joining(", ")));
        facts.put("lora", adapters);
        facts.put("prompt", values.promptEmbeds == null ? values.prompts.toString() : digest(values.promptEmbeds));
        facts.put("negative prompt",
                values.negativePromptEmbeds == null ? values.negativePrompts.toString() : digest(values.negativePromptEmbeds));
        facts.put("max sequence length", Integer.toString(plan.textTokens()));
        facts.put("input", input(values.source));
        facts.put("latents", values.latents == null ? "none" : digest(values.latents));
        facts.put("seed", values.seeds.toString());
        facts.put("size of the latents", plan.latentShape().toString());
        facts.put("timesteps", Arrays.toString(plan.timesteps()));
        facts.put("scheduler", Objects.requireNonNullElse(values.scheduler, parts.description.scheduler().kind()).toString());
        facts.put("eta", Double.toString(values.eta));
        facts.put("guidance scale", values.guidanceScale + (values.dynamicCfg ? ", dynamic" : ""));
        facts.put("cache", cache(method));
    }

    private static String cache(CacheMethod method) {
        ComputedSteps computed = method.options().computed();
        return (method + ", computing the first " + computed.warmup() + ", one after " + computed.maxContinuous() + " and "
                + new TreeSet<>(computed.at()) + ", " + method.options().budget()).replaceAll(IDENTITY, "");
    }

    private static String fingerprint(ModelParts parts) {
        try {
            return Fingerprint.of(parts.description.folder());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String numbers(ModelParts parts, ModelComponent component) {
        Placement placement = parts.placement(component);
        return component.folder() + " " + placement.dtype().torchName() + " " + placement.quantization().torchName();
    }

    private static String input(Source source) {
        try (TensorScope _ = TensorScope.open()) {
            Stream<Tensor> pixels = switch (source) {
                case Source.None _ -> Stream.of();
                case Source.Images given -> given.images().stream().map(image -> image.toTensor(image.height(), image.width()));
                case Source.Videos given -> tensors(given.videos());
                case Source.Controls given -> tensors(given.videos());
            };
            return source.what() + pixels.map(GenerationFacts::digest).map(each -> ", " + each).collect(Collectors.joining());
        }
    }

    private static Stream<Tensor> tensors(List<InputVideo> videos) {
        return videos.stream().map(video -> video.toTensor(video.height(), video.width()));
    }

    private static String digest(Tensor tensor) {
        MessageDigest digest = FileContent.digest("SHA-256");
        tensor.readData(bytes -> {
            for (long start = 0; start < bytes.byteSize(); start += PIECE) {
                digest.update(bytes.asSlice(start, Math.min(PIECE, bytes.byteSize() - start)).asByteBuffer());
            }
            return digest;
        });
        return tensor.shape() + " " + tensor.dtype().torchName() + " " + HexFormat.of().formatHex(digest.digest());
    }

    /**
     * Finds out whether they are the same in all ranks, before anything else is exchanged.
     *
     * @throws IllegalArgumentException where they are not, on each rank, with the first that differs
     */
    void requireSame(Ranks ranks) {
        byte[] own = facts.entrySet().stream().map(fact -> fact.getKey() + "\0" + fact.getValue()).collect(Collectors.joining("\0"))
                .getBytes(StandardCharsets.UTF_8);
        try (TensorScope _ = TensorScope.open()) {
            MessageDigest digest = FileContent.digest("SHA-256");
            List<byte[]> digests = gathered(ranks, digest.digest(own));
            if (digests.stream().allMatch(each -> Arrays.equals(each, digests.getFirst()))) {
                return;
            }
            int longest = (int) ranks.allGather(Tensor.of(new int[] {own.length}, 1)).max().item();
            List<byte[]> texts = gathered(ranks, Arrays.copyOf(own, longest + 1));
            for (int other = 0; other < texts.size(); other++) {
                requireSame(new String(texts.get(other), StandardCharsets.UTF_8).split("\0"), other);
            }
        }
        throw new IllegalStateException("ranks with other digests have the same facts");
    }

    private static List<byte[]> gathered(Ranks ranks, byte[] part) {
        Tensor all = ranks.allGather(Tensor.of(part, 1, part.length)); // [ranks, bytes]
        List<byte[]> parts = new ArrayList<>();
        for (int i = 0; i < ranks.size(); i++) {
            parts.add(all.narrow(0, i, 1).toByteArray());
        }
        return parts;
    }

    private void requireSame(String[] theirs, int rank) {
        List<String> ours = facts.entrySet().stream().flatMap(fact -> Stream.of(fact.getKey(), fact.getValue())).toList();
        for (int i = 0; i < ours.size(); i += 2) {
            boolean isSameKind = i + 1 < theirs.length && theirs[i].equals(ours.get(i));
            if (!isSameKind || !theirs[i + 1].equals(ours.get(i + 1))) {
                throw new IllegalArgumentException(ours.get(i) + ": expected the same on all ranks, found " + ours.get(i + 1)
                        + " here and " + (isSameKind ? theirs[i + 1] : "another one or none") + " on rank " + rank);
            }
        }
    }
}
