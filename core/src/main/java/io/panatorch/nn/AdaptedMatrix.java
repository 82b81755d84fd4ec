package io.panatorch.nn;

import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.util.List;

/** A matrix of any kind, and low-rank changes that are calculated beside it. */
record AdaptedMatrix(Matrix base, List<LowRank> changes) implements Matrix {

    AdaptedMatrix {
        changes = List.copyOf(changes);
    }

    @Override
    public Tensor linear(Tensor x, Tensor bias) {
        try (TensorScope scope = TensorScope.open()) {
            Tensor sum = base.linear(x, bias);
            for (LowRank change : changes) {
                Tensor added = change.forward(x);
                Tensor next = sum.add(added);
                added.close(); // each is as large as the result
                sum.close();
                sum = next;
            }
            return scope.promote(sum);
        }
    }
}
