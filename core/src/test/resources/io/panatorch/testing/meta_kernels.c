/*
 * Kernels of libtorch's meta device for operators that have theirs in Python only: they compute shapes and dtypes, and
 * refuse what the kernels of a GPU refuse. Registered when this library is loaded, through libtorch's stable C ABI.
 *
 * A kernel owns the arguments on its stack and puts its results, which libtorch then owns, in their place. Arguments are
 * read and given back at once, so that nothing is left over where a check fails.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define MAX_DIM 8

typedef void *handle;

#define FUNCTIONS(X)                                                                                                  \
    X(aoti_torch_library_init_impl, int32_t, (const char *, const char *, const char *, uint32_t, handle *))          \
    X(aoti_torch_library_impl, int32_t, (handle, const char *, void (*)(uint64_t *, uint64_t, uint64_t)))             \
    X(aoti_torch_empty_strided, int32_t,                                                                              \
      (int64_t, const int64_t *, const int64_t *, int32_t, int32_t, int32_t, handle *))                               \
    X(aoti_torch_delete_tensor_object, int32_t, (handle))                                                             \
    X(aoti_torch_is_defined, int32_t, (handle, bool *))                                                               \
    X(aoti_torch_get_dtype, int32_t, (handle, int32_t *))                                                             \
    X(aoti_torch_get_device_type, int32_t, (handle, int32_t *))                                                       \
    X(aoti_torch_get_dim, int32_t, (handle, int64_t *))                                                               \
    X(aoti_torch_get_sizes, int32_t, (handle, int64_t **))                                                            \
    X(aoti_torch_device_type_meta, int32_t, (void))                                                                   \
    X(aoti_torch_dtype_float32, int32_t, (void))                                                                      \
    X(aoti_torch_dtype_float64, int32_t, (void))                                                                      \
    X(aoti_torch_dtype_float16, int32_t, (void))                                                                      \
    X(aoti_torch_dtype_complex32, int32_t, (void))                                                                    \
    X(aoti_torch_dtype_complex64, int32_t, (void))                                                                    \
    X(aoti_torch_dtype_complex128, int32_t, (void))                                                                   \
    X(aoti_torch_dtype_int64, int32_t, (void))                                                                        \
    X(aoti_torch_dtype_int32, int32_t, (void))                                                                        \
    X(aoti_torch_dtype_bool, int32_t, (void))                                                                         \
    X(torch_list_size, int32_t, (handle, size_t *))                                                                   \
    X(torch_list_get_item, int32_t, (handle, size_t, uint64_t *))                                                     \
    X(torch_delete_list, int32_t, (handle))

#define DECLARE(name, result, parameters) static result(*name) parameters;
FUNCTIONS(DECLARE)
#undef DECLARE

/* From 2.13 on; before, the cell of an optional argument is C++'s. */
static int32_t (*torch_delete_stable_ivalue)(uint64_t *);
static void (*operator_delete)(void *);

/* c10::detail::torchCheckFail throws what C cannot: function, file, line, message. */
static void (*check_fail)(const char *, const char *, uint32_t, const char *);

static void fail(const char *operator, const char *format, ...) {
    char text[512];
    int used = snprintf(text, sizeof text, "%s on meta: ", operator);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + used, sizeof text - (size_t)used, format, arguments);
    va_end(arguments);
    check_fail(operator, __FILE__, __LINE__, text);
}

/* ---- arguments and results -------------------------------------------------------------------------------------- */

typedef struct operand {
    bool given;
    int32_t dtype;
    int32_t device;
    int64_t dim;
    int64_t sizes[MAX_DIM];
} operand;

/* A convolution's missing bias is a tensor that is not defined. */
static operand tensor(uint64_t slot) {
    handle t = (handle)(uintptr_t)slot;
    operand result = {.given = false};
    int64_t *sizes = NULL;
    aoti_torch_is_defined(t, &result.given);
    if (result.given) {
        aoti_torch_get_dtype(t, &result.dtype);
        aoti_torch_get_device_type(t, &result.device);
        aoti_torch_get_dim(t, &result.dim);
        aoti_torch_get_sizes(t, &sizes);
        if (result.dim <= MAX_DIM) memcpy(result.sizes, sizes, (size_t)result.dim * sizeof *sizes);
    }
    aoti_torch_delete_tensor_object(t);
    return result;
}

