package io.panatorch.tensor;

/**
 * What a tensor makes of many elements, torch's "Reduction Ops", and what sorts them.
 *
 * <p>A dimension is counted from 0, or backwards from -1. Without {@code keepdim} the dimensions that are reduced go. An
 * empty array of dimensions stands for all.
 */
public sealed interface ReductionOperators permits Tensor {

    // ---- of numbers, to numbers ------------------------------------------------------------------------------------------

    /** {@return the sum over all elements; int64 for whole numbers, of shape {@code []}} */
    default Tensor sum() {
        return Operator.tensor("aten::sum(Tensor self, *, ScalarType? dtype=None) -> Tensor", this);
    }

    /** {@return the sum over a dimension; int64 for whole numbers} */
    default Tensor sum(int dimension) {
        return sum(dimension, false);
    }

    /** {@return the sum over a dimension; int64 for whole numbers} */
    default Tensor sum(int dimension, boolean keepdim) {
        return sum(new long[] {dimension}, keepdim);
    }

    /**
     * {@return the sum over dimensions; int64 for whole numbers}
     *
     * @param keepdim whether they stay, with size 1
     */
    default Tensor sum(long[] dimensions, boolean keepdim) {
        return Operator.tensor("aten::sum.dim_IntList(Tensor self, int[1]? dim, bool keepdim=False, *, ScalarType? "
                + "dtype=None) -> Tensor", this, dimensions, keepdim);
    }

    /** {@return the mean over all elements, of shape {@code []}} */
    default Tensor mean() {
        return Operator.tensor("aten::mean(Tensor self, *, ScalarType? dtype=None) -> Tensor", this);
    }

    /** {@return the mean over a dimension} */
    default Tensor mean(int dimension) {
        return mean(dimension, false);
    }

    /** {@return the mean over a dimension} */
    default Tensor mean(int dimension, boolean keepdim) {
        return mean(new long[] {dimension}, keepdim);
    }

    /**
     * {@return the mean over dimensions}
     *
     * @param keepdim whether they stay, with size 1
     */
    default Tensor mean(long[] dimensions, boolean keepdim) {
        return Operator.tensor("aten::mean.dim(Tensor self, int[1]? dim, bool keepdim=False, *, ScalarType? dtype=None) -> "
                + "Tensor", this, dimensions, keepdim);
    }

    /** {@return the product over all elements; int64 for whole numbers, of shape {@code []}} */
    default Tensor prod() {
        return Operator.tensor("aten::prod(Tensor self, *, ScalarType? dtype=None) -> Tensor", this);
    }

    /** {@return the product over a dimension; int64 for whole numbers} */
    default Tensor prod(int dimension) {
        return prod(dimension, false);
    }

    /**
     * {@return the product over a dimension; int64 for whole numbers}
     *
     * @param keepdim whether it stays, with size 1
     */
    default Tensor prod(int dimension, boolean keepdim) {
        return Operator.tensor("aten::prod.dim_int(Tensor self, int dim, bool keepdim=False, *, ScalarType? dtype=None) -> "
                + "Tensor", this, dimension, keepdim);
    }

    /** {@return the standard deviation over all elements, divided by one less than there are; of shape {@code []}} */
    default Tensor std() {
        return Operator.tensor("aten::std(Tensor self, bool unbiased=True) -> Tensor", this);
    }

    /**
     * {@return the standard deviation over dimensions}
     *
     * @param unbiased whether it is divided by one less than there are elements
     * @param keepdim whether the dimensions stay, with size 1
     */
    default Tensor std(long[] dimensions, boolean unbiased, boolean keepdim) {
        return Operator.tensor("aten::std.dim(Tensor self, int[1]? dim, bool unbiased=True, bool keepdim=False) -> Tensor",
                this, dimensions, unbiased, keepdim);
    }

    /** {@return the variance over all elements, divided by one less than there are; of shape {@code []}} */
    default Tensor var() {
        return Operator.tensor("aten::var(Tensor self, bool unbiased=True) -> Tensor", this);
    }

