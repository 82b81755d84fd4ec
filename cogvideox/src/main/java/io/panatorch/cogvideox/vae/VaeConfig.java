package io.panatorch.cogvideox.vae;

import io.panatorch.cogvideox.config.ConfigFile;
import io.panatorch.io.InvalidFileException;
import io.panatorch.nn.Activation;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/**
 * How the decoder was built: the keys of {@code vae/config.json} that matter for it. The file may have others, which only
 * the encoder or nothing in diffusers' text-to-video reads.
 *
 * @param outChannels channels of a decoded frame
 * @param latentChannels channels of the latents
 * @param blockOutChannels channels after each block, in the encoder's order: the decoder goes from the last to the first
 * @param layersPerBlock residual layers of a block, less one
 * @param actFn the function inside residual layers
 * @param normNumGroups groups of each group norm, a divisor of all {@code blockOutChannels}
 * @param temporalCompressionRatio how many frames become one latent frame
 * @param scalingFactor latents are divided by it before they are decoded
 * @param usePostQuantConv whether a convolution over single places comes before the decoder
 */
public record VaeConfig(
        int outChannels,
        int latentChannels,
        List<Integer> blockOutChannels,
        int layersPerBlock,
        Activation actFn,
        int normNumGroups,
        int temporalCompressionRatio,
        double scalingFactor,
        boolean usePostQuantConv) {

    private static final String CLASS = "AutoencoderKLCogVideoX";
    private static final String UP_BLOCK = "CogVideoXUpBlock3D";
    private static final int MAX_BLOCKS = 16;

    /** Copies the list. */
    public VaeConfig {
        blockOutChannels = List.copyOf(blockOutChannels);
    }

    /**
     * Reads a {@code config.json} as diffusers wrote it; absent keys have the defaults of its class.
     *
     * @throws InvalidFileException where a key says what no such decoder can be, or another model
     * @throws IOException where the file cannot be read
     */
    public static VaeConfig read(Path file) throws IOException {
        ConfigFile config = ConfigFile.read(file);
        config.requireClass(CLASS);
        List<Integer> channels = blockOutChannels(config);
        requireUpBlocks(config, channels.size());
        return new VaeConfig(
                config.integer("out_channels", 3, 1),
                config.integer("latent_channels", 16, 1),
                channels,
                config.integer("layers_per_block", 3, 0),
                activation(config),
                groups(config, channels),
                temporalCompressionRatio(config),
                scalingFactor(config),
                usePostQuantConv(config));
    }

    private static List<Integer> blockOutChannels(ConfigFile config) throws InvalidFileException {
        List<Integer> channels = config.integers("block_out_channels", List.of(128, 256, 256, 512), 1);
        if (channels.isEmpty() || channels.size() > MAX_BLOCKS) {
            throw config.invalid("block_out_channels", "1 to " + MAX_BLOCKS + " numbers");
        }
        return channels;
    }

    private static void requireUpBlocks(ConfigFile config, int count) throws InvalidFileException {
        List<String> types = config.strings("up_block_types", Collections.nCopies(4, UP_BLOCK));
        if (!types.equals(Collections.nCopies(count, UP_BLOCK))) {
            throw config.invalid("up_block_types",
                    '"' + UP_BLOCK + "\" for each of the " + count + " block_out_channels");
        }
    }

    private static Activation activation(ConfigFile config) throws InvalidFileException {
        return switch (config.string("act_fn", "silu").toLowerCase(Locale.ROOT)) {
            case "silu", "swish" -> Activation.SILU;
            case "gelu" -> Activation.GELU;
            case "relu" -> Activation.RELU;
            default -> throw config.invalid("act_fn", "\"silu\", \"swish\", \"gelu\" or \"relu\"");
        };
    }

    private static int groups(ConfigFile config, List<Integer> channels) throws InvalidFileException {
        int groups = config.integer("norm_num_groups", 32, 1);
        if (channels.stream().anyMatch(count -> count % groups != 0)) {
            throw config.invalid("norm_num_groups", "a divisor of all block_out_channels " + channels);
        }
        return groups;
    }

    /** Python has a float here, so that 4.0 is as good as 4. */
    private static int temporalCompressionRatio(ConfigFile config) throws InvalidFileException {
        double ratio = config.number("temporal_compression_ratio", 4);
        if (ratio < 1 || ratio > 1 << MAX_BLOCKS || ratio != Math.rint(ratio)) {
            throw config.invalid("temporal_compression_ratio", "a whole number from 1 to " + (1 << MAX_BLOCKS));
        }
        return (int) ratio;
    }

    private static double scalingFactor(ConfigFile config) throws InvalidFileException {
        double factor = config.number("scaling_factor", 1.15258426);
        if (factor == 0) {
            throw config.invalid("scaling_factor", "a number other than 0");
        }
        return factor;
    }

    /** The layer has as many channels as a frame but is applied to latents, so it works only where the two are equal. */
    private static boolean usePostQuantConv(ConfigFile config) throws InvalidFileException {
        boolean used = config.bool("use_post_quant_conv", false);
        int out = config.integer("out_channels", 3, 1);
        int latent = config.integer("latent_channels", 16, 1);
        if (used && out != latent) {
            throw config.invalid("use_post_quant_conv",
                    "false where latent_channels (" + latent + ") and out_channels (" + out + ") differ");
        }
        return used;
    }

    /** {@return how many times higher and wider a decoded frame is than its latents} */
    public int spatialScale() {
        return 1 << blockOutChannels.size() - 1;
    }

    /** {@return how many blocks, counted from the smallest frames, also double the number of frames} */
    public int temporalUpsamplings() {
        int level = Integer.SIZE - 1 - Integer.numberOfLeadingZeros(temporalCompressionRatio);
        return Math.min(level, blockOutChannels.size() - 1);
    }

    /**
     * {@return how many frames are decoded from a number of latent frames}
     *
     * <p>An odd number stands for a video whose first frame is a latent frame of its own, an even one does not: with a
     * ratio of 4, 13 latent frames give 49 frames and 12 give 48.
     */
    public long decodedFrames(long latentFrames) {
        long single = latentFrames % 2;
        return single + (latentFrames - single << temporalUpsamplings());
    }
}