/* What an optional argument holds; the slot must not be that of none, 0. */
static uint64_t inside(uint64_t slot) {
    uint64_t *cell = (uint64_t *)(uintptr_t)slot;
    uint64_t value = *cell;
    if (torch_delete_stable_ivalue != NULL) torch_delete_stable_ivalue(cell);
    else operator_delete(cell);
    return value;
}

static operand optional_tensor(uint64_t slot) { return slot == 0 ? (operand){.given = false} : tensor(inside(slot)); }

/* Returns how many there are; those that fit are in `out`. */
static int64_t ints(uint64_t slot, int64_t *out) {
    handle list = (handle)(uintptr_t)slot;
    size_t count = 0;
    torch_list_size(list, &count);
    for (size_t i = 0; i < count && i < MAX_DIM; i++) torch_list_get_item(list, i, (uint64_t *)&out[i]);
    torch_delete_list(list);
    return (int64_t)count;
}

static uint64_t empty(int32_t dtype, int64_t dim, const int64_t *sizes) {
    int64_t strides[MAX_DIM];
    int64_t stride = 1;
    handle result = NULL;
    for (int64_t i = dim - 1; i >= 0; i--) {
        strides[i] = stride;
        stride *= sizes[i] > 0 ? sizes[i] : 1;
    }
    aoti_torch_empty_strided(dim, sizes, strides, dtype, aoti_torch_device_type_meta(), -1, &result);
    return (uint64_t)(uintptr_t)result;
}

static uint64_t like(const operand *x) { return empty(x->dtype, x->dim, x->sizes); }

/* ---- what the kernels of a GPU check ---------------------------------------------------------------------------- */

static void require_meta(const char *operator, const operand *x) {
    if (x->given && x->device != aoti_torch_device_type_meta()) fail(operator, "an operand is on another device");
    if (x->dim > MAX_DIM) fail(operator, "an operand has more than %d dimensions", MAX_DIM);
}

/* The operands after the first may be left out. */
static void require_same(const char *operator, int count, const operand *const *all) {
    for (int i = 0; i < count; i++) {
        require_meta(operator, all[i]);
        if (all[i]->given && all[i]->dtype != all[0]->dtype) {
            fail(operator, "expected one dtype, found different ones in operands 1 and %d", i + 1);
        }
    }
}

#define REQUIRE_SAME(operator, ...)                                                                                   \
    do {                                                                                                              \
        const operand *const all[] = {__VA_ARGS__};                                                                   \
        require_same(operator, (int)(sizeof all / sizeof *all), all);                                                 \
    } while (0)

static void require_length(const char *operator, const operand *x, int64_t length) {
    if (x->given && (x->dim != 1 || x->sizes[0] != length)) {
        fail(operator, "expected a weight or bias of shape [%ld], found %ld dimensions of which the first is %ld", (long)length,
             (long)x->dim, (long)(x->dim > 0 ? x->sizes[0] : 0));
    }
}

/* ---- kernels ---------------------------------------------------------------------------------------------------- */

static void relu(uint64_t *stack, uint64_t arguments, uint64_t results) {
    (void)arguments, (void)results;
    operand x = tensor(stack[0]);
    require_meta("relu", &x);
    stack[0] = like(&x);
}

