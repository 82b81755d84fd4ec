/*
 * Addition and its like, with tensors and with numbers.
 *
 * The dispatcher's C ABI has no way to pass a number where a schema says Scalar, which is what the schemas of add and
 * sub have for alpha, and those of the overloads for numbers for the number itself. Hence the two ways round in here.
 */
#include "internal.h"

static pt_tensor *binary(const char *name, const pt_tensor *a, const pt_tensor *b, char **error) {
    call c;
    begin(&c, name, "Tensor", error);
    put_tensor(&c, a);
    put_tensor(&c, b);
    return run_for_tensor(&c);
}

/* What addition has to know of an operand. */
typedef struct operand {
    int64_t dtype;
    int64_t dim;
    bool whole; /* of integers or booleans */
} operand;

/* Returns 0 or -1. */
static int32_t look_at(const char *name, const pt_tensor *x, operand *out, char **error) {
    int32_t type = 0;
    if (enter(error) != 0) return -1;
    if (x == NULL) return fail(error, "%s: a tensor is NULL", name);
    if (torch.aoti_torch_get_dtype((handle)x, &type) != 0 || torch.aoti_torch_get_dim((handle)x, &out->dim) != 0) {
        return fail_with_torch(error, name);
    }
    out->dtype = dtype_of(type);
    out->whole = out->dtype == PT_BOOL || out->dtype == PT_INT64 || out->dtype == PT_INT32 || out->dtype == PT_UINT8;
    return 0;
}

/* x in another dtype, where it is. */
static pt_tensor *converted(const pt_tensor *x, int64_t dtype, char **error) {
    call c;
    begin(&c, "aten::to", "dtype", error);
    put_tensor(&c, x);
    put_int(&c, c.failed ? 0 : torch_dtype((int32_t)dtype, error));
    put_bool(&c, false); /* non_blocking */
    put_bool(&c, false); /* copy */
    put_none(&c);        /* memory_format */
    return run_for_tensor(&c);
}

/* Whether a decides the result's dtype alone: b has no dimensions, and is not of a higher kind. */
static bool decides(const operand *a, const operand *b) {
    return a->dim > 0 && b->dim == 0 && (a->dtype != PT_BOOL || b->dtype == PT_BOOL);
}

/*
 * a + b of whole numbers: the sum over [a, b], stacked after broadcasting, which neither rounds nor refuses booleans.
 * Slower than add, but whole numbers are indices and positions, never large.
 */
static pt_tensor *sum_of_integers(const pt_tensor *a, const pt_tensor *b, char **error) {
    const pt_tensor *pair[2] = {a, b};
    pt_tensor *equal[2];
    const pt_value both = {.kind = PT_TENSORS, .length = 2, .data = pair};
    if (pt_call("aten::broadcast_tensors", "", &both, 1, equal, 2, -1, error) < 0) return NULL;

    pt_tensor *stacked = NULL;
    pt_tensor *result = NULL;
    operand left, right, common;
    const int64_t first = 0;
    const pt_value stack[2] = {{.kind = PT_TENSORS, .length = 2, .data = equal}, {.kind = PT_INT, .integer = 0}};
    if (pt_call("aten::stack", "", stack, 2, &stacked, 1, 1, error) == 1 &&
        look_at("aten::add", a, &left, error) == 0 && look_at("aten::add", b, &right, error) == 0 &&
        look_at("aten::add", stacked, &common, error) == 0) {
        int64_t dtype = decides(&left, &right) ? left.dtype : decides(&right, &left) ? right.dtype : common.dtype;
        const pt_value sum[4] = {{.kind = PT_TENSOR, .tensor = stacked},
                                 {.kind = PT_INTS | PT_OPTIONAL, .length = 1, .data = &first},
                                 {.kind = PT_BOOLEAN, .integer = 0},
                                 {.kind = PT_DTYPE | PT_OPTIONAL, .integer = dtype}};
        if (pt_call("aten::sum", "dim_IntList", sum, 4, &result, 1, 1, error) < 0) result = NULL;
    }
    pt_release(equal[0]);
    pt_release(equal[1]);
    pt_release(stacked);
    return result;
}

/*
 * a - alpha * b. The one entry point with alpha takes it as a double, which libtorch refuses for whole numbers, and
 * it subtracts, which libtorch refuses for booleans.
 */
static pt_tensor *subtract(const char *name, const pt_tensor *a, const pt_tensor *b, double alpha, char **error) {
    handle result = NULL;
    if (torch.aoti_torch_aten_subtract_Tensor((handle)a, (handle)b, alpha, &result) != 0) {
        fail_with_torch(error, name);
        return NULL;
    }
    return result;
}

/* boolean + b, where b is of floating point: true is 1. */
static pt_tensor *add_boolean(const pt_tensor *boolean, const pt_tensor *b, int64_t dtype, char **error) {
    pt_tensor *number = converted(boolean, dtype, error);
    if (number == NULL) return NULL;
    pt_tensor *result = subtract("aten::add", number, b, -1.0, error);
    pt_release(number);
    return result;
}