    /**
     * {@return the variance over dimensions}
     *
     * @param unbiased whether it is divided by one less than there are elements
     * @param keepdim whether the dimensions stay, with size 1
     */
    default Tensor var(long[] dimensions, boolean unbiased, boolean keepdim) {
        return Operator.tensor("aten::var.dim(Tensor self, int[1]? dim, bool unbiased=True, bool keepdim=False) -> Tensor",
                this, dimensions, unbiased, keepdim);
    }

    /** {@return the Euclidean norm over all elements, of shape {@code []}} */
    default Tensor norm() {
        return Operator.tensor("aten::norm.ScalarOpt_dim(Tensor self, Scalar? p, int[1] dim, bool keepdim=False) -> Tensor",
                this, null, new long[0]);
    }

    /** {@return the Euclidean norm over a dimension} */
    default Tensor norm(int dimension) {
        return norm(dimension, false);
    }

    /** {@return the Euclidean norm over a dimension} */
    default Tensor norm(int dimension, boolean keepdim) {
        return norm(new long[] {dimension}, keepdim);
    }

    /**
     * {@return the Euclidean norm over dimensions}
     *
     * @param keepdim whether they stay, with size 1
     */
    default Tensor norm(long[] dimensions, boolean keepdim) {
        return Operator.tensor("aten::norm.ScalarOpt_dim(Tensor self, Scalar? p, int[1] dim, bool keepdim=False) -> Tensor",
                this, null, dimensions, keepdim);
    }

    /** {@return the logarithm of the sum of e to the power of each element, over a dimension} */
    default Tensor logsumexp(int dimension) {
        return logsumexp(dimension, false);
    }

    /**
     * {@return the logarithm of the sum of e to the power of each element, over a dimension}
     *
     * @param keepdim whether it stays, with size 1
     */
    default Tensor logsumexp(int dimension, boolean keepdim) {
        return Operator.tensor("aten::logsumexp(Tensor self, int[1] dim, bool keepdim=False) -> Tensor",
                this, dimension, keepdim);
    }

    /** {@return the sums of the elements up to each place of a dimension; int64 for whole numbers} */
    default Tensor cumsum(int dimension) {
        return Operator.tensor("aten::cumsum(Tensor self, int dim, *, ScalarType? dtype=None) -> Tensor", this, dimension);
    }

    // ---- the largest and the smallest ------------------------------------------------------------------------------------

    /** {@return the largest element, of shape {@code []}; NaN where there is one} */
    default Tensor max() {
        return Operator.tensor("aten::max(Tensor self) -> Tensor", this);
    }

    /** {@return the largest elements of a dimension and where they are} */
    default ValuesAndIndices max(int dimension) {
        return max(dimension, false);
    }

    /**
     * {@return the largest elements of a dimension and where they are}
     *
     * @param keepdim whether it stays, with size 1
     */
    default ValuesAndIndices max(int dimension, boolean keepdim) {
        return ValuesAndIndices.of(
                Operator.withSchema("aten::max.dim(Tensor self, int dim, bool keepdim=False) -> (Tensor values, Tensor indices)")
                        .call(this, dimension, keepdim));
    }

    /** {@return the smallest element, of shape {@code []}; NaN where there is one} */
    default Tensor min() {
        return Operator.tensor("aten::min(Tensor self) -> Tensor", this);
    }

    /** {@return the smallest elements of a dimension and where they are} */
    default ValuesAndIndices min(int dimension) {
        return min(dimension, false);
    }

    /**
     * {@return the smallest elements of a dimension and where they are}
     *
     * @param keepdim whether it stays, with size 1
     */
    default ValuesAndIndices min(int dimension, boolean keepdim) {
        return ValuesAndIndices.of(
                Operator.withSchema("aten::min.dim(Tensor self, int dim, bool keepdim=False) -> (Tensor values, Tensor indices)")
                        .call(this, dimension, keepdim));
    }

    /**
     * {@return the largest elements over dimensions}
     *
     * @param keepdim whether they stay, with size 1
     */
    default Tensor amax(long[] dimensions, boolean keepdim) {
        return Operator.tensor("aten::amax(Tensor self, int[1] dim=[], bool keepdim=False) -> Tensor",
                this, dimensions, keepdim);
    }

