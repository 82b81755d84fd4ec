/* Linear layers and convolutions, and which implementation computes them. */
#include "internal.h"

#include <string.h>

/*
 * Whether there is no bias, or one for each output that oneDNN reads right: whatever its strides, it takes the numbers that
 * follow the first. Half types are converted before, to numbers that do.
 */
static bool suits_onednn_bias(int32_t dtype, const pt_tensor *bias, int64_t outputs) {
    int64_t *sizes;
    bool contiguous = false;
    if (bias == NULL) return true;
    if (!is_on_cpu(bias, dtype, 1, &sizes) || sizes[0] != outputs) return false;
    return dtype != PT_FLOAT32 || (torch.aoti_torch_is_contiguous((handle)bias, &contiguous) == 0 && contiguous);
}

/* Whether places overlap, as those of a sliding window: oneDNN refuses such strides, but for those of 0. */
static bool has_windows(const pt_tensor *x, int64_t dim, const int64_t *sizes) {
    int64_t *strides;
    if (torch.aoti_torch_get_strides((handle)x, &strides) != 0) return true;
    for (int64_t i = 0; i < dim; i++) {
        int64_t within = 0; /* the distance that the dimensions of smaller strides span */
        for (int64_t j = 0; j < dim; j++) {
            bool smaller = strides[j] < strides[i] || (strides[j] == strides[i] && j > i);
            if (j != i && smaller && sizes[j] > 1) within += (sizes[j] - 1) * strides[j];
        }
        if (sizes[i] > 1 && strides[i] > 0 && strides[i] <= within) return true;
    }
    return false;
}

/*
 * aten::linear is OpenBLAS's product, which has one thread here (see load.c). oneDNN's uses all of libtorch's where the work is
 * worth it: measured on two cores it takes half the time of large layers. On one thread it takes as long as OpenBLAS's from about
 * four million multiplications on, and longer for small layers. Like the choice for conv3d below, this checks what the function
 * asked does not; everything unusual is left to aten.
 */
#define ONEDNN_LINEAR_FROM (1 << 22)

/* Whether the operands' numbers are those in memory, which oneDNN takes them to be. */
static bool are_as_in_memory(const pt_tensor *x, const pt_tensor *weight, const pt_tensor *bias) {
    return !is_negated(x) && !is_negated(weight) && (bias == NULL || !is_negated(bias));
}

static bool suits_onednn_linear(int32_t dtype, const pt_tensor *x, const pt_tensor *weight, const pt_tensor *bias) {
    int64_t dim = 0;
    int64_t *in, *kernel;
    if (torch.aoti_torch_cpu__linear_pointwise == NULL || x == NULL) return false;
    if (torch.aoti_torch_get_dim((handle)x, &dim) != 0 || dim < 2 || !is_on_cpu(x, dtype, dim, &in)) return false;
    if (!is_on_cpu(weight, dtype, 2, &kernel) || in[dim - 1] != kernel[1]) return false;
    if (!suits_onednn_bias(dtype, bias, kernel[0])) return false;
    if (has_windows(x, dim, in) || has_windows(weight, 2, kernel)) return false;
    double multiplications = (double)kernel[0];
    for (int64_t i = 0; i < dim; i++) multiplications *= (double)in[i];
    return multiplications >= ONEDNN_LINEAR_FROM && are_as_in_memory(x, weight, bias);
}

static const int32_t half_types[2] = {PT_BFLOAT16, PT_FLOAT16};

/* Nanoseconds for x [..., in] with a weight [out, in]; of few rows reading the weight is what takes time. */
static double linear_work(const pt_tensor *x, const pt_tensor *weight) {
    return MULTIPLYING * elements_of(x) * size_of(weight, 0) + READING * elements_of(weight);
}

static pt_tensor *onednn_linear(const pt_tensor *x, const pt_tensor *weight, const pt_tensor *bias, char **error) {
    handle optional_bias = (handle)bias;
    handle result = NULL;
    threads_use use = begin_threads(linear_work(x, weight));
    status done = torch.aoti_torch_cpu__linear_pointwise(
        (handle)x, (handle)weight, bias == NULL ? NULL : &optional_bias, "none", NULL, 0, NULL, &result);
    end_threads(use);
    if (done != 0) {
        fail_with_torch(error, "linear");
        return NULL;
    }
    return result;
}

/*
 * Half types, see half.c. The weight is converted part by part, so that the parts stay in memory that is used again and
 * again. That takes as long as the products of some 100 rows of x, and with few rows reading the weight is all there is to do.
 */
#define ROWS_IN_FLOAT32_FROM 128
#define CONVERTED_AT_ONCE (1 << 21)
#define MAX_ROW_DIM 8

