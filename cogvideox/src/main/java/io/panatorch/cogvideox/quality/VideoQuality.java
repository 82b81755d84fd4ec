package io.panatorch.cogvideox.quality;

import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.Shape;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.util.Arrays;
import java.util.Objects;

/**
 * How close a video is to another one, which counts as right.
 *
 * <p>Videos are {@code [..., channels, height, width]} with values in [0, 1]; what comes before the channels, such as frames, is
 * all one video. All arithmetic is float64, one channel of one frame at a time.
 *
 * @param psnr peak signal-to-noise ratio in decibels, from the mean square over all values of the video; infinite where both are
 *     equal
 * @param ssim structural similarity up to 1, of each channel of each frame, and their mean: Wang et al., "Image quality
 *     assessment: from error visibility to structural similarity", 2004, with a Gaussian window of 11 × 11 and a deviation of 1.5,
 *     which lies inside the picture, K₁ = 0.01 and K₂ = 0.03
 */
public record VideoQuality(double psnr, double ssim) {

    private static final int WINDOW = 11;
    private static final double DEVIATION = 1.5;
    private static final double C1 = 0.01 * 0.01;
    private static final double C2 = 0.03 * 0.03;
    private static final double DECIBELS = 10;

    /**
     * Compares two videos.
     *
     * @param reference what is right; borrowed
     * @param video as large; borrowed
     * @throws IllegalArgumentException where their shapes differ, or a picture is smaller than the window of 11 × 11
     */
    public static VideoQuality of(Tensor reference, Tensor video) {
        Shape shape = Objects.requireNonNull(reference, "reference").shape();
        Objects.requireNonNull(video, "video");
        if (shape.dim() < 3 || !shape.equals(video.shape())) {
            throw new IllegalArgumentException("video quality: expected two videos of one shape [..., channels, height, width],"
                    + " found " + shape + " and " + video.shape());
        }
        long height = shape.size(-2);
        long width = shape.size(-1);
        if (height < WINDOW || width < WINDOW) {
            throw new IllegalArgumentException("SSIM: expected pictures of " + WINDOW + " × " + WINDOW
                    + " pixels or more, found " + height + " × " + width);
        }
        try (TensorScope _ = TensorScope.open()) {
            Tensor expected = reference.reshape(-1, 1, 1, height, width);
            Tensor found = video.reshape(-1, 1, 1, height, width);
            Tensor window = window(reference.device());
            long planes = expected.size(0);
            double squares = 0;
            double similarities = 0;
            for (long i = 0; i < planes; i++) {
                try (TensorScope _ = TensorScope.open()) {
                    Tensor x = plane(expected, i);
                    Tensor y = plane(found, i);
                    Tensor difference = x.sub(y);
                    squares += difference.mul(difference).mean().item();
                    similarities += ssim(x, y, window);
                }
            }
            return new VideoQuality(-DECIBELS * Math.log10(squares / planes), similarities / planes);
        }
    }

    /** {@code [1, 1, 1, height, width]} */
    private static Tensor plane(Tensor planes, long index) {
        return planes.narrow(0, index, 1).to(DType.FLOAT64);
    }

    private static double ssim(Tensor x, Tensor y, Tensor window) {
        Tensor meanX = mean(x, window);
        Tensor meanY = mean(y, window);
        Tensor meanXY = meanX.mul(meanY);
        Tensor squaredMeans = meanX.mul(meanX).add(meanY.mul(meanY));
        Tensor covariance = mean(x.mul(y), window).sub(meanXY);
        Tensor variances = mean(x.mul(x).add(y.mul(y)), window).sub(squaredMeans);
        Tensor same = meanXY.mul(2).add(C1).mul(covariance.mul(2).add(C2));
        return same.div(squaredMeans.add(C1).mul(variances.add(C2))).mean().item();
    }

    /**
     * The weighted mean around each pixel whose window lies inside the picture. As a picture of one frame: before a convolution in
     * two dimensions libtorch asks NNPACK, which on some machines complains on standard error each time.
     */
    private static Tensor mean(Tensor picture, Tensor window) {
        long[] stride = {1, 1, 1};
        long[] padding = {0, 0, 0};
        return picture.conv3d(window, null, stride, padding).conv3d(window.transpose(3, 4), null, stride, padding);
    }

    /** The column of the separable window, {@code [1, 1, 1, 11, 1]}. */
    private static Tensor window(Device device) {
        double[] weights = new double[WINDOW];
        Arrays.setAll(weights, i -> Math.exp(-Math.pow(i - WINDOW / 2, 2) / (2 * DEVIATION * DEVIATION)));
        double sum = Arrays.stream(weights).sum();
        Arrays.setAll(weights, i -> weights[i] / sum);
        return Tensor.of(weights, 1, 1, 1, WINDOW, 1).to(device);
    }
}
