package io.panatorch.cache.calibration;

import java.util.Locale;

/** The target of a calibration cannot be kept. The message says what came nearest. */
public final class UnreachableTargetException extends Exception {

    private static final long serialVersionUID = 1L;

    UnreachableTargetException(String message) {
        super(message);
    }

    UnreachableTargetException(double target, double nearest) {
        super(String.format(Locale.ROOT, "no choice of what to skip keeps a PSNR of %.1f dB", target)
                + (Double.isFinite(nearest) ? String.format(Locale.ROOT, "; the nearest has about %.1f dB", nearest)
                : "") + "; choose a lower target");
    }
}