static bool suits_float32_linear(int32_t dtype, const pt_tensor *x, const pt_tensor *weight, const pt_tensor *bias) {
    int64_t dim = 0;
    int64_t *in;
    if (has_fast_half(dtype) || !suits_onednn_linear(dtype, x, weight, bias)) return false;
    if (torch.aoti_torch_get_dim((handle)x, &dim) != 0 || dim > MAX_ROW_DIM || !is_on_cpu(x, dtype, dim, &in)) return false;
    int64_t rows = 1;
    for (int64_t i = 0; i < dim - 1; i++) rows *= in[i];
    return rows >= ROWS_IN_FLOAT32_FROM;
}

/* Puts outputs from..from + count of the layer of x, which is in float32, in their places. Returns 0 or -1. */
static int32_t put_outputs(pt_tensor *result, const pt_tensor *x, const pt_tensor *weight, const pt_tensor *bias, int64_t from,
                           int64_t count, char **error) {
    pt_tensor *rows = pt_narrow(weight, 0, from, count, error);
    pt_tensor *wide = rows == NULL ? NULL : in_dtype(rows, PT_FLOAT32, error);
    pt_tensor *some = wide == NULL || bias == NULL ? NULL : pt_narrow(bias, 0, from, count, error);
    pt_tensor *wide_bias = some == NULL ? NULL : in_dtype(some, PT_FLOAT32, error);
    bool made = wide != NULL && (bias == NULL || wide_bias != NULL);
    pt_tensor *outputs = made ? onednn_linear(x, wide, wide_bias, error) : NULL;
    pt_tensor *places = outputs == NULL ? NULL : pt_narrow(result, -1, from, count, error);
    int32_t done = places == NULL ? -1 : pt_copy_(places, outputs, 0, error);
    pt_tensor *const all[] = {rows, wide, some, wide_bias, outputs, places};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) pt_release(all[i]);
    return done;
}

static pt_tensor *linear_in_float32(int32_t dtype, const pt_tensor *x, const pt_tensor *weight, const pt_tensor *bias,
                                    char **error) {
    int64_t sizes[MAX_ROW_DIM];
    int64_t *in, *kernel;
    int64_t dim = 0;
    if (torch.aoti_torch_get_dim((handle)x, &dim) != 0 || !is_on_cpu(x, dtype, dim, &in) || !is_on_cpu(weight, dtype, 2, &kernel)) {
        fail_with_torch(error, "linear");
        return NULL;
    }
    int64_t out = kernel[0];
    int64_t part = CONVERTED_AT_ONCE / kernel[1] + 1;
    memcpy(sizes, in, (size_t)dim * sizeof *sizes);
    sizes[dim - 1] = out;
    pt_tensor *wide = in_dtype(x, PT_FLOAT32, error);
    pt_tensor *result = wide == NULL ? NULL : pt_empty(sizes, dim, dtype, PT_CPU, 0, error);
    for (int64_t from = 0; result != NULL && from < out; from += part) {
        int64_t count = part < out - from ? part : out - from;
        if (put_outputs(result, wide, weight, bias, from, count, error) != 0) {
            pt_release(result);
            result = NULL;
        }
    }
    pt_release(wide);
    return result;
}

pt_tensor *pt_linear(const pt_tensor *x, const pt_tensor *weight, const pt_tensor *bias, char **error) {
    if (enter(error) != 0) return NULL;
    if (suits_onednn_linear(PT_FLOAT32, x, weight, bias)) return onednn_linear(x, weight, bias, error);
    for (int i = 0; i < 2; i++) {
        if (suits_float32_linear(half_types[i], x, weight, bias)) return linear_in_float32(half_types[i], x, weight, bias, error);
    }
    call c;
    begin(&c, "aten::linear", "", error);
    put_tensor(&c, x);
    put_tensor(&c, weight);
    put_optional_tensor(&c, bias);
    c.work = linear_work(x, weight);
    return run_for_tensor(&c);
}

/* Nanoseconds for x with a weight [out, in, ...] at every place of x. */
static double convolution_work(const pt_tensor *x, const pt_tensor *weight) {
    return MULTIPLYING * elements_of(x) * elements_of(weight) / size_of(weight, 1);
}

static pt_tensor *convolution(const char *name, const pt_tensor *x, const pt_tensor *weight, const pt_tensor *bias,
                              const int64_t *stride, const int64_t *padding, int64_t dim, char **error) {
    static const int64_t ones[3] = {1, 1, 1};
    call c;
    begin(&c, name, "", error);
    put_tensor(&c, x);
    put_tensor(&c, weight);
    put_optional_tensor(&c, bias);
    put_ints(&c, stride, dim);
    put_ints(&c, padding, dim);
    put_ints(&c, ones, dim); /* dilation */
    put_int(&c, 1);          /* groups */
    c.work = convolution_work(x, weight);
    return run_for_tensor(&c);
}

