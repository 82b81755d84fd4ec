package io.panatorch.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The values that go through the seam. */
@Tag("pure")
class CacheRunTest {

    private static final Site SITE = new Site(SiteKind.BLOCK, 0, "blocks.0");

    @Test
    void aRunIsACopy() {
        int[] timesteps = {999, 499};
        List<Site> sites = new ArrayList<>(List.of(SITE));
        CacheRun run = new CacheRun(sites, timesteps);
        timesteps[0] = 0;
        sites.clear();
        run.timesteps()[1] = 0;

        assertThat(run.timesteps()).containsExactly(999, 499);
        assertThat(run.sites()).containsExactly(SITE);
    }

    @Test
    void aRunIsNarrowedToKinds() {
        Site attention = new Site(SiteKind.CROSS_ATTENTION, 0, "blocks.0.attn2");
        CacheRun run = new CacheRun(List.of(SITE, attention), new int[] {999, 499}).of(SiteKind.ATTENTIONS);

        assertThat(run.sites()).containsExactly(attention);
        assertThat(run.timesteps()).containsExactly(999, 499);
    }

    @Test
    void aStepIsPartOfASchedule() {
        assertThat(Step.of(1, new int[] {999, 499})).isEqualTo(new Step(1, 2, 499, Branch.CONDITIONAL));
        assertThatIllegalArgumentException().isThrownBy(() -> new Step(2, 2, 0, Branch.CONDITIONAL)).withMessage("step 2 of 2");
        assertThatIllegalArgumentException().isThrownBy(() -> new Step(-1, 2, 0, Branch.CONDITIONAL)).withMessage("step -1 of 2");
    }

    @Test
    void aSiteHasAKindAndAName() {
        assertThatNullPointerException().isThrownBy(() -> new Site(null, 0, "x")).withMessage("kind");
        assertThatNullPointerException().isThrownBy(() -> new Site(SiteKind.BLOCK, 0, null)).withMessage("name");
    }
}
