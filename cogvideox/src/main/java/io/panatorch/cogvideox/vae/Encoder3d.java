package io.panatorch.cogvideox.vae;

import io.panatorch.nn.Activation;
import io.panatorch.nn.GroupNorm;
import io.panatorch.nn.Weights;
import io.panatorch.tensor.Tensor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** All steps from frames to the moments of latents, one after another: diffusers' {@code CogVideoXEncoder3D}. */
final class Encoder3d {

    private static final int MIDDLE_LAYERS = 2;
    private static final double NORM_OUT_EPS = 1e-6;

    private final List<Stage> stages = new ArrayList<>();
    private final VaeConfig config;

    Encoder3d(Weights weights, VaeConfig config) throws IOException {
        this.config = config;
        List<Integer> widths = config.blockOutChannels();
        int width = widths.getFirst();
        var convIn = new CausalConv3d(weights.at("conv_in"), config.inChannels(), width);
        stages.add((x, _, cache) -> convIn.forward(x, cache));
        for (int i = 0; i < widths.size(); i++) {
            addBlock(weights.at("down_blocks").at(i), width, i);
            width = widths.get(i);
        }
        Weights middle = weights.at("mid_block").at("resnets");
        for (int i = 0; i < MIDDLE_LAYERS; i++) {
            stages.add(new ResnetBlock3d(middle.at(i), width, width, config.actFn(), this::norm));
        }
        // The last activation is SiLU whatever the others are, and the last norm has an epsilon of its own.
        stages.add(new NormedConv3d(norm(weights.at("norm_out"), width, NORM_OUT_EPS), Activation.SILU,
                new CausalConv3d(weights.at("conv_out"), width, 2 * config.latentChannels())));
    }

    private void addBlock(Weights weights, int in, int index) throws IOException {
        int width = config.blockOutChannels().get(index);
        for (int i = 0; i < config.layersPerBlock(); i++) {
            Weights layer = weights.at("resnets").at(i);
            stages.add(new ResnetBlock3d(layer, i == 0 ? in : width, width, config.actFn(), this::norm));
        }
        if (index < config.blockOutChannels().size() - 1) {
            stages.add(new Downsample3d(weights.at("downsamplers").at(0), width, index < config.temporalUpsamplings()));
        }
    }

    private Norm3d norm(Weights weights, int channels) throws IOException {
        return norm(weights, channels, config.normEps());
    }

    private Norm3d norm(Weights weights, int channels, double eps) throws IOException {
        var norm = new GroupNorm(weights, config.normNumGroups(), channels, eps);
        return (x, _) -> norm.forward(x);
    }

    /**
     * {@return mean and logarithm of the variance for one batch of frames, one after the other in the channels:
     * {@code [batch, 2 · latentChannels, frames', h', w']}}
     *
     * @param frames borrowed, {@code [batch, inChannels, frames, h, w]}
     */
    Tensor forward(Tensor frames, ConvCache cache) {
        return Stage.forwardAll(stages, frames, null, cache, "within the encoder");
    }
}
