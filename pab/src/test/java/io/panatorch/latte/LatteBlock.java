package io.panatorch.latte;

import io.panatorch.cache.CacheSession;
import io.panatorch.cache.Site;
import io.panatorch.cache.SiteKind;
import io.panatorch.nn.Linear;
import io.panatorch.nn.Weights;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Self-attention, in a spatial block attention to the text, and an MLP; diffusers' {@code BasicTransformerBlock} with
 * {@code ada_norm_single}.
 */
final class LatteBlock {

    /** Parts of a modulation: shift, scale and gate of the self-attention, then of the MLP. */
    static final int PARTS = 6;

    private static final int ATTENTION = 0;
    private static final int MLP = 3;
    private static final int GATE = 2;
    private static final int MLP_RATIO = 4;

    private final Site selfSite;
    private final Site crossSite;
    private final Site mlpSite;
    private final Attention selfAttention;
    private final Attention crossAttention;
    private final Linear up;
    private final Linear down;
    private final Tensor table;
    private final double eps;

    private LatteBlock(Weights weights, LatteConfig config, Site self, Site cross, Site mlp) throws IOException {
        int dim = config.innerDim();
        this.selfSite = self;
        this.crossSite = cross;
        this.mlpSite = mlp;
        this.selfAttention = new Attention(weights.at("attn1"), config);
        this.crossAttention = cross == null ? null : new Attention(weights.at("attn2"), config);
        Weights net = weights.at("ff").at("net");
        this.up = new Linear(net.at(0).at("proj"), dim, (long) MLP_RATIO * dim);
        this.down = new Linear(net.at(2), (long) MLP_RATIO * dim, dim);
        this.table = weights.get("scale_shift_table", PARTS, dim);
        this.eps = config.normEps();
    }

    /** A block among the places of a frame. Takes {@code transformer_blocks.LAYER}. */
    static LatteBlock spatial(Weights weights, LatteConfig config, int layer) throws IOException {
        String name = "transformer_blocks." + layer;
        return new LatteBlock(weights.at("transformer_blocks").at(layer), config,
                new Site(SiteKind.SPATIAL_ATTENTION, layer, name + ".attn1"),
                new Site(SiteKind.CROSS_ATTENTION, layer, name + ".attn2"),
                new Site(SiteKind.FEED_FORWARD, layer, name + ".ff"));
    }

    /** A block among the frames of a place. Takes {@code temporal_transformer_blocks.LAYER}. */
    static LatteBlock temporal(Weights weights, LatteConfig config, int layer) throws IOException {
        String name = "temporal_transformer_blocks." + layer;
        return new LatteBlock(weights.at("temporal_transformer_blocks").at(layer), config,
                new Site(SiteKind.TEMPORAL_ATTENTION, layer, name + ".attn1"),
                null,
                new Site(SiteKind.FEED_FORWARD, layer, name + ".ff"));
    }

    /** The sites in the order of execution. */
    List<Site> sites() {
        List<Site> sites = new ArrayList<>(List.of(selfSite));
        if (crossSite != null) {
            sites.add(crossSite);
        }
        sites.add(mlpSite);
        return sites;
    }

    /**
     * Runs the block.
     *
     * @param hidden {@code [batch, tokens, dim]}; borrowed
     * @param text {@code [batch, text tokens, dim]}, which a temporal block does not look at; borrowed
     * @param timestep {@code [PARTS, dim]}; borrowed
     * @return {@code [batch, tokens, dim]}, of the caller's scope
     */
    Tensor forward(Tensor hidden, Tensor text, Tensor timestep, CacheSession cache) {
        try (TensorScope scope = TensorScope.open()) {
            Tensor modulation = table.add(timestep); // [parts, dim]
            Tensor attended = cache.through(selfSite, hidden, x -> {
                Tensor normal = normalised(x, modulation, ATTENTION);
                return selfAttention.forward(normal, normal);
            });
            Tensor tokens = hidden.add(attended.mul(part(modulation, ATTENTION + GATE)));
            if (crossSite != null) { // neither norm nor gate
                tokens = tokens.add(
                        cache.through(crossSite, List.of(tokens, text), this::attendToText).getFirst());
            }
            Tensor mlp = cache.through(mlpSite, tokens, x -> mlp(normalised(x, modulation, MLP)));
            return scope.promote(tokens.add(mlp.mul(part(modulation, MLP + GATE))));
        }
    }

    private List<Tensor> attendToText(List<Tensor> tokensAndText) {
        return List.of(crossAttention.forward(tokensAndText.get(0), tokensAndText.get(1)));
    }

    private Tensor mlp(Tensor x) {
        try (TensorScope scope = TensorScope.open()) {
            Tensor wide = up.forward(x);
            Tensor active = wide.gelu(true);
            wide.close(); // the largest tensor of a block
            return scope.promote(down.forward(active));
        }
    }

    /** {@code norm(x) · (1 + scale) + shift}, in one pass over the tokens. */
    private Tensor normalised(Tensor x, Tensor modulation, int shift) {
        return x.layerNorm(part(modulation, shift + 1).add(1), part(modulation, shift), eps);
    }

    /** Part {@code index} as a vector of channels. */
    static Tensor part(Tensor modulation, int index) {
        return modulation.narrow(0, index, 1).squeeze(0); // [dim]
    }
}
