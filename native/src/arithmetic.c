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
    c.work = COPYING * elements_of_both(a, b);
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
    out->whole = out->dtype == PT_BOOL || out->dtype == PT_INT64 || out->dtype == PT_INT32 || out->dtype == PT_UINT8 ||
                 out->dtype == PT_INT8;
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
    c.work = COPYING * elements_of(x);
    return run_for_tensor(&c);
}

/* Whether a decides the result's dtype alone: b has no dimensions, and is not of a higher kind. */
static bool decides(const operand *a, const operand *b) {
    return a->dim > 0 && b->dim == 0 && (a->dtype != PT_BOOL || b->dtype == PT_BOOL);
}

/* The two broadcast to one shape and stacked. Returns NULL where they do not fit together. */
static pt_tensor *stacked(const pt_tensor *a, const pt_tensor *b, char **error) {
    const pt_tensor *pair[2] = {a, b};
    const pt_value both = {.kind = PT_TENSORS, .length = 2, .data = pair};
    pt_value equal = {.kind = PT_TENSORS};
    pt_value stack = {.kind = PT_TENSOR};
    if (pt_call("aten::broadcast_tensors", "", &both, 1, &equal, 1, error) != 0) return NULL;
    const pt_value arguments[2] = {equal, {.kind = PT_INT, .integer = 0}};
    int32_t done = pt_call("aten::stack", "", arguments, 2, &stack, 1, error);
    pt_tensor *const *views = equal.data;
    for (int64_t i = 0; i < equal.length; i++) pt_release(views[i]);
    pt_free((char *)equal.data);
    return done == 0 ? (pt_tensor *)stack.tensor : NULL;
}

/*
 * a + b of whole numbers: the sum over [a, b], stacked after broadcasting, which neither rounds nor refuses booleans.
 * Slower than add, but whole numbers are indices and positions, never large.
 */
static pt_tensor *sum_of_integers(const pt_tensor *a, const pt_tensor *b, char **error) {
    operand left, right, common;
    const int64_t first = 0;
    pt_tensor *pair = stacked(a, b, error);
    pt_tensor *result = NULL;
    if (pair != NULL && look_at("aten::add", a, &left, error) == 0 && look_at("aten::add", b, &right, error) == 0 &&
        look_at("aten::add", pair, &common, error) == 0) {
        int64_t dtype = decides(&left, &right) ? left.dtype : decides(&right, &left) ? right.dtype : common.dtype;
        call c;
        begin(&c, "aten::sum", "dim_IntList", error);
        put_tensor(&c, pair);
        put_ints(&c, &first, 1);
        make_optional(&c);
        put_bool(&c, false); /* keepdim */
        put_int(&c, c.failed ? 0 : torch_dtype((int32_t)dtype, error));
        make_optional(&c);
        c.work = UNKNOWN * elements_of(pair);
        result = run_for_tensor(&c);
    }
    pt_release(pair);
    return result;
}

/*
 * a - alpha * b. The one entry point with alpha takes it as a double, which libtorch refuses for whole numbers, and
 * it subtracts, which libtorch refuses for booleans.
 */
