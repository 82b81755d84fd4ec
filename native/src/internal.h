/* What the files of the shim share. Nothing here is visible outside the library. */
#ifndef PANATORCH_INTERNAL_H
#define PANATORCH_INTERNAL_H

#include "panatorch.h"

#include <stdbool.h>
#include <stddef.h>

#define DTYPES 9

typedef int32_t status; /* libtorch's: 0 is success */
typedef void *handle;   /* libtorch's AtenTensorHandle, StableListHandle or StringHandle */

/*
 * libtorch's entry points, as its stable headers declare them. X(name, result, parameters): needed ones are all in
 * libtorch 2.10; optional ones came later, are missing in some builds, or live in a library beside it.
 */
#define NEEDED_FUNCTIONS(X)                                                                                          \
    X(torch_call_dispatcher, status, (const char *, const char *, uint64_t *, uint64_t))                             \
    X(torch_new_list_reserve_size, status, (size_t, handle *))                                                       \
    X(torch_list_push_back, status, (handle, uint64_t))                                                              \
    X(torch_list_size, status, (handle, size_t *))                                                                   \
    X(torch_list_get_item, status, (handle, size_t, uint64_t *))                                                     \
    X(torch_delete_list, status, (handle))                                                                           \
    X(torch_new_string_handle, status, (const char *, size_t, handle *))                                             \
    X(torch_delete_string, status, (handle))                                                                         \
    X(torch_string_length, status, (handle, size_t *))                                                               \
    X(torch_string_c_str, status, (handle, const char **))                                                           \
    X(torch_get_num_threads, status, (uint32_t *))                                                                   \
    X(aoti_torch_abi_version, uint64_t, (void))                                                                      \
    X(aoti_torch_new_tensor_handle, status, (handle, handle *))                                                      \
    X(aoti_torch_delete_tensor_object, status, (handle))                                                             \
    X(aoti_torch_empty_strided, status,                                                                              \
      (int64_t, const int64_t *, const int64_t *, int32_t, int32_t, int32_t, handle *))                              \
    X(aoti_torch_create_tensor_from_blob, status,                                                                    \
      (void *, int64_t, const int64_t *, const int64_t *, int64_t, int32_t, int32_t, int32_t, handle *))             \
    X(aoti_torch_scalar_to_tensor_float64, status, (double, handle *))                                               \
    X(aoti_torch_scalar_to_tensor_int64, status, (int64_t, handle *))                                                \
    X(aoti_torch_scalar_to_tensor_bool, status, (bool, handle *))                                                    \
    X(aoti_torch_aten_subtract_Tensor, status, (handle, handle, double, handle *))                                   \
    X(aoti_torch_aten_full, status,                                                                                  \
      (const int64_t *, int64_t, double, int32_t *, int32_t *, int32_t *, int32_t, int32_t *, handle *))             \
    X(aoti_torch_grad_mode_set_enabled, void, (bool))                                                                \
    X(aoti_torch_get_data_ptr, status, (handle, void **))                                                            \
    X(aoti_torch_get_storage_offset, status, (handle, int64_t *))                                                    \
    X(aoti_torch_get_storage_size, status, (handle, int64_t *))                                                      \
    X(aoti_torch_get_numel, status, (handle, int64_t *))                                                             \
    X(aoti_torch_get_dim, status, (handle, int64_t *))                                                               \
    X(aoti_torch_get_sizes, status, (handle, int64_t **))                                                            \
    X(aoti_torch_get_strides, status, (handle, int64_t **))                                                          \
    X(aoti_torch_get_dtype, status, (handle, int32_t *))                                                             \
    X(aoti_torch_get_layout, status, (handle, int32_t *))                                                            \
    X(aoti_torch_get_device_type, status, (handle, int32_t *))                                                       \
    X(aoti_torch_get_device_index, status, (handle, int32_t *))                                                      \
    X(aoti_torch_is_contiguous, status, (handle, bool *))                                                            \
    X(aoti_torch_device_type_cpu, int32_t, (void))                                                                   \
    X(aoti_torch_device_type_cuda, int32_t, (void))                                                                  \
    X(aoti_torch_device_type_meta, int32_t, (void))                                                                  \
    X(aoti_torch_memory_format_contiguous_format, int32_t, (void))                                                   \
    X(aoti_torch_memory_format_preserve_format, int32_t, (void))                                                     \
    X(aoti_torch_memory_format_channels_last, int32_t, (void))                                                       \
    X(aoti_torch_memory_format_channels_last_3d, int32_t, (void))                                                    \
    X(aoti_torch_layout_strided, int32_t, (void))                                                                    \
    X(aoti_torch_is_defined, status, (handle, bool *))                                                               \
    X(aoti_torch_dtype_element_size, size_t, (int32_t))                                                              \
    X(aoti_torch_dtype_float32, int32_t, (void))                                                                     \
    X(aoti_torch_dtype_float64, int32_t, (void))                                                                     \
    X(aoti_torch_dtype_bfloat16, int32_t, (void))                                                                    \
    X(aoti_torch_dtype_float16, int32_t, (void))                                                                     \
    X(aoti_torch_dtype_int64, int32_t, (void))                                                                       \
    X(aoti_torch_dtype_int32, int32_t, (void))                                                                       \
    X(aoti_torch_dtype_uint8, int32_t, (void))                                                                       \
    X(aoti_torch_dtype_int8, int32_t, (void))                                                                        \
    X(aoti_torch_dtype_bool, int32_t, (void))

