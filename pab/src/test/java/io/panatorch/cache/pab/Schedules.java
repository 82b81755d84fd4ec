package io.panatorch.cache.pab;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;

/** Timesteps as schedulers space them, and as none should. */
final class Schedules {

    private static final int TRAINED = 1000;

    private Schedules() {}

    static Map<String, int[]> of(int steps) {
        Map<String, int[]> all = new LinkedHashMap<>();
        double stride = (double) TRAINED / steps;
        int floor = TRAINED / steps;
        all.put("trailing", fill(steps, i -> (int) Math.rint(TRAINED - i * stride) - 1));
        all.put("leading", fill(steps, i -> (steps - 1 - i) * floor));
        all.put("leading, offset 1", fill(steps, i -> (steps - 1 - i) * floor + 1));
        all.put("linspace", fill(steps, i ->
                steps == 1 ? 0 : (int) Math.rint((TRAINED - 1) * (double) (steps - 1 - i) / (steps - 1))));
        all.put("constant", fill(steps, _ -> TRAINED / 2));
        all.put("rising", fill(steps, i -> (int) (i * stride)));
        all.put("in and out", fill(steps, i -> i % 3 == 0 ? 900 : 400));
        all.put("twice each", fill(steps, i -> (steps - 1 - i / 2) * floor));
        Random random = new Random(steps);
        all.put("random", fill(steps, _ -> random.nextInt(TRAINED)));
        return all;
    }

    /** Windows of interest for a run: common ones, and ones whose bounds are, or just miss, timesteps of the run. */
    static List<int[]> windows(int[] timesteps) {
        List<int[]> windows = new ArrayList<>(List.of(
                window(100, 800), window(100, 850), window(450, 930), window(0, 1000), window(-1, 1000), window(0, 999),
                window(50, 950), window(499, 501), window(500, 501), window(2000, 3000), window(-10, -1)));
        int first = timesteps[timesteps.length / 3];
        int second = timesteps[2 * timesteps.length / 3];
        for (int low = -1; low <= 1; low++) {
            for (int high = -1; high <= 1; high++) {
                int lower = Math.min(first, second) + low;
                int upper = Math.max(first, second) + high;
                if (lower < upper) {
                    windows.add(window(lower, upper));
                }
            }
        }
        return windows;
    }

    private static int[] window(int low, int high) {
        return new int[] {low, high};
    }

    private static int[] fill(int steps, IntUnaryOperator timestep) {
        return IntStream.range(0, steps).map(timestep).toArray();
    }
}