pt_tensor *pt_add(const pt_tensor *a, const pt_tensor *b, char **error) {
    operand left, right;
    if (look_at("aten::add", a, &left, error) != 0 || look_at("aten::add", b, &right, error) != 0) return NULL;
    if (left.whole && right.whole) return sum_of_integers(a, b, error);
    if (left.dtype == PT_BOOL) return add_boolean(a, b, right.dtype, error);
    if (right.dtype == PT_BOOL) return add_boolean(b, a, left.dtype, error);
    return subtract("aten::add", a, b, -1.0, error);
}

pt_tensor *pt_sub(const pt_tensor *a, const pt_tensor *b, char **error) {
    operand left, right;
    if (look_at("aten::sub", a, &left, error) != 0 || look_at("aten::sub", b, &right, error) != 0) return NULL;
    bool boolean = left.dtype == PT_BOOL || right.dtype == PT_BOOL; /* torch refuses these in its own words */
    if (boolean || !left.whole || !right.whole) return subtract("aten::sub", a, b, 1.0, error);
    call c;
    begin(&c, "aten::neg", "", error);
    put_tensor(&c, b);
    pt_tensor *negative = run_for_tensor(&c);
    if (negative == NULL) return NULL;
    pt_tensor *result = sum_of_integers(a, negative, error);
    pt_release(negative);
    return result;
}

pt_tensor *pt_mul(const pt_tensor *a, const pt_tensor *b, char **error) { return binary("aten::mul", a, b, error); }

pt_tensor *pt_div(const pt_tensor *a, const pt_tensor *b, char **error) { return binary("aten::div", a, b, error); }

/*
 * A number as the tensor that makes an operator with x do what it does with a Python float. A float64 tensor without
 * dimensions is that for an x with dimensions and of floating point: such an x decides the result's dtype, and the
 * number is not rounded before it has to be. An x without dimensions or of whole numbers would give in to the float64:
 * there the number is of x's dtype, or float32 for whole numbers, as in torch.
 */
static pt_tensor *number_for(const char *name, const pt_tensor *x, double value, char **error) {
    operand like;
    handle number = NULL;
    if (look_at(name, x, &like, error) != 0) return NULL;
    if (torch.aoti_torch_scalar_to_tensor_float64(value, &number) != 0) {
        fail_with_torch(error, name);
        return NULL;
    }
    if (like.dtype == PT_OTHER_DTYPE || (like.dim > 0 && !like.whole)) return number;
    pt_tensor *result = converted(number, like.whole ? PT_FLOAT32 : like.dtype, error);
    pt_release(number);
    return result;
}

typedef pt_tensor *(*binary_function)(const pt_tensor *, const pt_tensor *, char **);

static pt_tensor *with_number(const char *name, binary_function function, const pt_tensor *a, double b, char **error) {
    pt_tensor *number = number_for(name, a, b, error);
    if (number == NULL) return NULL;
    pt_tensor *result = function(a, number, error);
    pt_release(number);
    return result;
}

pt_tensor *pt_add_scalar(const pt_tensor *a, double b, char **error) {
    return with_number("aten::add", pt_add, a, b, error);
}

pt_tensor *pt_mul_scalar(const pt_tensor *a, double b, char **error) {
    return with_number("aten::mul", pt_mul, a, b, error);
}

pt_tensor *pt_div_scalar(const pt_tensor *a, double b, char **error) {
    return with_number("aten::div", pt_div, a, b, error);
}

/*
 * A number where x is: clamp, unlike addition and its like, takes none on the CPU for an x on an accelerator. There it is
 * written by a kernel, and nobody waits for a copy.
 */
static pt_tensor *bound_for(const pt_tensor *x, double value, char **error) {
    operand like;
    int32_t type = 0;
    int32_t device = 0;
    int32_t index = 0;
    handle result = NULL;
    if (look_at("aten::clamp", x, &like, error) != 0) return NULL;
    bool failed = torch.aoti_torch_get_dtype((handle)x, &type) != 0 ||
                  torch.aoti_torch_get_device_type((handle)x, &device) != 0 ||
                  torch.aoti_torch_get_device_index((handle)x, &index) != 0;
    if (like.whole) type = torch.dtypes[PT_FLOAT32];
    if (failed || torch.aoti_torch_aten_full(NULL, 0, value, &type, NULL, &device, index, NULL, &result) != 0) {
        fail_with_torch(error, "aten::clamp");
        return NULL;
    }
    return result;
}

pt_tensor *pt_clamp(const pt_tensor *x, double low, double high, char **error) {
    pt_tensor *lower = bound_for(x, low, error);
    pt_tensor *upper = lower == NULL ? NULL : bound_for(x, high, error);
    pt_tensor *result = NULL;
    if (upper != NULL) {
        call c;
        begin(&c, "aten::clamp", "Tensor", error);
        put_tensor(&c, x);
        put_optional_tensor(&c, lower);
        put_optional_tensor(&c, upper);
        result = run_for_tensor(&c);
    }
    pt_release(lower);
    pt_release(upper);
    return result;
}