#define OPTIONAL_FUNCTIONS(X)                                                                                        \
    X(torch_from_blob, status,                                                                                       \
      (void *, int64_t, const int64_t *, const int64_t *, int64_t, int32_t, int32_t, int32_t, handle *, int32_t,     \
       const uint8_t *, int64_t, void (*)(void *), void *))                                                          \
    X(torch_exception_get_what_without_backtrace, const char *, (void))                                              \
    X(torch_new_stable_ivalue, status, (uint64_t **))                                                                \
    X(torch_delete_stable_ivalue, status, (uint64_t *))                                                              \
    X(aoti_torch_cpu__linear_pointwise, status,                                                                      \
      (handle, handle, handle *, const char *, const double **, int64_t, const char **, handle *))                   \
    X(openblas_set_num_threads, void, (int))                                                                         \
    X(cudaGetDeviceCount, status, (int *))                                                                           \
    X(cudaRuntimeGetVersion, status, (int *))                                                                        \
    X(aoti_torch_get_current_cuda_stream, status, (int32_t, void **))                                                \
    X(torch_set_current_cuda_stream, status, (void *, int32_t))                                                      \
    X(torch_get_cuda_stream_from_pool, status, (bool, int32_t, void **))                                             \
    X(torch_cuda_stream_synchronize, status, (void *, int32_t))

/* What tells operators' schemas, see schema.c; C++, so nobody has promised that it stays. */
struct dispatcher {
    void *(*real_singleton)(void);
    void (*find_schema)(void *result, void *dispatcher, const void *operator_name);
    void (*dump_state)(void *text, const void *operator_entry);
    void (*all_names)(void *names, void *dispatcher);
};

/* The functions of the libtorch that is loaded; all NULL before pt_load. */
#define DECLARE(name, result, parameters) result(*name) parameters;
typedef struct libtorch {
    NEEDED_FUNCTIONS(DECLARE)
    OPTIONAL_FUNCTIONS(DECLARE)
    /* Have C++ names, so they are looked up one by one. */
    void *(*operator_new)(size_t);
    void (*operator_delete)(void *);
    struct dispatcher dispatcher;
    int32_t dtypes[DTYPES]; /* libtorch's number of each pt_dtype */
    const char *path; /* of libtorch_cpu */
    int64_t version;
    int64_t features;
} libtorch;
#undef DECLARE

extern libtorch torch;

