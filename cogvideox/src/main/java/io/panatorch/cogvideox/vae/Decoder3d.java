package io.panatorch.cogvideox.vae;

import io.panatorch.nn.Activation;
import io.panatorch.nn.Weights;
import io.panatorch.tensor.Tensor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** All steps from latents to frames, one after another: diffusers' {@code CogVideoXDecoder3D}. */
final class Decoder3d {

    private static final int MIDDLE_LAYERS = 2;

    private final List<Stage> stages = new ArrayList<>();
    private final VaeConfig config;

    Decoder3d(Weights weights, VaeConfig config) throws IOException {
        this.config = config;
        List<Integer> widths = config.blockOutChannels().reversed();
        int width = widths.getFirst();
        var convIn = new CausalConv3d(weights.at("conv_in"), config.latentChannels(), width);
        stages.add((x, _, cache) -> convIn.forward(x, cache));
        Weights middle = weights.at("mid_block").at("resnets");
        for (int i = 0; i < MIDDLE_LAYERS; i++) {
            stages.add(new ResnetBlock3d(middle.at(i), width, width, config.actFn(), this::norm));
        }
        for (int i = 0; i < widths.size(); i++) {
            addBlock(weights.at("up_blocks").at(i), width, i);
            width = widths.get(i);
        }
        // The last activation is SiLU whatever the others are.
        stages.add(new NormedConv3d(norm(weights.at("norm_out"), width), Activation.SILU,
                new CausalConv3d(weights.at("conv_out"), width, config.outChannels())));
    }

    private void addBlock(Weights weights, int in, int index) throws IOException {
        List<Integer> widths = config.blockOutChannels().reversed();
        int width = widths.get(index);
        for (int i = 0; i <= config.layersPerBlock(); i++) {
            Weights layer = weights.at("resnets").at(i);
            stages.add(new ResnetBlock3d(layer, i == 0 ? in : width, width, config.actFn(), this::norm));
        }
        if (index < widths.size() - 1) {
            stages.add(new Upsample3d(weights.at("upsamplers").at(0), width, index < config.temporalUpsamplings()));
        }
    }

    private Norm3d norm(Weights weights, int channels) throws IOException {
        return new SpatialNorm3d(weights, channels, config.latentChannels(), config.normNumGroups());
    }

    /**
     * {@return the frames of one batch of latents, {@code [batch, outChannels, frames', h', w']}}
     *
     * @param latents borrowed, {@code [batch, latentChannels, frames, h, w]}
     */
    Tensor forward(Tensor latents, ConvCache cache) {
        return Stage.forwardAll(stages, latents, latents, cache, "within the decoder");
    }
}
