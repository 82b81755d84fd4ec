package io.panatorch.parallel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import io.panatorch.testing.TensorTest;
import org.junit.jupiter.api.Test;

@TensorTest
class RanksTest {

    @Test
    void aloneThereIsNothingToExchange() {
        try (Ranks ranks = Ranks.alone(); var _ = TensorScope.open()) {
            Tensor part = Tensor.of(new float[] {1, 2}, 1, 2);
            assertThat(ranks.allGather(part).toFloatArray()).containsExactly(1, 2);
            ranks.stop();
            ranks.abort(1);
            assertThat(ranks.rank()).isZero();
            assertThat(ranks.size()).isEqualTo(1);
            assertThat(ranks.traffic()).isEqualTo(Traffic.NONE);
        }
    }

    @Test
    void withoutMpiThereIsALine() {
        System.setProperty("panatorch.mpi", "libno-mpi.so");
        try {
            assertThatThrownBy(Ranks::mpi).isInstanceOf(RanksException.class).hasMessageStartingWith("no MPI is there (libno-mpi.so: ")
                    .hasMessageContaining("install Open MPI");
        } finally {
            System.clearProperty("panatorch.mpi");
        }
    }

    @Test
    void trafficIsCountedFromATimeOn() {
        assertThat(new Traffic(5, 100).since(new Traffic(2, 30))).isEqualTo(new Traffic(3, 70));
    }
}
