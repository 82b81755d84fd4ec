/* Linear layers and convolutions, and which implementation computes them. */
#include "internal.h"

/* Whether a tensor is one of `dim` dimensions that oneDNN takes, and its sizes, borrowed until it is released. */
static bool is_float32_on_cpu(const pt_tensor *tensor, int64_t dim, int64_t **sizes) {
    handle t = (handle)tensor;
    int32_t type = 0;
    int32_t device = 0;
    int64_t found = 0;
    return t != NULL && torch.aoti_torch_get_dtype(t, &type) == 0 && type == torch.dtypes[PT_FLOAT32] &&
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
    if (torch.aoti_torch_get_dim((handle)x, &dim) != 0 || dim < 2 || !is_float32_on_cpu(x, dim, &in)) return false;
    if (!is_float32_on_cpu(weight, 2, &kernel) || in[dim - 1] != kernel[1]) return false;
    if (bias != NULL && (!is_float32_on_cpu(bias, 1, &out) || out[0] != kernel[0])) return false;
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
static bool suits_onednn(const pt_tensor *x, const pt_tensor *weight, const pt_tensor *bias, const int64_t *stride,
                         const int64_t *padding) {
    int64_t *in, *kernel, *out;
    if (torch.aoti_torch_cpu__linear_pointwise == NULL) return false;
    if (!is_float32_on_cpu(x, 5, &in) || !is_float32_on_cpu(weight, 5, &kernel)) return false;
    if (bias != NULL && (!is_float32_on_cpu(bias, 1, &out) || out[0] != kernel[0])) return false;
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

pt_tensor *pt_conv3d(const pt_tensor *x, const pt_tensor *weight, const pt_tensor *bias, const int64_t *stride,
                     const int64_t *padding, char **error) {
    if (enter(error) != 0) return NULL;
    return suits_onednn(x, weight, bias, stride, padding)
               ? onednn_convolution(x, weight, bias, stride, padding, error)
               : convolution("aten::conv3d", x, weight, bias, stride, padding, 3, error);
}
