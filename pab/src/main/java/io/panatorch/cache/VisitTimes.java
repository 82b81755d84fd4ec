package io.panatorch.cache;

import io.panatorch.tensor.Device;
import io.panatorch.tensor.Tensor;
import java.util.List;

/** How long visits take, each without those of covered sites inside it, and without what the session does to measure changes. */
final class VisitTimes {

    private static final double NANOS = 1e9;

    private final boolean waits;
    private long excluded; // nanoseconds so far
    private double inside; // seconds of visits of covered sites so far

    /** @param waits for an accelerator, whose work runs behind the program; otherwise no times are known there */
    VisitTimes(boolean waits) {
        this.waits = waits;
    }

    /** A visit that has begun. */
    final class Visit {

        private final Device device;
        private final double insideBefore = inside;
        private final long start;

        private Visit(List<Tensor> inputs) {
            device = inputs.isEmpty() ? Device.CPU : inputs.getFirst().device();
            start = now();
        }

        private long now() {
            if (waits && device.kind() != Device.Kind.CPU) {
                device.synchronize();
            }
            return System.nanoTime() - excluded;
        }

        /**
         * {@return its own seconds, now that it ends; NaN where they are not known}
         *
         * @param covered whether a visit around it is not charged with it
         */
        double end(boolean covered) {
            if (!waits && device.kind() != Device.Kind.CPU) {
                return Double.NaN;
            }
            double seconds = (now() - start) / NANOS;
            double own = seconds - (inside - insideBefore);
            if (covered) {
                inside = insideBefore + seconds;
            }
            return own;
        }
    }

    /** @param inputs tensors where the work is done */
    Visit begin(List<Tensor> inputs) {
        return new Visit(inputs);
    }

    /** Does something that no visit is charged with. */
    void exclude(Runnable measurement) {
        long start = System.nanoTime();
        measurement.run();
        excluded += System.nanoTime() - start;
    }
}
