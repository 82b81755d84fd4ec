/*
 * The typed operators, but for arithmetic: each puts its schema's arguments in order, as
 * aten/src/ATen/native/native_functions.yaml has them.
 */
#include "internal.h"

#include <stdatomic.h>

static pt_tensor *unary(const char *name, const pt_tensor *x, char **error) {
    call c;
    begin(&c, name, "", error);
    put_tensor(&c, x);
    c.work = EVALUATING * elements_of(x);
    return run_for_tensor(&c);
}

pt_tensor *pt_exp(const pt_tensor *x, char **error) { return unary("aten::exp", x, error); }

pt_tensor *pt_sin(const pt_tensor *x, char **error) { return unary("aten::sin", x, error); }

pt_tensor *pt_cos(const pt_tensor *x, char **error) { return unary("aten::cos", x, error); }

pt_tensor *pt_silu(const pt_tensor *x, char **error) { return unary("aten::silu", x, error); }

pt_tensor *pt_relu(const pt_tensor *x, char **error) { return unary("aten::relu", x, error); }

pt_tensor *pt_gelu(const pt_tensor *x, int32_t tanh_approximation, char **error) {
    call c;
    begin(&c, "aten::gelu", "", error);
    put_tensor(&c, x);
    put_string(&c, tanh_approximation ? "tanh" : "none", 4);
    c.work = EVALUATING * elements_of(x);
    return run_for_tensor(&c);
}

pt_tensor *pt_matmul(const pt_tensor *a, const pt_tensor *b, char **error) {
    call c;
    begin(&c, "aten::matmul", "", error);
    put_tensor(&c, a);
    put_tensor(&c, b);
    c.work = UNKNOWN * (elements_of(a) + elements_of(b));
    return run_for_tensor(&c);
}

pt_tensor *pt_softmax(const pt_tensor *x, int64_t dim, char **error) {
    call c;
    begin(&c, "aten::softmax", "int", error);
    put_tensor(&c, x);
    put_int(&c, dim);
    put_none(&c);
    c.work = EVALUATING * elements_of(x);
    return run_for_tensor(&c);
}

pt_tensor *pt_layer_norm(const pt_tensor *x, const int64_t *normalized_shape, int64_t length, const pt_tensor *weight,
                         const pt_tensor *bias, double eps, char **error) {
    call c;
    begin(&c, "aten::layer_norm", "", error);
    put_tensor(&c, x);
    put_ints(&c, normalized_shape, length);
    put_optional_tensor(&c, weight);
    put_optional_tensor(&c, bias);
    put_double(&c, eps);
    put_bool(&c, true);
    c.work = NORMALISING * elements_of(x);
    return run_for_tensor(&c);
}

pt_tensor *pt_rms_norm(const pt_tensor *x, const int64_t *normalized_shape, int64_t length, const pt_tensor *weight,
                       double eps, char **error) {
    call c;
    begin(&c, "aten::rms_norm", "", error);
    put_tensor(&c, x);
    put_ints(&c, normalized_shape, length);
    put_optional_tensor(&c, weight);
    put_double(&c, eps);
    make_optional(&c);
    c.work = EVALUATING * elements_of(x);
    return run_for_tensor(&c);
}

pt_tensor *pt_group_norm(const pt_tensor *x, int64_t groups, const pt_tensor *weight, const pt_tensor *bias, double eps,
                         char **error) {
    call c;
    begin(&c, "aten::group_norm", "", error);
    put_tensor(&c, x);
    put_int(&c, groups);
    put_optional_tensor(&c, weight);
    put_optional_tensor(&c, bias);
    put_double(&c, eps);
    put_bool(&c, true);
    c.work = NORMALISING * elements_of(x);
    return run_for_tensor(&c);
}

/* Whether rows of the last dimension may have elements in common: as in a sliding window, or when it was expanded. */
static bool lies_over_itself(const pt_tensor *x) {
    int64_t dim = 0;
    int64_t *sizes;
    int64_t *strides;
    if (torch.aoti_torch_get_dim((handle)x, &dim) != 0 || torch.aoti_torch_get_sizes((handle)x, &sizes) != 0 ||
        torch.aoti_torch_get_strides((handle)x, &strides) != 0) {
        return false;
    }
    for (int64_t i = 0; i < dim - 1; i++) {
        if (sizes[i] > 1 && strides[i] < sizes[dim - 1] && strides[dim - 1] == 1) return true;
    }
    return false;
}