/* linear(input, weight, bias?) */
static void linear(uint64_t *stack, uint64_t arguments, uint64_t results) {
    (void)arguments, (void)results;
    operand x = tensor(stack[0]), weight = tensor(stack[1]), bias = optional_tensor(stack[2]);
    REQUIRE_SAME("linear", &x, &weight, &bias);
    if (x.dim < 1 || weight.dim != 2 || x.sizes[x.dim - 1] != weight.sizes[1]) {
        fail("linear", "expected as many features as the weight [out, in] takes, found %ld and %ld",
             (long)(x.dim < 1 ? 0 : x.sizes[x.dim - 1]), (long)(weight.dim == 2 ? weight.sizes[1] : -1));
    }
    require_length("linear", &bias, weight.sizes[0]);
    x.sizes[x.dim - 1] = weight.sizes[0];
    stack[0] = like(&x);
}

/* Of two shapes that end alike, the sizes of what comes before, in `a`. */
static bool broadcast(operand *a, const operand *b, int64_t tail) {
    if (a->dim < b->dim) {
        int64_t more = b->dim - a->dim;
        memmove(a->sizes + more, a->sizes, (size_t)a->dim * sizeof *a->sizes);
        for (int64_t i = 0; i < more; i++) a->sizes[i] = 1;
        a->dim = b->dim;
    }
    for (int64_t i = tail + 1; i <= b->dim; i++) {
        int64_t *left = &a->sizes[a->dim - i], right = b->sizes[b->dim - i];
        if (*left != right && *left != 1 && right != 1) return false;
        if (*left == 1) *left = right;
    }
    return true;
}

/* matmul(self, other), of matrices and batches of matrices */
static void matmul(uint64_t *stack, uint64_t arguments, uint64_t results) {
    (void)arguments, (void)results;
    operand a = tensor(stack[0]), b = tensor(stack[1]);
    REQUIRE_SAME("matmul", &a, &b);
    if (a.dim < 2 || b.dim < 2) fail("matmul", "vectors are not supported");
    if (a.sizes[a.dim - 1] != b.sizes[b.dim - 2]) {
        fail("matmul", "the shapes cannot be multiplied: %ld columns and %ld rows", (long)a.sizes[a.dim - 1],
             (long)b.sizes[b.dim - 2]);
    }
    if (!broadcast(&a, &b, 2)) fail("matmul", "the batches cannot be broadcast");
    a.sizes[a.dim - 1] = b.sizes[b.dim - 1];
    stack[0] = like(&a);
}

/* native_layer_norm(input, normalized_shape, weight?, bias?, eps) -> (result, mean, rstd) */
static void native_layer_norm(uint64_t *stack, uint64_t arguments, uint64_t results) {
    (void)arguments, (void)results;
    int64_t shape[MAX_DIM];
    operand x = tensor(stack[0]);
    int64_t length = ints(stack[1], shape);
    operand weight = optional_tensor(stack[2]), bias = optional_tensor(stack[3]);
    REQUIRE_SAME("layer_norm", &x, &weight, &bias);
    if (length != 1 || x.dim < 1 || x.sizes[x.dim - 1] != shape[0]) fail("layer_norm", "expected the size of the last dimension");
    require_length("layer_norm", &weight, shape[0]);
    require_length("layer_norm", &bias, shape[0]);
    stack[0] = like(&x);
    x.sizes[x.dim - 1] = 1;
    stack[1] = like(&x);
    stack[2] = like(&x);
}

/* native_group_norm(input, weight?, bias?, N, C, HxW, groups, eps) -> (result, mean, rstd) */
static void native_group_norm(uint64_t *stack, uint64_t arguments, uint64_t results) {
    (void)arguments, (void)results;
    operand x = tensor(stack[0]), weight = optional_tensor(stack[1]), bias = optional_tensor(stack[2]);
    int64_t batch = (int64_t)stack[3], channels = (int64_t)stack[4], groups = (int64_t)stack[6];
    REQUIRE_SAME("group_norm", &x, &weight, &bias);
    if (groups < 1 || channels % groups != 0) fail("group_norm", "%ld channels in %ld groups", (long)channels, (long)groups);
    require_length("group_norm", &weight, channels);
    require_length("group_norm", &bias, channels);
    stack[0] = like(&x);
    stack[1] = empty(x.dtype, 2, (int64_t[]){batch, groups});
    stack[2] = empty(x.dtype, 2, (int64_t[]){batch, groups});
}

