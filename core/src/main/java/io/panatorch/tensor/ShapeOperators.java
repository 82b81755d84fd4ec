package io.panatorch.tensor;

import io.panatorch.bindings.generated.Panatorch;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * What gives a tensor's elements another shape or order, or picks some: torch's "Indexing, Slicing, Joining, Mutating Ops".
 *
 * <p>A view shares memory with what it is made of. What joins several tensors is static:
 * {@link Tensor#cat}, {@link Tensor#stack}, {@link Tensor#where}.
 */
public sealed interface ShapeOperators permits Tensor {

    // ---- views -----------------------------------------------------------------------------------------------------------

    /** {@return a view in another shape, or a copy where a view cannot be; one size may be -1} */
    default Tensor reshape(long... sizes) {
        CallState state = CallState.begin("reshape", self());
        return state.finish(Panatorch.pt_reshape(self().handle(), state.frame.longs(sizes), sizes.length, state.error()));
    }

    /** {@return a view in which dimensions of size 1 are repeated to the given sizes; -1 leaves one as it is} */
    default Tensor expand(long... sizes) {
        CallState state = CallState.begin("expand", self());
        return state.finish(Panatorch.pt_expand(self().handle(), state.frame.longs(sizes), sizes.length, state.error()));
    }

    /** {@return a view with the dimensions in another order} */
    default Tensor permute(long... dimensions) {
        CallState state = CallState.begin("permute", self());
        return state.finish(
                Panatorch.pt_permute(self().handle(), state.frame.longs(dimensions), dimensions.length, state.error()));
    }

    /** {@return a view with two dimensions exchanged} */
    default Tensor transpose(int first, int second) {
        CallState state = CallState.begin("transpose", self());
        return state.finish(Panatorch.pt_transpose(self().handle(), first, second, state.error()));
    }

    /** {@return a view with a new dimension of size 1 at a place} */
    default Tensor unsqueeze(int dimension) {
        CallState state = CallState.begin("unsqueeze", self());
        return state.finish(Panatorch.pt_unsqueeze(self().handle(), dimension, state.error()));
    }

    /** {@return a view without the dimensions of size 1} */
    default Tensor squeeze() {
        return Operator.tensor("aten::squeeze(Tensor(a) self) -> Tensor(a)", this);
    }

    /** {@return a view without a dimension, if its size is 1} */
    default Tensor squeeze(int dimension) {
        CallState state = CallState.begin("squeeze", self());
        return state.finish(Panatorch.pt_squeeze(self().handle(), dimension, state.error()));
    }

    /**
     * {@return a view in which some dimensions have become one, or a copy where a view cannot be}
     *
     * @param start the first of them
     * @param end the last of them
     */
    default Tensor flatten(int start, int end) {
        return Operator.tensor("aten::flatten.using_ints(Tensor(a) self, int start_dim=0, int end_dim=-1) -> Tensor(a)",
                this, start, end);
    }

    /** {@return a view in which a dimension has become several, of which one size may be -1} */
    default Tensor unflatten(int dimension, long... sizes) {
        return Operator.tensor("aten::unflatten.int(Tensor(a) self, int dim, SymInt[] sizes) -> Tensor(a)",
                this, dimension, sizes);
    }

    // ---- parts, which are views ------------------------------------------------------------------------------------------

    /** {@return a view of {@code length} places of a dimension from {@code start} on} */
    default Tensor narrow(int dimension, long start, long length) {
        CallState state = CallState.begin("narrow", self());
        return state.finish(Panatorch.pt_narrow(self().handle(), dimension, start, length, state.error()));
    }

    /** {@return a view of one place of a dimension, counted backwards from -1, without that dimension} */
    default Tensor select(int dimension, long index) {
        return Operator.tensor("aten::select.int(Tensor(a) self, int dim, SymInt index) -> Tensor(a)",
                this, dimension, index);
    }

    /** {@return a view of a dimension's places from {@code start} to before {@code end}, Python's {@code x[start:end]}} */
    default Tensor slice(int dimension, long start, long end) {
        return slice(dimension, (Long) start, (Long) end, 1);
    }

    /** {@return the same, from the beginning or to the end where one of them is null} */
    default Tensor slice(int dimension, Long start, Long end) {
        return slice(dimension, start, end, 1);
    }

    /**
     * {@return a view of places of a dimension, Python's {@code x[start:end:step]}}
     *
     * <p>What is beyond the dimension is left out, as in Python.
     *
     * @param start the first place, counted backwards where negative; null for the beginning
     * @param end the place before which it ends, likewise; null for the end
     * @param step 1 or more
     */
    default Tensor slice(int dimension, Long start, Long end, long step) {
        return Operator.tensor("aten::slice.Tensor(Tensor(a) self, int dim=0, SymInt? start=None, SymInt? end=None, SymInt "
                + "step=1) -> Tensor(a)", this, dimension, start, end, step);
    }

    /** {@return views of a dimension in parts of {@code size} places, of which the last may have fewer} */
    default List<Tensor> split(long size, int dimension) {
        return Operator.tensors("aten::split.Tensor(Tensor(a -> *) self, SymInt split_size, int dim=0) -> Tensor(a)[]",
                this, size, dimension);
    }

    /** {@return views of a dimension in parts of as many places as the sizes say, which are all} */
    default List<Tensor> split(long[] sizes, int dimension) {
        return Operator.tensors("aten::split_with_sizes(Tensor(a -> *) self, SymInt[] split_sizes, int dim=0) -> "
                + "Tensor(a)[]", this, sizes, dimension);
    }

    /** {@return views of a dimension in {@code chunks} parts of about the same size, or fewer} */
    default List<Tensor> chunk(int chunks, int dimension) {
        return Operator.tensors("aten::chunk(Tensor(a -> *) self, int chunks, int dim=0) -> Tensor(a)[]",
                this, chunks, dimension);
    }

    /** {@return views of all places of a dimension, without it} */
    default List<Tensor> unbind(int dimension) {
        return Operator.tensors("aten::unbind.int(Tensor(a -> *) self, int dim=0) -> Tensor(a)[]", this, dimension);
    }

    // ---- elements by indices, which are copies ---------------------------------------------------------------------------

    /**
     * {@return the elements at indices, Python's {@code x[first, second]}}
     *
     * <p>The indices are broadcast to one shape, which takes the place of the dimensions that they are for. Booleans
     * stand for the places where they are true.
     *
     * @param indices int64 or boolean, for the first dimensions; null for all places of one, Python's {@code :}
     */
    default Tensor index(Tensor... indices) {
        if (Arrays.stream(indices).allMatch(Objects::isNull)) { // which libtorch takes for an error of its own
            return self().alias();
        }
        return Operator.tensor("aten::index.Tensor(Tensor self, Tensor?[] indices) -> Tensor", this, indices);
    }

    /** {@return the places of a dimension at int64 indices {@code [number]}} */
    default Tensor indexSelect(int dimension, Tensor index) {
        return Operator.tensor("aten::index_select(Tensor self, int dim, Tensor index) -> Tensor", this, dimension, index);
    }

    /** {@return the elements whose place in a dimension the int64 index says, of the index's shape} */
    default Tensor gather(int dimension, Tensor index) {
        return Operator.tensor("aten::gather(Tensor self, int dim, Tensor index, *, bool sparse_grad=False) -> Tensor",
                this, dimension, index);
    }

    /** {@return a copy with source's elements at the places that the int64 index says, the inverse of gather} */
    default Tensor scatter(int dimension, Tensor index, Tensor source) {
        return Operator.tensor("aten::scatter.src(Tensor self, int dim, Tensor index, Tensor src) -> Tensor",
                this, dimension, index, source);
    }

    /** {@return the elements where the boolean mask is true, one after another} */
    default Tensor maskedSelect(Tensor mask) {
        return Operator.tensor("aten::masked_select(Tensor self, Tensor mask) -> Tensor", this, mask);
    }

    /** {@return the indices of the elements that are not 0, int64 {@code [number, dimensions]}} */
    default Tensor nonzero() {
        return Operator.tensor("aten::nonzero(Tensor self) -> Tensor", this);
    }

    // ---- copies in another order -----------------------------------------------------------------------------------------

    /** {@return a copy with dimensions the other way round} */
    default Tensor flip(long... dimensions) {
        return Operator.tensor("aten::flip(Tensor self, int[] dims) -> Tensor", this, dimensions);
    }

    /** {@return a copy in which a dimension's places have moved on, and those beyond its end to its beginning} */
    default Tensor roll(long shift, int dimension) {
        return Operator.tensor("aten::roll(Tensor self, SymInt[1] shifts, int[1] dims=[]) -> Tensor",
                this, shift, dimension);
    }

    /** {@return copies of this beside each other, as many along each dimension as the numbers say} */
    default Tensor repeat(long... repeats) {
        return Operator.tensor("aten::repeat(Tensor self, SymInt[] repeats) -> Tensor", this, repeats);
    }

    /** {@return a copy with each place of a dimension {@code repeats} times} */
    default Tensor repeatInterleave(long repeats, int dimension) {
        return Operator.tensor("aten::repeat_interleave.self_int(Tensor self, SymInt repeats, int? dim=None, *, SymInt? "
                + "output_size=None) -> Tensor", this, repeats, dimension);
    }

    /** {@return a copy with 0 outside the lower triangle of the last two dimensions, up to a diagonal} */
    default Tensor tril(long diagonal) {
        return Operator.tensor("aten::tril(Tensor self, SymInt diagonal=0) -> Tensor", this, diagonal);
    }

    /** {@return a copy with 0 outside the upper triangle of the last two dimensions, up to a diagonal} */
    default Tensor triu(long diagonal) {
        return Operator.tensor("aten::triu(Tensor self, SymInt diagonal=0) -> Tensor", this, diagonal);
    }

    private Tensor self() {
        return (Tensor) this;
    }
}