/* Multiplications of attention: each number of the query with one of every key, and the same of every value. */
static double attention_products(const pt_tensor *q, const pt_tensor *k) { return 2 * elements_of(q) * size_of(k, -2); }

static pt_tensor *fused_attention(const pt_tensor *q, const pt_tensor *k, const pt_tensor *v, const pt_tensor *mask,
                                  double scale, char **error) {
    call c;
    begin(&c, "aten::scaled_dot_product_attention", "", error);
    put_tensor(&c, q);
    put_tensor(&c, k);
    put_tensor(&c, v);
    put_optional_tensor(&c, mask);
    put_double(&c, 0.0);  /* dropout */
    put_bool(&c, false);  /* causal */
    put_double(&c, scale);
    make_optional(&c);
    put_bool(&c, false);  /* grouped queries */
    c.work = ATTENDING * attention_products(q, k);
    return run_for_tensor(&c);
}

/*
 * libtorch's fused attention on the CPU leaves elements of the result as it found them where rows of the query overlap, as those
 * of a sliding window do.
 */
static pt_tensor *attention(const pt_tensor *q, const pt_tensor *k, const pt_tensor *v, const pt_tensor *mask, double scale,
                            char **error) {
    if (q == NULL || !lies_over_itself(q)) return fused_attention(q, k, v, mask, scale, error);
    pt_tensor *apart = pt_contiguous(q, error);
    pt_tensor *result = apart == NULL ? NULL : fused_attention(apart, k, v, mask, scale, error);
    pt_release(apart);
    return result;
}

/* Whether all are of one half type on the CPU and have four dimensions, which is what models have. */
static bool are_half(int32_t dtype, const pt_tensor *q, const pt_tensor *k, const pt_tensor *v, const pt_tensor *mask) {
    int64_t *sizes;
    return is_on_cpu(q, dtype, 4, &sizes) && is_on_cpu(k, dtype, 4, &sizes) && is_on_cpu(v, dtype, 4, &sizes) &&
           (mask == NULL || is_on_cpu(mask, dtype, 4, &sizes));
}

/* See half.c: libtorch's fused attention is some 40 times slower in half types than in float32. */
static pt_tensor *attention_in_float32(int32_t dtype, const pt_tensor *q, const pt_tensor *k, const pt_tensor *v,
                                       const pt_tensor *mask, double scale, char **error) {
    const pt_tensor *half[4] = {q, k, v, mask};
    pt_tensor *wide[4] = {NULL};
    bool made = true;
    for (int i = 0; i < 4 && made; i++) {
        wide[i] = half[i] == NULL ? NULL : in_dtype(half[i], PT_FLOAT32, error);
        made = half[i] == NULL || wide[i] != NULL;
    }
    pt_tensor *result = made ? attention(wide[0], wide[1], wide[2], wide[3], scale, error) : NULL;
    for (int i = 0; i < 4; i++) pt_release(wide[i]);
    return rounded(result, dtype, error);
}

pt_tensor *pt_scaled_dot_product_attention(const pt_tensor *q, const pt_tensor *k, const pt_tensor *v,
                                           const pt_tensor *mask, double scale, char **error) {
    if (enter(error) != 0) return NULL;
    if (are_half(PT_BFLOAT16, q, k, v, mask)) return attention_in_float32(PT_BFLOAT16, q, k, v, mask, scale, error);
    if (are_half(PT_FLOAT16, q, k, v, mask)) return attention_in_float32(PT_FLOAT16, q, k, v, mask, scale, error);
    return attention(q, k, v, mask, scale, error);
}

pt_tensor *pt_upsample_nearest3d(const pt_tensor *x, const int64_t *size, char **error) {
    call c;
    begin(&c, "aten::upsample_nearest3d", "", error);
    put_tensor(&c, x);
    put_ints(&c, size, 3);
    for (int i = 0; i < 3; i++) put_none(&c); /* scales, which follow from the sizes */
    c.work = UNKNOWN * elements_of(x);
    return run_for_tensor(&c);
}

