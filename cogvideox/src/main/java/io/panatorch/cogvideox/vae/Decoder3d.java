package io.panatorch.cogvideox.vae;

import io.panatorch.cogvideox.config.Interrupts;
import io.panatorch.nn.Activation;
import io.panatorch.nn.Weights;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** All steps from latents to frames, one after another: diffusers' {@code CogVideoXDecoder3D}. */
final class Decoder3d {

    private static final int MIDDLE_LAYERS = 2;

    private final CausalConv3d convIn;
    private final List<Stage> stages = new ArrayList<>();

    Decoder3d(Weights weights, VaeConfig config) throws IOException {
        List<Integer> widths = config.blockOutChannels().reversed();
        int width = widths.getFirst();
        convIn = new CausalConv3d(weights.at("conv_in"), config.latentChannels(), width);
        Weights middle = weights.at("mid_block").at("resnets");
        for (int i = 0; i < MIDDLE_LAYERS; i++) {
            stages.add(new ResnetBlock3d(middle.at(i), width, width, config));
        }
        for (int i = 0; i < widths.size(); i++) {
            addBlock(weights.at("up_blocks").at(i), width, i, config);
            width = widths.get(i);
        }
        // The last activation is SiLU whatever the others are.
        stages.add(new NormedConv3d(
                new SpatialNorm3d(weights.at("norm_out"), width, config.latentChannels(), config.normNumGroups()),
                Activation.SILU, new CausalConv3d(weights.at("conv_out"), width, config.outChannels())));
    }

    private void addBlock(Weights weights, int in, int index, VaeConfig config) throws IOException {
        List<Integer> widths = config.blockOutChannels().reversed();
        int width = widths.get(index);
        for (int i = 0; i <= config.layersPerBlock(); i++) {
            stages.add(new ResnetBlock3d(weights.at("resnets").at(i), i == 0 ? in : width, width, config));
        }
        if (index < widths.size() - 1) {
            stages.add(new Upsample3d(weights.at("upsamplers").at(0), width, index < config.temporalUpsamplings()));
        }
    }

    /**
     * {@return the frames of one batch of latents, {@code [batch, outChannels, frames', h', w']}}
     *
     * @param latents borrowed, {@code [batch, latentChannels, frames, h, w]}
     */
    Tensor forward(Tensor latents, ConvCache cache) {
        try (var scope = TensorScope.open()) {
            Tensor x = convIn.forward(latents, cache);
            for (Stage stage : stages) {
                Interrupts.check("within the decoder");
                Tensor next = stage.forward(x, latents, cache);
                x.close();
                x = next;
            }
            return scope.promote(x);
        }
    }
}
