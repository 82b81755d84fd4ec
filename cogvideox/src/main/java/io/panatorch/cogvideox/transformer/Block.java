package io.panatorch.cogvideox.transformer;

import io.panatorch.cache.CacheSession;
import io.panatorch.cache.Site;
import io.panatorch.cache.SiteInputs;
import io.panatorch.cache.SiteKind;
import io.panatorch.nn.Activation;
import io.panatorch.nn.LayerGroup;
import io.panatorch.nn.LayerGroup.Residence;
import io.panatorch.nn.Linear;
import io.panatorch.nn.Weights;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.io.IOException;
import java.util.List;

/** One transformer block: attention and MLP, each after an adaptive norm and before a gate; diffusers' {@code CogVideoXBlock}. */
final class Block {

    /** Parts of an adaptive norm's modulation. */
    private static final int PARTS = 6;

    private static final int SHIFT = 0;
    private static final int GATE = 2;
    private static final int TEXT_SHIFT = 3;
    private static final int TEXT_GATE = 5;
    private static final int MLP_RATIO = 4;

    /**
     * The tokens between two blocks.
     *
     * @param video {@code [batch, frames·h·w, dim]}
     * @param text {@code [batch, text tokens, dim]}
     */
    record Tokens(Tensor video, Tensor text) {}

    private final Site site;
    private final Site attentionSite;
    private final Site feedForwardSite;
    private final LayerGroup<Layers> layers;
    private final Activation activation;

    /** Takes {@code norm1}, {@code attn1}, {@code norm2} and {@code ff}. */
    private record Layers(AdaptiveNorm norm1, JointAttention attention, AdaptiveNorm norm2, Linear up, Linear down) {

        static Layers of(Weights weights, TransformerConfig config) throws IOException {
            long dim = config.innerDim();
            Weights net = weights.at("ff").at("net");
            return new Layers(new AdaptiveNorm(weights.at("norm1"), config, PARTS), new JointAttention(weights.at("attn1"), config),
                    new AdaptiveNorm(weights.at("norm2"), config, PARTS), new Linear(net.at(0).at("proj"), dim, MLP_RATIO * dim),
                    new Linear(net.at(2), MLP_RATIO * dim, dim));
        }
    }

    Block(Weights weights, TransformerConfig config, int layer) throws IOException {
        String name = "transformer_blocks." + layer;
        this.site = new Site(SiteKind.BLOCK, layer, name);
        this.attentionSite = new Site(SiteKind.SPATIAL_ATTENTION, layer, name + ".attn1");
        this.feedForwardSite = new Site(SiteKind.FEED_FORWARD, layer, name + ".ff");
        this.layers = weights.group(Residence.BLOCK, from -> Layers.of(from, config));
        this.activation = config.activation();
    }

    /** The block and what is inside it, each a pair of video and text tokens in and out. */
    List<Site> sites() {
        return List.of(site, attentionSite, feedForwardSite);
    }

    /**
     * Runs the block, unless the cache has another answer.
     *
     * @param tokens borrowed
     * @param activated {@code [1, timeEmbedDim]}: the timestep's embedding after SiLU
     * @param rotary positions of all tokens, or null
     * @return tokens of the caller's scope
     */
    Tokens forward(Tokens tokens, Tensor activated, RotaryPositions rotary, CacheSession cache) {
        SiteInputs offered = SiteInputs.of(tokens.video, tokens.text).offering(SiteInputs.MODULATED,
                () -> layers.with(l -> l.norm1.forward(tokens.video, l.norm1.modulation(activated), SHIFT)));
        List<Tensor> out = cache.through(site, offered, inputs -> {
            Tokens in = new Tokens(inputs.get(0), inputs.get(1));
            Tokens computed = layers.with(present -> compute(present, in, activated, rotary, cache));
            return List.of(computed.video, computed.text);
        });
        return new Tokens(out.get(0), out.get(1));
    }

    private Tokens compute(Layers l, Tokens tokens, Tensor activated, RotaryPositions rotary, CacheSession cache) {
        try (TensorScope scope = TensorScope.open()) {
            Tensor modulation = l.norm1.modulation(activated);
            List<Tensor> attended = cache.through(attentionSite, List.of(tokens.video, tokens.text),
                    inputs -> split(l.attention.forward(modulated(l.norm1, modulation, inputs), rotary), inputs));
            Tokens middle = gated(tokens, modulation, attended);
            attended.forEach(Tensor::close);

            Tensor modulation2 = l.norm2.modulation(activated);
            List<Tensor> fed = cache.through(feedForwardSite, List.of(middle.video, middle.text),
                    inputs -> split(mlp(l, modulated(l.norm2, modulation2, inputs)), inputs));
            Tokens last = gated(middle, modulation2, fed);
            return new Tokens(scope.promote(last.video), scope.promote(last.text));
        }
    }

    /** Text and video after norm and modulation, one after the other as the weights expect: {@code [b, text + video, dim]}. */
    private static Tensor modulated(AdaptiveNorm norm, Tensor modulation, List<Tensor> videoAndText) {
        try (TensorScope scope = TensorScope.open()) {
            Tensor video = norm.forward(videoAndText.get(0), modulation, SHIFT);
            Tensor text = norm.forward(videoAndText.get(1), modulation, TEXT_SHIFT);
            return scope.promote(Tensor.cat(1, text, video)); // [b, text + video, dim]
        }
    }

    private Tensor mlp(Layers l, Tensor x) {
        try (TensorScope scope = TensorScope.open()) {
            Tensor wide = l.up.forward(x);
            Tensor active = activation.forward(wide);
            wide.close(); // the largest tensor of a block
            return scope.promote(l.down.forward(active));
        }
    }

    /** Video and text out of a joint tensor, as views. */
    private static List<Tensor> split(Tensor joint, List<Tensor> like) {
        long text = like.get(1).size(1);
        return List.of(joint.narrow(1, text, like.get(0).size(1)), joint.narrow(1, 0, text));
    }

    private static Tokens gated(Tokens tokens, Tensor modulation, List<Tensor> videoAndText) {
        Tensor video = residual(tokens.video, videoAndText.get(0), AdaptiveNorm.part(modulation, GATE));
        Tensor text = residual(tokens.text, videoAndText.get(1), AdaptiveNorm.part(modulation, TEXT_GATE));
        return new Tokens(video, text);
    }

    private static Tensor residual(Tensor x, Tensor change, Tensor gate) {
        try (TensorScope scope = TensorScope.open()) {
            return scope.promote(x.add(change.mul(gate)));
        }
    }
}