pt_tensor *pt_embedding(const pt_tensor *weight, const pt_tensor *indices, char **error) {
    call c;
    begin(&c, "aten::embedding", "", error);
    put_tensor(&c, weight);
    put_tensor(&c, indices);
    put_int(&c, -1);     /* padding_idx */
    put_bool(&c, false); /* scale_grad_by_freq */
    put_bool(&c, false); /* sparse */
    c.work = UNKNOWN * (elements_of(weight) + elements_of(indices));
    return run_for_tensor(&c);
}

pt_tensor *pt_cat(const pt_tensor *const *tensors, int64_t count, int64_t dim, char **error) {
    call c;
    begin(&c, "aten::cat", "", error);
    put_tensors(&c, tensors, count);
    put_int(&c, dim);
    for (int64_t i = 0; i < count; i++) c.work += UNKNOWN * elements_of(tensors[i]);
    return run_for_tensor(&c);
}

static pt_tensor *moved(const pt_tensor *x, int32_t type, int32_t place, int32_t index, bool non_blocking, char **error) {
    call c;
    begin(&c, "aten::to", "device", error);
    put_tensor(&c, x);
    put_int(&c, (int64_t)place << 32 | (uint32_t)index);
    put_int(&c, type);
    put_bool(&c, non_blocking);
    put_bool(&c, false); /* copy */
    put_none(&c);        /* memory_format */
    c.work = COPYING * elements_of(x);
    return run_for_tensor(&c);
}

/* libtorch rounds pinned memory up and keeps it for the next copy, so what is larger goes without. */
#define PINNED_UP_TO (1 << 28)

static bool is_worth_pinning(handle x, int32_t type) {
    int32_t device = 0;
    int64_t dim = 0;
    int64_t *sizes = NULL;
    if (torch.aoti_torch_get_device_type(x, &device) != 0 || device != torch.aoti_torch_device_type_cpu() ||
        torch.aoti_torch_get_dim(x, &dim) != 0 || torch.aoti_torch_get_sizes(x, &sizes) != 0) {
        return false;
    }
    double bytes = (double)torch.aoti_torch_dtype_element_size(type);
    for (int64_t i = 0; i < dim; i++) bytes *= (double)sizes[i];
    return bytes > 0 && bytes <= PINNED_UP_TO;
}

pt_tensor *pt_pin_memory(const pt_tensor *x, char **error) {
    call c;
    begin(&c, "aten::pin_memory", "", error);
    put_tensor(&c, x);
    put_none(&c); /* device */
    c.work = COPYING * elements_of(x);
    return run_for_tensor(&c);
}

/*
 * A copy of x in pinned memory, which a GPU reads by itself. libtorch does not use that memory again before it has been
 * read, so the copy may be released at once. NULL where there is none to be had or to be made; what is pinned already
 * counts as such, since its owner may write to it any time.
 */
static pt_tensor *pinned_copy(const pt_tensor *x, int32_t type) {
    void *here = NULL;
    void *there = NULL;
    char *refused = NULL;
    if (x == NULL || !is_worth_pinning((handle)x, type)) return NULL;
    pt_tensor *converted = moved(x, type, torch.aoti_torch_device_type_cpu(), -1, false, &refused);
    if (converted != NULL) {
        pt_tensor *pinned = pt_pin_memory(converted, &refused);
        torch.aoti_torch_get_data_ptr((handle)converted, &here);
        pt_release(converted);
        if (pinned != NULL && torch.aoti_torch_get_data_ptr(pinned, &there) == 0 && there != here) return pinned;
        pt_release(pinned);
    }
    pt_free(refused);
    return NULL;
}

/*
 * Whether a GPU has had a copy, which is noted. The first goes without: pinning sets up a GPU where none is, and not
 * always the one that is meant.
 */
static bool is_in_use(int32_t device_index) {
    static _Atomic uint64_t used;
    uint64_t bit = 1ull << (device_index & 63);
    return (atomic_fetch_or(&used, bit) & bit) != 0;
}