    /**
     * {@return the smallest elements over dimensions}
     *
     * @param keepdim whether they stay, with size 1
     */
    default Tensor amin(long[] dimensions, boolean keepdim) {
        return Operator.tensor("aten::amin(Tensor self, int[1] dim=[], bool keepdim=False) -> Tensor",
                this, dimensions, keepdim);
    }

    /** {@return where the largest element is, counted through all, int64 of shape {@code []}} */
    default Tensor argmax() {
        return Operator.tensor("aten::argmax(Tensor self, int? dim=None, bool keepdim=False) -> Tensor", this);
    }

    /** {@return where the largest elements of a dimension are, int64} */
    default Tensor argmax(int dimension) {
        return argmax(dimension, false);
    }

    /**
     * {@return where the largest elements of a dimension are, int64}
     *
     * @param keepdim whether it stays, with size 1
     */
    default Tensor argmax(int dimension, boolean keepdim) {
        return Operator.tensor("aten::argmax(Tensor self, int? dim=None, bool keepdim=False) -> Tensor",
                this, dimension, keepdim);
    }

    /** {@return where the smallest element is, counted through all, int64 of shape {@code []}} */
    default Tensor argmin() {
        return Operator.tensor("aten::argmin(Tensor self, int? dim=None, bool keepdim=False) -> Tensor", this);
    }

    /** {@return where the smallest elements of a dimension are, int64} */
    default Tensor argmin(int dimension) {
        return argmin(dimension, false);
    }

    /**
     * {@return where the smallest elements of a dimension are, int64}
     *
     * @param keepdim whether it stays, with size 1
     */
    default Tensor argmin(int dimension, boolean keepdim) {
        return Operator.tensor("aten::argmin(Tensor self, int? dim=None, bool keepdim=False) -> Tensor",
                this, dimension, keepdim);
    }

    /** {@return the k largest elements of the last dimension, largest first, and where they are} */
    default ValuesAndIndices topk(long k) {
        return topk(k, -1, true, true);
    }

    /**
     * {@return k elements of a dimension and where they are}
     *
     * @param largest whether the largest, else the smallest
     * @param sorted whether in that order
     */
    default ValuesAndIndices topk(long k, int dimension, boolean largest, boolean sorted) {
        return ValuesAndIndices.of(Operator.withSchema("aten::topk(Tensor self, SymInt k, int dim=-1, bool largest=True, "
                        + "bool sorted=True) -> (Tensor values, Tensor indices)")
                .call(this, k, dimension, largest, sorted));
    }

    /** {@return the elements of a dimension in order and where they were; equal ones as they were} */
    default ValuesAndIndices sort(int dimension, boolean descending) {
        return ValuesAndIndices.of(Operator.withSchema("aten::sort.stable(Tensor self, *, bool? stable, int dim=-1, "
                        + "bool descending=False) -> (Tensor values, Tensor indices)")
                .with("stable", true).with("dim", dimension).with("descending", descending).call(this));
    }

    // ---- of booleans -----------------------------------------------------------------------------------------------------

    /** {@return whether one element of all elements is not 0, of shape {@code []}} */
    default Tensor any() {
        return Operator.tensor("aten::any(Tensor self) -> Tensor", this);
    }

    /** {@return whether one element of a dimension is not 0} */
    default Tensor any(int dimension) {
        return any(dimension, false);
    }

    /**
     * {@return whether one element of a dimension is not 0}
     *
     * @param keepdim whether it stays, with size 1
     */
    default Tensor any(int dimension, boolean keepdim) {
        return Operator.tensor("aten::any.dim(Tensor self, int dim, bool keepdim=False) -> Tensor",
                this, dimension, keepdim);
    }

    /** {@return whether every element of all elements is not 0, of shape {@code []}} */
    default Tensor all() {
        return Operator.tensor("aten::all(Tensor self) -> Tensor", this);
    }

    /** {@return whether every element of a dimension is not 0} */
    default Tensor all(int dimension) {
        return all(dimension, false);
    }

    /**
     * {@return whether every element of a dimension is not 0}
     *
     * @param keepdim whether it stays, with size 1
     */
    default Tensor all(int dimension, boolean keepdim) {
        return Operator.tensor("aten::all.dim(Tensor self, int dim, bool keepdim=False) -> Tensor",
                this, dimension, keepdim);
    }
}
