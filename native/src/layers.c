/* Linear layers and convolutions, and which implementation computes them. */
#include "internal.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

/* Whether a tensor is of this dtype and `dim` dimensions on the CPU, and its sizes, borrowed until it is released. */
static bool is_on_cpu(const pt_tensor *tensor, int32_t dtype, int64_t dim, int64_t **sizes) {
    handle t = (handle)tensor;
    int32_t type = 0;
    int32_t device = 0;
    int64_t found = 0;
    return t != NULL && torch.aoti_torch_get_dtype(t, &type) == 0 && type == torch.dtypes[dtype] &&
           torch.aoti_torch_get_device_type(t, &device) == 0 && device == torch.aoti_torch_device_type_cpu() &&
           torch.aoti_torch_get_dim(t, &found) == 0 && found == dim && torch.aoti_torch_get_sizes(t, sizes) == 0;
}

/*
 * aten::linear is OpenBLAS's product, which has one thread here (see load.c). oneDNN's uses all of libtorch's: measured
 * on two cores it takes half the time from about four million multiplications on, and longer for small layers. Like
 * the choice for conv3d below, this checks what the function asked does not; everything unusual is left to aten.
 */
#define ONEDNN_LINEAR_FROM (1 << 22)

static bool suits_onednn_linear(const pt_tensor *x, const pt_tensor *weight, const pt_tensor *bias) {
    int64_t dim = 0;
    int64_t *in, *kernel, *out;
    if (torch.aoti_torch_cpu__linear_pointwise == NULL || x == NULL) return false;
    if (torch.aoti_torch_get_dim((handle)x, &dim) != 0 || dim < 2 || !is_on_cpu(x, PT_FLOAT32, dim, &in)) return false;
    if (!is_on_cpu(weight, PT_FLOAT32, 2, &kernel) || in[dim - 1] != kernel[1]) return false;
    if (bias != NULL && (!is_on_cpu(bias, PT_FLOAT32, 1, &out) || out[0] != kernel[0])) return false;
    double multiplications = (double)kernel[0];
    for (int64_t i = 0; i < dim; i++) multiplications *= (double)in[i];
    return multiplications >= ONEDNN_LINEAR_FROM;
}

static pt_tensor *onednn_linear(const pt_tensor *x, const pt_tensor *weight, const pt_tensor *bias, char **error) {
    handle optional_bias = (handle)bias;
    handle result = NULL;
    if (torch.aoti_torch_cpu__linear_pointwise((handle)x, (handle)weight, bias == NULL ? NULL : &optional_bias, "none",
                                               NULL, 0, NULL, &result) != 0) {
        fail_with_torch(error, "linear");
        return NULL;
    }
    return result;
}

pt_tensor *pt_linear(const pt_tensor *x, const pt_tensor *weight, const pt_tensor *bias, char **error) {
    if (enter(error) != 0) return NULL;
    if (suits_onednn_linear(x, weight, bias)) return onednn_linear(x, weight, bias, error);
    call c;
    begin(&c, "aten::linear", "", error);
    put_tensor(&c, x);
    put_tensor(&c, weight);
    put_optional_tensor(&c, bias);
    return run_for_tensor(&c);
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
    int64_t *in, *kernel, *out;
    if (torch.aoti_torch_cpu__linear_pointwise == NULL) return false;
    if (!is_on_cpu(x, dtype, 5, &in) || !is_on_cpu(weight, dtype, 5, &kernel)) return false;
    if (bias != NULL && (!is_on_cpu(bias, dtype, 1, &out) || out[0] != kernel[0])) return false;
    if (in[0] < 1 || in[1] < 1 || in[1] != kernel[1] || kernel[0] < 1) return false;
    for (int i = 0; i < 3; i++) {
        if (in[2 + i] < 1 || kernel[2 + i] < 1 || stride[i] < 1 || padding[i] < 0) return false;
        if (in[2 + i] + 2 * padding[i] < kernel[2 + i]) return false;
    }
    return kernel[2] * kernel[3] * kernel[4] > 1;
}

/* aten::mkldnn_convolution has padding before stride. */
static pt_tensor *onednn_convolution(const pt_tensor *x, const pt_tensor *weight, const pt_tensor *bias,
                                     const int64_t *stride, const int64_t *padding, char **error) {
    return convolution("aten::mkldnn_convolution", x, weight, bias, padding, stride, 3, error);
}

/*
 * Half types: where the processor does not help, aten::conv3d unfolds x as above, whatever its size. With AVX512-BF16
 * and AVX512-FP16 it asks oneDNN, which on an Intel processor takes 1.2 to 1.9 times as long as in float32 (measured: their
 * products come no faster than float32's). With AMX, and on AMD's processors, bfloat16 is the faster one. Elsewhere the
 * convolution is one of float32, rounded to the half type at its end.
 */
static bool has_fast_bfloat16(void) {
#if defined(__x86_64__)
    unsigned a, b, c, d;
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d) && (d >> 22 & 1)) return true; /* AMX-BF16 */
    if (!__get_cpuid_count(7, 1, &a, &b, &c, &d) || !(a >> 5 & 1)) return false; /* AVX512-BF16 */
    return __get_cpuid(0, &a, &b, &c, &d) && b == signature_AMD_ebx;
#else
    return true; /* not measured: as libtorch has it */
#endif
}

static pt_tensor *in_float32(int32_t dtype, const pt_tensor *x, const pt_tensor *weight, const pt_tensor *bias,
                             const int64_t *stride, const int64_t *padding, char **error) {
    pt_tensor *wide_x = pt_to(x, PT_FLOAT32, PT_CPU, 0, error);
    pt_tensor *wide_weight = wide_x == NULL ? NULL : pt_to(weight, PT_FLOAT32, PT_CPU, 0, error);
    pt_tensor *wide_bias = wide_weight == NULL || bias == NULL ? NULL : pt_to(bias, PT_FLOAT32, PT_CPU, 0, error);
    bool made = wide_weight != NULL && (bias == NULL || wide_bias != NULL);
    pt_tensor *wide = made ? onednn_convolution(wide_x, wide_weight, wide_bias, stride, padding, error) : NULL;
    pt_release(wide_x);
    pt_release(wide_weight);
    pt_release(wide_bias);
    pt_tensor *result = wide == NULL ? NULL : pt_to(wide, dtype, PT_CPU, 0, error);
    pt_release(wide);
    return result;
}

pt_tensor *pt_conv3d(const pt_tensor *x, const pt_tensor *weight, const pt_tensor *bias, const int64_t *stride,
                     const int64_t *padding, char **error) {
    if (enter(error) != 0) return NULL;
    if (suits_onednn(PT_FLOAT32, x, weight, bias, stride, padding))
        return onednn_convolution(x, weight, bias, stride, padding, error);
    if (suits_onednn(PT_FLOAT16, x, weight, bias, stride, padding))
        return in_float32(PT_FLOAT16, x, weight, bias, stride, padding, error);
    if (!has_fast_bfloat16() && suits_onednn(PT_BFLOAT16, x, weight, bias, stride, padding))
        return in_float32(PT_BFLOAT16, x, weight, bias, stride, padding, error);
    return convolution("aten::conv3d", x, weight, bias, stride, padding, 3, error);
}