/* convolution_overrideable(input, weight, bias?, stride, padding, dilation, transposed, output_padding, groups) */
static void convolution(uint64_t *stack, uint64_t arguments, uint64_t results) {
    (void)arguments, (void)results;
    int64_t stride[MAX_DIM], padding[MAX_DIM], dilation[MAX_DIM], output_padding[MAX_DIM];
    operand x = tensor(stack[0]), weight = tensor(stack[1]), bias = optional_tensor(stack[2]);
    ints(stack[3], stride);
    ints(stack[4], padding);
    ints(stack[5], dilation);
    ints(stack[7], output_padding);
    REQUIRE_SAME("convolution", &x, &weight, &bias);
    if (stack[6] != 0) fail("convolution", "transposed ones are not supported");
    if (x.dim != weight.dim || x.sizes[1] != weight.sizes[1] * (int64_t)stack[8]) {
        fail("convolution", "the weight takes %ld channels, found %ld", (long)weight.sizes[1], (long)x.sizes[1]);
    }
    require_length("convolution", &bias, weight.sizes[0]);
    x.sizes[1] = weight.sizes[0];
    for (int64_t i = 2; i < x.dim; i++) {
        int64_t kernel = dilation[i - 2] * (weight.sizes[i] - 1) + 1;
        int64_t padded = x.sizes[i] + 2 * padding[i - 2];
        if (padded < kernel) fail("convolution", "the kernel is larger than its padded input");
        x.sizes[i] = (padded - kernel) / stride[i - 2] + 1;
    }
    stack[0] = like(&x);
}

/* scaled_dot_product_attention(query, key, value, attn_mask?, dropout_p, is_causal, scale?, enable_gqa) */
static void attention(uint64_t *stack, uint64_t arguments, uint64_t results) {
    (void)arguments, (void)results;
    operand q = tensor(stack[0]), k = tensor(stack[1]), v = tensor(stack[2]), mask = optional_tensor(stack[3]);
    if (stack[6] != 0) inside(stack[6]);
    REQUIRE_SAME("attention", &q, &k, &v);
    require_meta("attention", &mask);
    if (mask.given && mask.dtype != q.dtype && mask.dtype != aoti_torch_dtype_bool()) {
        fail("attention", "expected a mask of booleans or of the query's dtype");
    }
    if (q.dim < 2 || q.dim != k.dim || q.dim != v.dim) fail("attention", "query, key and value differ in dimensions");
    int64_t last = q.dim - 1;
    for (int64_t i = 0; i < last - 1; i++) {
        if (q.sizes[i] != k.sizes[i] || q.sizes[i] != v.sizes[i]) fail("attention", "batches or heads differ");
    }
    if (q.sizes[last] != k.sizes[last]) fail("attention", "query and key differ in their last dimension");
    if (k.sizes[last - 1] != v.sizes[last - 1]) fail("attention", "key and value differ in their tokens");
    if (mask.given) {
        operand scores = q;
        scores.sizes[last] = k.sizes[last - 1];
        if (mask.dim > scores.dim || !broadcast(&mask, &scores, 0) ||
            memcmp(mask.sizes, scores.sizes, (size_t)scores.dim * sizeof *scores.sizes) != 0) {
            fail("attention", "the mask cannot be expanded to the scores");
        }
    }
    q.sizes[last] = v.sizes[last];
    stack[0] = like(&q);
}

/* index_select(self, dim, index), what embedding is made of */
static void index_select(uint64_t *stack, uint64_t arguments, uint64_t results) {
    (void)arguments, (void)results;
    operand x = tensor(stack[0]), index = tensor(stack[2]);
    int64_t dim = (int64_t)stack[1];
    require_meta("index_select", &x);
    require_meta("index_select", &index);
    if (index.dtype != aoti_torch_dtype_int64() && index.dtype != aoti_torch_dtype_int32()) {
        fail("index_select", "expected indices of int32 or int64");
    }
    if (dim < 0) dim += x.dim;
    if (dim < 0 || dim >= x.dim || index.dim > 1) fail("index_select", "expected a dimension and a vector of indices");
    x.sizes[dim] = index.dim == 0 ? 1 : index.sizes[0];
    stack[0] = like(&x);
}

