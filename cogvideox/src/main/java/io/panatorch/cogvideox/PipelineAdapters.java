package io.panatorch.cogvideox;

import io.panatorch.cogvideox.config.Fingerprint;
import io.panatorch.cogvideox.lora.LoraAdapter;
import io.panatorch.cogvideox.lora.LoraLayers;
import io.panatorch.cogvideox.transformer.CogVideoXTransformer;
import io.panatorch.tensor.DType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/** The LoRA adapters of a pipeline: which are loaded, and which of them the current transformer has. One change at a time. */
final class PipelineAdapters implements AutoCloseable {

    private final ModelParts parts;
    private final CurrentTransformer transformer;
    private final Map<String, LoraAdapter> loaded = new LinkedHashMap<>();
    private final Map<String, String> fingerprints = new HashMap<>(); // of their files
    private Map<String, Double> active = Map.of();
    private volatile String identity = "none";
    private boolean isFused;

    PipelineAdapters(ModelParts parts, CurrentTransformer transformer) {
        this.parts = parts;
        this.transformer = transformer;
    }

    /** As {@link CogVideoXPipeline#loadLora}. */
    synchronized void load(Path file, String name) throws IOException {
        requireUnfused("loadLora");
        if (loaded.containsKey(name)) {
            throw new IllegalArgumentException("name: expected one that no loaded adapter has, found '" + name + "'");
        }
        LoraAdapter adapter = LoraAdapter.read(file);
        loaded.put(name, adapter);
        try {
            fingerprints.put(name, Fingerprint.ofInput(file));
            apply(Map.of(name, 1.0), false);
        } catch (IOException | RuntimeException | Error e) {
            loaded.remove(name);
            adapter.close();
            throw e;
        }
    }

    /** As {@link CogVideoXPipeline#setAdapters}. */
    synchronized void set(Map<String, Double> scales) {
        requireUnfused("setAdapters");
        scales.forEach((name, scale) -> {
            if (!loaded.containsKey(name)) {
                throw new IllegalArgumentException("adapters: expected names of loaded ones, " + loaded.keySet() + ", found '"
                        + name + "'");
            }
            if (!Double.isFinite(scale)) {
                throw new IllegalArgumentException("adapters: expected a finite scale of '" + name + "', found " + scale);
            }
        });
        applyFitting(scales, false);
    }

    /** {@return the active adapters and their scales} */
    synchronized Map<String, Double> active() {
        return active;
    }

    /** {@return what tells the active adapters from others; it waits for no change of them} */
    String identity() {
        return identity;
    }

    /** As {@link CogVideoXPipeline#fuseLora}. */
    synchronized void fuse() {
        requireUnfused("fuseLora");
        if (active.isEmpty()) {
            throw new IllegalStateException("fuseLora: expected an active adapter, found none; call loadLora or setAdapters first");
        }
        applyFitting(active, true);
    }

    /** As {@link CogVideoXPipeline#unfuseLora}. */
    synchronized void unfuse() {
        if (!isFused) {
            throw new IllegalStateException("unfuseLora: expected fused adapters, found none");
        }
        applyFitting(active, false);
    }

    /** As {@link CogVideoXPipeline#unloadLora}. */
    synchronized void unload() {
        requireUnfused("unloadLora");
        close();
    }

    private void requireUnfused(String method) {
        if (isFused) {
            throw new IllegalStateException(method + ": expected no fused adapters, found " + active.keySet() + "; call unfuseLora first");
        }
    }

    /** Of adapters that are loaded, and so fit the model. */
    private void applyFitting(Map<String, Double> scales, boolean fused) {
        try {
            apply(scales, fused);
        } catch (IOException e) {
            throw new AssertionError("an adapter that was put on the model before", e);
        }
    }

    private void apply(Map<String, Double> scales, boolean fused) throws IOException {
        Map<String, Double> ordered = new LinkedHashMap<>(); // as they were loaded, so that sums are the same at each run
        loaded.keySet().stream().filter(scales::containsKey).forEach(name -> ordered.put(name, scales.get(name)));
        transformer.replaceBy(ordered.isEmpty() ? parts.transformer : adapted(ordered, fused));
        active = Collections.unmodifiableMap(ordered);
        identity = ordered.isEmpty() ? "none" : ordered.entrySet().stream()
                .map(adapter -> fingerprints.get(adapter.getKey()) + " at " + adapter.getValue())
                .collect(Collectors.joining(", ", "", fused ? ", fused" : ""));
        isFused = fused;
    }

    private CogVideoXTransformer adapted(Map<String, Double> scales, boolean fused) throws IOException {
        Map<LoraAdapter, Double> adapters = new LinkedHashMap<>();
        scales.forEach((name, scale) -> adapters.put(loaded.get(name), scale));
        DType dtype = parts.dtype(ModelComponent.TRANSFORMER);
        return parts.transformer.with(new LoraLayers(adapters, fused, dtype, parts.device));
    }

    /** Unloads all of them; generations that have begun keep those that they have. */
    @Override
    public synchronized void close() {
        applyFitting(Map.of(), false);
        loaded.values().forEach(LoraAdapter::close);
        loaded.clear();
    }
}