/* Sets *error to a new text, printf style. Always returns -1, so that a caller can return it. */
int32_t fail(char **error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same after libtorch reported a failure: `what` and libtorch's own words. */
int32_t fail_with_torch(char **error, const char *what);

/* Must come before any call into libtorch's operators on a thread. Returns 0, or -1 before pt_load. */
int32_t enter(char **error);

/* A symbol from any of the libraries, NULL where none has it. */
void *find(void *const *libraries, int64_t count, const char *name);

/* What libtorch itself gets by a name that others define too: the process's own, such as an allocator's, comes first. */
void *find_in_process(void *const *libraries, int64_t count, const char *name);

/* ISO C has no cast from an object pointer to a function pointer; POSIX promises that the bits are the same. */
void assign(void *function_pointer, void *symbol);

/* libtorch's number for a pt_dtype or pt_device; -1 with an error for an unknown one, or an index that none has. */
int32_t torch_dtype(int32_t dtype, char **error);
int32_t torch_device(int32_t device, int32_t index, char **error);

/*
 * libtorch's index of a device. Its tensors on the CPU and on meta have -1, and it takes another index for another place:
 * `to` would copy every tensor that is already there.
 */
int32_t torch_device_index(int32_t device, int32_t index);

/* The pt_dtype and pt_device of one of libtorch's numbers. */
int64_t dtype_of(int32_t type);
int64_t device_of(int32_t type);

#define MAX_DIM 64
#define HEADER 5 /* numbers of pt_describe before the sizes */

/* Row-major strides of a shape. Returns 0, or -1 for sizes that cannot be. */
int32_t contiguous_strides(const int64_t *sizes, int64_t dim, int64_t *strides, char **error);

/* Whether its numbers have the other sign than those in memory, which libtorch puts off: of what `_neg_view` and `imag` return. */
bool is_negated(const pt_tensor *tensor);

/* Whether an operator may write to a tensor; where not, with an error. */
bool is_writable(const char *name, const pt_tensor *tensor, char **error);

/* Whether an address is in a file that is mapped. */
bool is_in_mapping(const void *address);

/* Whether any file is mapped. */
bool has_mappings(void);

/* Whether the schemas of operators can be read from this libtorch, which is tried on some that are known. */
bool has_schemas(const libtorch *found);

/* ---- libtorch's warnings, see warnings.c ---- */

/* Finds out once, when libtorch is loaded, whether its warnings can be had. */
void connect_warnings(void *const *libraries, int64_t count);

/* Where they can, has those of this thread kept for pt_take_warning from now on. */
void collect_warnings(void);

/* Hands this one, which is not libtorch's, over with the others; the first time only. */
void warn_once(const char *text);

/* ---- threads, see threads.c ---- */

/* Takes over how many libtorch has, when it is loaded. */
void connect_threads(const libtorch *found, void *const *libraries, int64_t count);

/* What comes after an operator. */
typedef enum threads_use { AS_BEFORE, RESTORE, DISMISS } threads_use;

/* Must come before every operator on the CPU: how long it takes on one thread, about. INFINITY where that cannot be told. */
threads_use begin_threads(double nanoseconds);

/* Must come after it, on the same thread. */
void end_threads(threads_use use);

/* Nanoseconds for an element of float32, or for a multiplication, on one core of an AMD EPYC with AVX2, from memory. */
#define COPYING 1.0
#define NORMALISING 1.0
#define EVALUATING 3.0 /* of exp and its like */
#define MULTIPLYING 0.03
#define ATTENDING 0.08
#define READING 0.25 /* of a weight */
#define OTHER_DTYPES 8 /* times as long: for some, libtorch has slow code */
/* Of an operator that is not known here: so much that of a few elements no matrix product, however dear, takes longer than waking. */
#define UNKNOWN 50.0

/* Elements of a tensor, those of other dtypes times OTHER_DTYPES, and of the result of two that are broadcast; INFINITY of none. */
double elements_of(const pt_tensor *x);
double elements_of_both(const pt_tensor *a, const pt_tensor *b);

/* A size of a tensor, counted from the last one if it is below 0; INFINITY where there is none. */
double size_of(const pt_tensor *x, int64_t dim);

/* ---- half types, see half.c ---- */

/* PT_FAST_BFLOAT16 and PT_FAST_FLOAT16, of the processor. */
int64_t fast_half_types(void);

/* Whether it computes products of a half type faster than those of float32. */
bool has_fast_half(int32_t dtype);

/* Whether a tensor is a strided one of this dtype and `dim` dimensions on the CPU, and its sizes, borrowed until it is released. */
bool is_on_cpu(const pt_tensor *tensor, int32_t dtype, int64_t dim, int64_t **sizes);

/* x in another dtype, on the CPU. */
pt_tensor *in_dtype(const pt_tensor *x, int32_t dtype, char **error);

/* The same, and x is released; of NULL it is NULL. */
pt_tensor *rounded(pt_tensor *x, int32_t dtype, char **error);

/* ---- a call of one operator: put the arguments in schema order, then run ---- */

#define MAX_ARGUMENTS 64

typedef struct call {
    const char *name;
    const char *overload;
    char **error;
    int count;
    bool failed; /* an argument could not be made: run gives back what was put and fails */
    bool on_meta; /* a tensor that was put has no memory */
    bool in_memory; /* one has, and has dimensions */
    double work; /* nanoseconds on one thread: 0, as of a view, until who puts the arguments says it; pt_call guesses */
    bool elsewhere; /* a tensor is not on the CPU: its threads have nothing to do */
    uint64_t stack[MAX_ARGUMENTS];
    uint8_t owned[MAX_ARGUMENTS]; /* what a slot owns until libtorch takes it, see dispatch.c */
} call;

/* `count` and `failed` are zero through the initialiser; the stack needs none. */
void begin(call *c, const char *name, const char *overload, char **error);
void put_none(call *c);
void put_int(call *c, int64_t value);
void put_double(call *c, double value);
void put_bool(call *c, bool value);
void put_tensor(call *c, const pt_tensor *tensor);
void put_string(call *c, const char *text, int64_t length);
void put_ints(call *c, const int64_t *values, int64_t count);
void put_doubles(call *c, const double *values, int64_t count);
void put_tensors(call *c, const pt_tensor *const *tensors, int64_t count);
/* Makes the argument put last an optional one that has a value. */
void make_optional(call *c);
/* NULL becomes None. */
void put_optional_tensor(call *c, const pt_tensor *tensor);

/* Runs the operator; on success the results are at the front of the stack and belong to the caller. */
int32_t run(call *c);
/* The usual case: one tensor. */
pt_tensor *run_for_tensor(call *c);

#endif
