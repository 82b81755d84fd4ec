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
 * How the autoencoder was built: the keys of {@code vae/config.json} that matter. The file may have others, which nothing
 * in diffusers' CogVideoX reads: {@code latents_mean}, {@code latents_std}, {@code shift_factor}, {@code force_upcast}.
 *
 * @param inChannels channels of a frame that is encoded
 * @param outChannels channels of a decoded frame
 * @param latentChannels channels of the latents
 * @param blockOutChannels channels after each block, in the encoder's order: the decoder goes from the last to the first
 * @param layersPerBlock residual layers of a block of the encoder; the decoder's have one more
 * @param actFn the function inside residual layers
 * @param normEps epsilon of the norms in the encoder's residual layers; all others have 1e-6
 * @param normNumGroups groups of each group norm, a divisor of all {@code blockOutChannels}
 * @param temporalCompressionRatio how many frames become one latent frame
 * @param sampleHeight height in pixels of the frames it is meant for, of which tiles are half unless asked otherwise
 * @param sampleWidth their width
 * @param scalingFactor latents are divided by it before they are decoded, and multiplied after they were encoded
 * @param invertScaleLatents whether a picture's latents are divided by the scaling factor instead, when a video is made of
 *     the picture: a fault of the training of CogVideoX 1.5 that its use has to repeat
 * @param useQuantConv whether a convolution over single places comes after the encoder
 * @param usePostQuantConv whether one comes before the decoder
 */
public record VaeConfig(
        int inChannels,
        int outChannels,
        int latentChannels,
        List<Integer> blockOutChannels,
        int layersPerBlock,
        Activation actFn,
        double normEps,
        int normNumGroups,
        int temporalCompressionRatio,
        int sampleHeight,
        int sampleWidth,
        double scalingFactor,
        boolean invertScaleLatents,
        boolean useQuantConv,
        boolean usePostQuantConv) {

    private static final String CLASS = "AutoencoderKLCogVideoX";
    private static final String DOWN_BLOCK = "CogVideoXDownBlock3D";
    private static final String UP_BLOCK = "CogVideoXUpBlock3D";
    private static final int MAX_BLOCKS = 16;

    /** Copies the list. */
    public VaeConfig {
        blockOutChannels = List.copyOf(blockOutChannels);
    }

    /**
     * Reads a {@code config.json} as diffusers wrote it; absent keys have the defaults of its class.
     *
     * @throws InvalidFileException where a key says what no such autoencoder can be, or another model
     * @throws IOException where the file cannot be read
     */
    public static VaeConfig read(Path file) throws IOException {
        ConfigFile config = ConfigFile.read(file);
        config.requireClass(CLASS);
        List<Integer> channels = blockOutChannels(config);
        requireBlocks(config, "down_block_types", DOWN_BLOCK, channels.size());
        requireBlocks(config, "up_block_types", UP_BLOCK, channels.size());
        return new VaeConfig(
                config.size("in_channels", 3),
                config.size("out_channels", 3),
                config.size("latent_channels", 16),
                channels,
                config.integer("layers_per_block", 3, 0),
                activation(config),
                normEps(config),
                groups(config, channels),
                temporalCompressionRatio(config),
                config.size("sample_height", 480),
                config.size("sample_width", 720),
                scalingFactor(config),
                config.bool("invert_scale_latents", false),
                usesConv(config, "use_quant_conv"),
                usesConv(config, "use_post_quant_conv"));
    }

    private static List<Integer> blockOutChannels(ConfigFile config) throws InvalidFileException {
        List<Integer> channels = config.integers("block_out_channels", List.of(128, 256, 256, 512), 1);
        if (channels.isEmpty() || channels.size() > MAX_BLOCKS) {
            throw config.invalid("block_out_channels", "1 to " + MAX_BLOCKS + " numbers");
        }
        return channels;
    }

    private static void requireBlocks(ConfigFile config, String key, String type, int count) throws InvalidFileException {
        List<String> types = config.strings(key, Collections.nCopies(4, type));
        if (!types.equals(Collections.nCopies(count, type))) {
            throw config.invalid(key, '"' + type + "\" for each of the " + count + " block_out_channels");
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

    private static double normEps(ConfigFile config) throws InvalidFileException {
        double eps = config.number("norm_eps", 1e-6);
        if (eps < 0) {
            throw config.invalid("norm_eps", "0 or more");
        }
        return eps;
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

    /** The layer is built for a frame's channels but applied to those of latents, so it works only where they are equal. */
    private static boolean usesConv(ConfigFile config, String key) throws InvalidFileException {
        boolean used = config.bool(key, false);
        int out = config.size("out_channels", 3);
        int latent = config.size("latent_channels", 16);
        if (used && out != latent) {
            throw config.invalid(key, "false where latent_channels (" + latent + ") and out_channels (" + out + ") differ");
        }
        return used;
    }

    /** {@return how many times higher and wider a decoded frame is than its latents} */
    public int spatialScale() {
        return 1 << blockOutChannels.size() - 1;
    }

    /** {@return how many of the decoder's first blocks also double the number of frames; as many of the encoder's halve it} */
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

    /**
     * {@return how many latent frames a number of frames is encoded to}
     *
     * <p>Frames are halved in number, rounded up, as often as there are {@link #temporalUpsamplings}: for the frames that the
     * encoder takes first, which are 8 and what does not make another 8, and for 8 at a time after them. With a ratio of 4,
     * 49 frames and 48 + 3 frames give 13 latent frames, 48 frames give 12.
     */
    public long encodedFrames(long frames) {
        long batch = CogVideoXVae.FRAMES_ENCODED_AT_ONCE;
        long first = Math.min(frames, batch + frames % batch);
        return halved(first) + (frames - first) / batch * halved(batch);
    }

    private long halved(long frames) {
        long step = 1L << temporalUpsamplings();
        return (frames + step - 1) / step;
    }
}