static pt_tensor *subtract(const char *name, const pt_tensor *a, const pt_tensor *b, double alpha, char **error) {
    handle result = NULL;
    threads_use use = begin_threads(COPYING * elements_of_both(a, b));
    status done = torch.aoti_torch_aten_subtract_Tensor((handle)a, (handle)b, alpha, &result);
    end_threads(use);
    if (done != 0) {
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
    /* The negative of a b that is narrower than the difference would wrap around too early. */
    bool wider = torch.aoti_torch_dtype_element_size(torch.dtypes[left.dtype]) >
                 torch.aoti_torch_dtype_element_size(torch.dtypes[right.dtype]);
    pt_tensor *same = converted(b, wider ? left.dtype : right.dtype, error);
    if (same == NULL) return NULL;
    call c;
    begin(&c, "aten::neg", "", error);
    put_tensor(&c, same);
    c.work = COPYING * elements_of(same);
    pt_tensor *negative = run_for_tensor(&c);
    pt_release(same);
    if (negative == NULL) return NULL;
    pt_tensor *result = sum_of_integers(a, negative, error);
    pt_release(negative);
    return result;
}

pt_tensor *pt_mul(const pt_tensor *a, const pt_tensor *b, char **error) { return binary("aten::mul", a, b, error); }

pt_tensor *pt_div(const pt_tensor *a, const pt_tensor *b, char **error) { return binary("aten::div", a, b, error); }

/* A number as a tensor on the CPU: int64, float64 or bool, without dimensions. Returns 0 or -1. */
static int32_t number_tensor(const char *name, const pt_value *value, handle *out, char **error) {
    status result = value->kind == PT_INT       ? torch.aoti_torch_scalar_to_tensor_int64(value->integer, out)
                    : value->kind == PT_BOOLEAN ? torch.aoti_torch_scalar_to_tensor_bool(value->integer != 0, out)
                                                : torch.aoti_torch_scalar_to_tensor_float64(value->number, out);
    return result == 0 ? 0 : fail_with_torch(error, name);
}

/*
 * The dtype that a number has to have; PT_OTHER_DTYPE where its own will do. A tensor without dimensions gives in to an x with
 * dimensions unless it is of a higher kind: of floating point where x is of whole numbers, say. So the number is not rounded
 * before it has to be, but for two cases: with whole numbers a float64 would make a float64, where a Python float makes a
 * float32; and an x without dimensions would give in itself.
 */
static int64_t dtype_for(const operand *x, int64_t kind) {
    if (x->dtype == PT_OTHER_DTYPE) return PT_OTHER_DTYPE;
    if (kind == PT_DOUBLE && x->whole) return PT_FLOAT32;
    bool higher = kind == PT_INT && x->dtype == PT_BOOL;
    return x->dim > 0 || higher ? PT_OTHER_DTYPE : x->dtype;
}

/* A number as the tensor, on the CPU, that makes an operator with x do what it does with a Python number. */
static pt_tensor *number_for(const char *name, const pt_tensor *x, const pt_value *value, char **error) {
    operand like;
    handle number = NULL;
    if (look_at(name, x, &like, error) != 0 || number_tensor(name, value, &number, error) != 0) return NULL;
    int64_t dtype = dtype_for(&like, value->kind);
    if (dtype == PT_OTHER_DTYPE) return number;
    pt_tensor *result = converted(number, dtype, error);
    pt_release(number);
    return result;
}

pt_tensor *pt_number(const pt_tensor *x, const pt_value *value, char **error) {
    int32_t type = 0;
    int32_t device = 0;
    int32_t index = 0;
    pt_tensor *number = number_for("number", x, value, error);
    if (number == NULL) return NULL;
    bool known = torch.aoti_torch_get_dtype(number, &type) == 0 && torch.aoti_torch_get_device_type((handle)x, &device) == 0 &&
                 torch.aoti_torch_get_device_index((handle)x, &index) == 0;
    if (known && device == torch.aoti_torch_device_type_cpu()) return number;
    pt_tensor *result = NULL;
    if (known) result = pt_to(number, (int32_t)dtype_of(type), (int32_t)device_of(device), index, error);
    else fail_with_torch(error, "number");
    pt_release(number);
    return result;
}

typedef pt_tensor *(*binary_function)(const pt_tensor *, const pt_tensor *, char **);

static pt_tensor *with_number(const char *name, binary_function function, const pt_tensor *a, const pt_value *b, char **error) {
    pt_tensor *number = number_for(name, a, b, error);
    if (number == NULL) return NULL;
    pt_tensor *result = function(a, number, error);
    pt_release(number);
    return result;
}

pt_tensor *pt_add_scalar(const pt_tensor *a, const pt_value *b, char **error) {
    return with_number("aten::add", pt_add, a, b, error);
}

pt_tensor *pt_sub_scalar(const pt_tensor *a, const pt_value *b, char **error) {
    return with_number("aten::sub", pt_sub, a, b, error);
}

pt_tensor *pt_mul_scalar(const pt_tensor *a, const pt_value *b, char **error) {
    return with_number("aten::mul", pt_mul, a, b, error);
}

pt_tensor *pt_div_scalar(const pt_tensor *a, const pt_value *b, char **error) {
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
        c.work = COPYING * elements_of(x);
        result = run_for_tensor(&c);
    }
    pt_release(lower);
    pt_release(upper);
    return result;
}
