package io.panatorch.cogvideox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.panatorch.cache.calibration.Calibration;
import io.panatorch.cache.calibration.CalibrationOptions;
import io.panatorch.cache.calibration.Figures;
import io.panatorch.cache.calibration.SpeedUp;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("pure")
class CalibrationReportTest {

    private static List<String> lines(SpeedUp unseen, SpeedUp preset) {
        SpeedUp rough = new SpeedUp(9, 9, 9, 9);
        Calibration found = new Calibration(CalibrationOptions.of(30), List.of(), List.of(), 31, 1.4,
                new Figures(32, 28, 0.5, rough, 264), 85);
        return new CalibrationReport(found, figures(unseen), figures(preset), 8, unseen.pairs(), Map.of()).lines();
    }

    private static Figures figures(SpeedUp speedUp) {
        return new Figures(29, 25, 0.5, speedUp, 120);
    }

    @Test
    void tellsTheSpreadAndWhereItTellsNothing() {
        assertThat(lines(new SpeedUp(1.35, 1.3, 1.42, 4), new SpeedUp(1.02, 0.97, 1.1, 4))).containsExactly(
                "what  layers  computed at  timesteps between",
                "",
                "                                        speed-up  PSNR mean  PSNR least  reused",
                "expected, from 8 prompts                  1.40 ×    32.0 dB     28.0 dB     264",
                "measured on 4 unseen prompts  1.35 × (1.30–1.42)    29.0 dB     25.0 dB     120",
                "the authors' preset on those  1.02 × (0.97–1.10)    29.0 dB     25.0 dB     120",
                "note: the authors' preset on those: half of its videos were 0.97 to 1.10 times as fast, which tells nothing",
                "");
    }

    @Test
    void fewVideosTellNothing() {
        assertThat(lines(new SpeedUp(1.35, 1.3, 1.42, 3), new SpeedUp(1.02, 0.97, 1.1, 3)))
                .contains("note: a speed-up of fewer than 4 videos may be noise; what was computed is not")
                .anyMatch(line -> line.matches("measured on 3 unseen prompts +1\\.35 × +29\\.0 dB.*"));
    }
}