/* The real and the complex dtype of each pair, as functions since they are libtorch's numbers. */
static int32_t other_kind(const char *operator, int32_t dtype, bool to_complex) {
    const int32_t real[3] = {aoti_torch_dtype_float32(), aoti_torch_dtype_float64(), aoti_torch_dtype_float16()};
    const int32_t complex[3] = {aoti_torch_dtype_complex64(), aoti_torch_dtype_complex128(), aoti_torch_dtype_complex32()};
    for (int i = 0; i < 3; i++) {
        if ((to_complex ? real : complex)[i] == dtype) return (to_complex ? complex : real)[i];
    }
    fail(operator, "there is no transform of this dtype");
    return -1;
}

static void transform(const char *operator, uint64_t *stack, bool to_complex) {
    int64_t dims[MAX_DIM];
    operand x = tensor(stack[0]);
    int64_t count = ints(stack[1], dims);
    require_meta(operator, &x);
    x.dtype = other_kind(operator, x.dtype, to_complex);
    int64_t *last = &x.sizes[dims[count - 1] < 0 ? dims[count - 1] + x.dim : dims[count - 1]];
    if (!to_complex) *last = (int64_t)stack[3];
    else if (stack[3] != 0) *last = *last / 2 + 1;
    stack[0] = like(&x);
}

/* _fft_r2c(self, dim, normalization, onesided) */
static void fft_r2c(uint64_t *stack, uint64_t arguments, uint64_t results) {
    (void)arguments, (void)results;
    transform("fft_r2c", stack, true);
}

/* _fft_c2r(self, dim, normalization, last_dim_size) */
static void fft_c2r(uint64_t *stack, uint64_t arguments, uint64_t results) {
    (void)arguments, (void)results;
    transform("fft_c2r", stack, false);
}

/* ---- registration ----------------------------------------------------------------------------------------------- */

static void assign(void *function_pointer, void *symbol) { memcpy(function_pointer, &symbol, sizeof symbol); }

__attribute__((constructor)) static void register_all(void) {
    void *torch = dlopen("libtorch_cpu.so", RTLD_NOW | RTLD_NOLOAD);
    void *c10 = dlopen("libc10.so", RTLD_NOW | RTLD_NOLOAD);
    handle library = NULL;
    if (torch == NULL || c10 == NULL) return; /* the operators stay without kernels, and say so */
#define RESOLVE(name, result, parameters) assign(&name, dlsym(torch, #name));
    FUNCTIONS(RESOLVE)
#undef RESOLVE
    assign(&torch_delete_stable_ivalue, dlsym(torch, "torch_delete_stable_ivalue"));
    assign(&operator_delete, dlsym(torch, "_ZdlPv"));
    assign(&check_fail, dlsym(c10, "_ZN3c106detail14torchCheckFailEPKcS2_jS2_"));
    if (aoti_torch_library_init_impl("aten", "Meta", __FILE__, __LINE__, &library) != 0) return;
    aoti_torch_library_impl(library, "relu", relu);
    aoti_torch_library_impl(library, "abs", relu);
    aoti_torch_library_impl(library, "linear", linear);
    aoti_torch_library_impl(library, "matmul", matmul);
    aoti_torch_library_impl(library, "native_layer_norm", native_layer_norm);
    aoti_torch_library_impl(library, "native_group_norm", native_group_norm);
    aoti_torch_library_impl(library, "convolution_overrideable", convolution);
    aoti_torch_library_impl(library, "scaled_dot_product_attention", attention);
    aoti_torch_library_impl(library, "index_select", index_select);
    aoti_torch_library_impl(library, "_fft_r2c", fft_r2c);
    aoti_torch_library_impl(library, "_fft_c2r", fft_c2r);
}
