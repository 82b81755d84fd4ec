package io.panatorch.tensor;

/**
 * Elements and where they were, as torch's named tuples of the same two; tuples can be taken apart in Java too: {@code
 * if (x.max(1) instanceof ValuesAndIndices(var values, var indices))}.
 *
 * @param values of the dtype they were found with
 * @param indices int64, their places in the dimension
 */
public record ValuesAndIndices(Tensor values, Tensor indices) {

    static ValuesAndIndices of(OperatorResult result) {
        return new ValuesAndIndices((Tensor) result.get(0), (Tensor) result.get(1));
    }
}