pt_tensor *pt_to(const pt_tensor *x, int32_t dtype, int32_t device, int32_t device_index, char **error) {
    if (enter(error) != 0) return NULL;
    int32_t type = torch_dtype(dtype, error);
    int32_t place = type < 0 ? -1 : torch_device(device, device_index, error);
    if (place < 0) return NULL;
    pt_tensor *pinned = device == PT_CUDA && is_in_use(device_index) ? pinned_copy(x, type) : NULL;
    pt_tensor *result = moved(pinned != NULL ? pinned : x, type, place, torch_device_index(device, device_index),
                              pinned != NULL, error);
    pt_release(pinned);
    return result;
}

int32_t pt_copy_(pt_tensor *dst, const pt_tensor *src, int32_t non_blocking, char **error) {
    call c;
    begin(&c, "aten::copy_", "", error);
    if (!c.failed && !is_writable(c.name, dst, error)) return -1;
    put_tensor(&c, dst);
    c.on_meta = c.in_memory = false; /* the two may be on different devices */
    put_tensor(&c, src);
    put_bool(&c, non_blocking != 0);
    c.work = COPYING * elements_of(dst);
    pt_tensor *same = run_for_tensor(&c);
    if (same == NULL) return -1;
    pt_release(same);
    return 0;
}

pt_tensor *pt_contiguous(const pt_tensor *x, char **error) {
    call c;
    begin(&c, "aten::contiguous", "", error);
    put_tensor(&c, x);
    put_int(&c, c.failed ? 0 : torch.aoti_torch_memory_format_contiguous_format());
    c.work = COPYING * elements_of(x);
    return run_for_tensor(&c);
}

pt_tensor *pt_clone(const pt_tensor *x, char **error) {
    call c;
    begin(&c, "aten::clone", "", error);
    put_tensor(&c, x);
    put_int(&c, c.failed ? 0 : torch.aoti_torch_memory_format_contiguous_format());
    make_optional(&c);
    c.work = COPYING * elements_of(x);
    return run_for_tensor(&c);
}

static pt_tensor *with_ints(const char *name, const pt_tensor *x, const int64_t *values, int64_t count, double work, char **error) {
    call c;
    begin(&c, name, "", error);
    put_tensor(&c, x);
    put_ints(&c, values, count);
    c.work = work;
    return run_for_tensor(&c);
}

pt_tensor *pt_reshape(const pt_tensor *x, const int64_t *sizes, int64_t dim, char **error) {
    return with_ints("aten::reshape", x, sizes, dim, COPYING * elements_of(x), error);
}

pt_tensor *pt_permute(const pt_tensor *x, const int64_t *dims, int64_t dim, char **error) {
    return with_ints("aten::permute", x, dims, dim, 0, error);
}

pt_tensor *pt_expand(const pt_tensor *x, const int64_t *sizes, int64_t dim, char **error) {
    call c;
    begin(&c, "aten::expand", "", error);
    put_tensor(&c, x);
    put_ints(&c, sizes, dim);
    put_bool(&c, false); /* implicit */
    return run_for_tensor(&c);
}

pt_tensor *pt_transpose(const pt_tensor *x, int64_t dim0, int64_t dim1, char **error) {
    call c;
    begin(&c, "aten::transpose", "int", error);
    put_tensor(&c, x);
    put_int(&c, dim0);
    put_int(&c, dim1);
    return run_for_tensor(&c);
}

pt_tensor *pt_unsqueeze(const pt_tensor *x, int64_t dim, char **error) {
    call c;
    begin(&c, "aten::unsqueeze", "", error);
    put_tensor(&c, x);
    put_int(&c, dim);
    return run_for_tensor(&c);
}

pt_tensor *pt_squeeze(const pt_tensor *x, int64_t dim, char **error) {
    call c;
    begin(&c, "aten::squeeze", "dim", error);
    put_tensor(&c, x);
    put_int(&c, dim);
    return run_for_tensor(&c);
}

pt_tensor *pt_narrow(const pt_tensor *x, int64_t dim, int64_t start, int64_t length, char **error) {
    call c;
    begin(&c, "aten::narrow", "", error);
    put_tensor(&c, x);
    put_int(&c, dim);
    put_int(&c, start);
    put_int(&c, length);
    return run_for_tensor(&c);
}