pt_tensor *pt_conv2d(const pt_tensor *x, const pt_tensor *weight, const pt_tensor *bias, const int64_t *stride,
                     const int64_t *padding, char **error) {
    return convolution("aten::conv2d", x, weight, bias, stride, padding, 2, error);
}

/*
 * aten::conv3d gives a float32 convolution on the CPU to oneDNN only where batch * channels * frames * height of a
 * single sample is above 20480, and else unfolds x into a matrix: measured 2 to 14 times slower with a kernel of
 * 3 x 3 x 3, in 27 times the memory. This says where to ask oneDNN directly. It does not check shapes as
 * aten::conv3d does, so everything unusual, wrong shapes above all, is left to that; so is a kernel of 1 x 1 x 1, for
 * which a matrix product is quicker. The function tested first is exported by builds of libtorch with oneDNN only.
 */
static bool suits_onednn(int32_t dtype, const pt_tensor *x, const pt_tensor *weight, const pt_tensor *bias,
                         const int64_t *stride, const int64_t *padding) {
    int64_t *in, *kernel;
    if (torch.aoti_torch_cpu__linear_pointwise == NULL) return false;
    if (!is_on_cpu(x, dtype, 5, &in) || !is_on_cpu(weight, dtype, 5, &kernel)) return false;
    if (!suits_onednn_bias(dtype, bias, kernel[0])) return false;
    if (in[0] < 1 || in[1] < 1 || in[1] != kernel[1] || kernel[0] < 1) return false;
    for (int i = 0; i < 3; i++) {
        if (in[2 + i] < 1 || kernel[2 + i] < 1 || stride[i] < 1 || padding[i] < 0 || padding[i] > INT32_MAX) return false;
        if (in[2 + i] + 2 * padding[i] < kernel[2 + i]) return false;
    }
    return kernel[2] * kernel[3] * kernel[4] > 1 && are_as_in_memory(x, weight, bias);
}

/* aten::mkldnn_convolution has padding before stride. */
static pt_tensor *onednn_convolution(const pt_tensor *x, const pt_tensor *weight, const pt_tensor *bias,
                                     const int64_t *stride, const int64_t *padding, char **error) {
    return convolution("aten::mkldnn_convolution", x, weight, bias, padding, stride, 3, error);
}

/*
 * Half types, see half.c: aten::conv3d unfolds x as above, whatever its size, where the processor does not help, and asks
 * oneDNN where it has AVX512-BF16 and AVX512-FP16, which is no faster than float32 on one of Intel's, in float16 on none.
 */
static pt_tensor *convolution_in_float32(int32_t dtype, const pt_tensor *x, const pt_tensor *weight, const pt_tensor *bias,
                                         const int64_t *stride, const int64_t *padding, char **error) {
    pt_tensor *wide_x = in_dtype(x, PT_FLOAT32, error);
    pt_tensor *wide_weight = wide_x == NULL ? NULL : in_dtype(weight, PT_FLOAT32, error);
    pt_tensor *wide_bias = wide_weight == NULL || bias == NULL ? NULL : in_dtype(bias, PT_FLOAT32, error);
    bool made = wide_weight != NULL && (bias == NULL || wide_bias != NULL);
    pt_tensor *wide = made ? onednn_convolution(wide_x, wide_weight, wide_bias, stride, padding, error) : NULL;
    pt_release(wide_x);
    pt_release(wide_weight);
    pt_release(wide_bias);
    return rounded(wide, dtype, error);
}

pt_tensor *pt_conv3d(const pt_tensor *x, const pt_tensor *weight, const pt_tensor *bias, const int64_t *stride,
                     const int64_t *padding, char **error) {
    if (enter(error) != 0) return NULL;
    if (suits_onednn(PT_FLOAT32, x, weight, bias, stride, padding))
        return onednn_convolution(x, weight, bias, stride, padding, error);
    if (suits_onednn(PT_FLOAT16, x, weight, bias, stride, padding))
        return convolution_in_float32(PT_FLOAT16, x, weight, bias, stride, padding, error);
    if (!has_fast_half(PT_BFLOAT16) && suits_onednn(PT_BFLOAT16, x, weight, bias, stride, padding))
        return convolution_in_float32(PT_BFLOAT16, x, weight, bias, stride, padding, error);
    return convolution("aten::conv3d", x, weight, bias, stride, padding, 3, error);
}
