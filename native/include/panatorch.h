/*
 * panatorch.h: libtorch for callers that speak only C.
 *
 * WHAT THIS IS. A thin layer over libtorch's stable C ABI (torch/csrc/stable/c/shim.h and
 * torch/csrc/inductor/aoti_torch/c/shim.h in pytorch/pytorch), which libtorch exports from 2.10 on and keeps unchanged
 * for years. Nothing of libtorch is needed to compile this library: it declares the few entry points it uses itself
 * and finds them with dlsym when pt_load is called. The same binary therefore runs on every libtorch from 2.10 on, for
 * the CPU or with CUDA, from whichever package it comes.
 *
 * OWNERSHIP is written on every pointer, in three words.
 *   borrowed       the callee looks at it during the call and keeps nothing; the caller still owns it.
 *   new reference  the caller owns the result and gives it back with pt_release (tensors) or pt_free (text).
 *   until          a borrowed result, valid until the event named.
 * A pt_tensor is one reference to a libtorch tensor. Several references, views among them, may share one storage;
 * the storage goes when the last of them is released.
 *
 * ERRORS ARE VALUES. Every function that can fail takes `char **error` last. On success *error is left alone and the
 * result is valid; on failure the result is NULL (or -1) and *error is a new reference to a text that ends with
 * libtorch's own words, all of them. No C++ exception passes through, nothing aborts, and this library prints nothing.
 * (libtorch before 2.13 does not hand its words over: it prints them to stderr and the text says so.)
 *
 * WARNINGS of libtorch are kept for pt_take_warning instead of printed, where its libc10 lets them be had: that of 2.10
 * and that of 2.13 do. What libtorch says otherwise is out of reach and stays on stderr: warnings on threads of its own,
 * and what it writes to its log.
 *
 * THREADS. Every function may be called from every thread. Gradients are switched off on each calling thread at its
 * first operator call. A reference may be released on another thread than the one that made it.
 *
 * SHAPES are arrays of int64 with their length; dtypes and device types are the enums below, never libtorch's own
 * numbers. Operators have PyTorch's names and meaning: see its documentation of torch.nn.functional for the formulas.
 */
#ifndef PANATORCH_H
#define PANATORCH_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PT_API __attribute__((visibility("default")))

typedef struct pt_tensor pt_tensor;
typedef struct pt_mapping pt_mapping;

/* Element types. The numbers are this library's and do not change. */
enum pt_dtype {
    PT_FLOAT32 = 0,
    PT_FLOAT64 = 1,
    PT_BFLOAT16 = 2,
    PT_FLOAT16 = 3,
    PT_INT64 = 4,
    PT_INT32 = 5,
    PT_UINT8 = 6,
    PT_BOOL = 7,
    PT_INT8 = 8,
    PT_OTHER_DTYPE = -1
};

/* PT_META has no memory: its tensors have shapes and dtypes alone, and operators compute these. */
enum pt_device { PT_CPU = 0, PT_CUDA = 1, PT_META = 2, PT_OTHER_DEVICE = -1 };

/* Abilities of the libtorch that was loaded, and of the processor, as bits of pt_features(). */
enum pt_feature {
    PT_ERROR_TEXT = 1,    /* libtorch's error text reaches the caller (from 2.13 on) */
    PT_CUDA_LIBRARY = 2,  /* libtorch_cuda is loaded */
    PT_FAST_BFLOAT16 = 4, /* the processor multiplies bfloat16 faster than float32 */
    PT_FAST_FLOAT16 = 8,  /* and float16 */
    PT_SCHEMAS = 16       /* operators' schemas can be read: pt_schema, pt_operator_names */
};

/* ---- loading ---------------------------------------------------------------------------------------------------- */

/*
 * Loads libtorch: opens the given shared libraries in their order and resolves what this shim needs from them. To be
 * called once before everything else; a second call does nothing and succeeds. Where the process has a libtorch already,
 * loaded by something else, that one is taken: there cannot be two. Sets the environment variable OMP_WAIT_POLICY to
 * PASSIVE where it is not set; no other thread should read the environment, or call this shim, meanwhile.
 *   libraries  borrowed: `count` paths, dependencies first; libtorch_cpu must be among them. With a count of 0 one that
 *              is there already is taken, and where there is none nothing is loaded, which is no error.
 * Returns 0, or -1 with an error that names the library that does not open, or the functions that are missing, or
 * a libtorch older than 2.10 by its version.
 */
PT_API int32_t pt_load(const char *const *libraries, int64_t count, char **error);

/* This library's own version, such as "0.1.0". Borrowed for ever. */
PT_API const char *pt_version(void);

/* libtorch's version as major << 16 | minor << 8 | patch; 0 before pt_load. */
PT_API int64_t pt_libtorch_version(void);

/* The file of the libtorch_cpu that is loaded; NULL before pt_load. Borrowed for ever. */
PT_API const char *pt_libtorch_path(void);

/* Bits of pt_feature. */
PT_API int64_t pt_features(void);

/* How many GPUs CUDA sees; 0 without libtorch_cuda, a driver or a GPU. */
PT_API int64_t pt_cuda_device_count(void);

/* The version of the CUDA that libtorch runs on, such as 12080 for 12.8; 0 without libtorch_cuda, or where it does not say. */
PT_API int64_t pt_cuda_runtime_version(void);

/*
 * Waits until a device has done what this thread has asked of it, through the stream that is current now; on the CPU and
 * on PT_META that is always so. Returns 0 or -1.
 */
PT_API int32_t pt_synchronize(int32_t device, int32_t device_index, char **error);

/*
 * The oldest of libtorch's warnings, of all threads, that has not been taken; NULL where there is none. 64 are kept, and
 * what comes when there are that many is lost. Returns a new reference.
 */
PT_API char *pt_take_warning(void);

/* Frees a text that came through `char **error`, or a warning. NULL is allowed. */
PT_API void pt_free(char *text);

/*
 * The bytes of C's heap that are in use in this process: tensors of the CPU lie there, and all that libtorch keeps beside them. -1
 * where the C library does not count them.
 */
PT_API int64_t pt_heap_bytes(void);

/* Threads that one operator may use on the CPU; 0 before pt_load. */
PT_API int64_t pt_num_threads(void);

/*
 * Sets that number for the whole process: for operators that are called from now on, on any thread. Returns 0, or -1
 * where this libtorch has no way to set it.
 */
PT_API int32_t pt_set_num_threads(int64_t number, char **error);

/* ---- streams of a GPU ------------------------------------------------------------------------------------------- */

/*
 * A stream is a cudaStream_t: what is asked of a GPU while it is current is done in order, beside the work of others.
 * NULL is one too, the default one. All return 0 or -1.
 */

/* One of libtorch's own streams, which it gives out in turn and frees itself. stream: receives it, borrowed for ever. */
PT_API int32_t pt_cuda_stream_from_pool(int32_t device_index, void **stream, char **error);

/* The one that is current on this thread for this GPU. stream: receives it, borrowed for ever. */
PT_API int32_t pt_cuda_current_stream(int32_t device_index, void **stream, char **error);

/* Makes a stream current on this thread for its GPU. */
PT_API int32_t pt_cuda_set_current_stream(void *stream, int32_t device_index, char **error);

/* Waits until what was asked through a stream is done. */
PT_API int32_t pt_cuda_stream_synchronize(void *stream, int32_t device_index, char **error);

/* ---- tensors ---------------------------------------------------------------------------------------------------- */

/* A contiguous tensor with undefined content. sizes: borrowed, `dim` numbers. Returns a new reference. */
PT_API pt_tensor *pt_empty(const int64_t *sizes, int64_t dim, int32_t dtype, int32_t device, int32_t device_index,
                           char **error);

/*
 * A contiguous CPU tensor over memory of the caller, which is not copied and must outlive every reference to the
 * tensor and its views. data: borrowed until then. Returns a new reference.
 */
PT_API pt_tensor *pt_from_blob(void *data, const int64_t *sizes, int64_t dim, int32_t dtype, char **error);

/*
 * A file in memory, to be read only. path: borrowed. length: the bytes that it is known to have, at least one. Returns a
 * reference that goes with pt_unmap.
 */
PT_API pt_mapping *pt_map(const char *path, int64_t length, char **error);

/* Its first byte. Borrowed until pt_unmap. */
PT_API const void *pt_mapped(const pt_mapping *mapping);

/*
 * Says whether the whole pages of a part of it will be needed soon, and can be read ahead, or not, and their memory can be taken:
 * what is looked at afterwards is read again. Advice, which the operating system may not follow.
 */
PT_API void pt_advise_mapping(const pt_mapping *mapping, int64_t offset, int64_t length, int32_t needed);

/* Gives the reference back. The file stays mapped for the tensors in it, and goes with the last of them. NULL is allowed. */
PT_API void pt_unmap(pt_mapping *mapping);

/*
 * A contiguous CPU tensor over a part of a mapped file, from a byte on that is a multiple of the element's size; it has one
 * element at least. Nothing here writes to it: operators that would are refused. Returns a new reference. Before libtorch 2.11
 * the file then stays mapped for ever.
 */
PT_API pt_tensor *pt_from_mapping(pt_mapping *mapping, int64_t offset, const int64_t *sizes, int64_t dim, int32_t dtype,
                                  char **error);

/* Another reference to the same tensor. Returns a new reference. */
PT_API pt_tensor *pt_retain(const pt_tensor *tensor, char **error);

/* Gives a reference back. NULL is allowed. */
PT_API void pt_release(pt_tensor *tensor);

/*
 * Writes what a tensor is into `out`: [0] dtype, [1] device, [2] device index, [3] 1 if contiguous, [4] dim, then the
 * sizes. capacity: how many numbers `out` can hold. Returns 0, or -1 where out is too short.
 */
PT_API int32_t pt_describe(const pt_tensor *tensor, int64_t *out, int64_t capacity, char **error);

/* The address of the first element, for an accelerator an address there; borrowed until the storage goes. NULL where there is none. */
PT_API void *pt_data(const pt_tensor *tensor, char **error);

/*
 * The memory that a tensor and its views share, into `out`: [0] its address, on the tensor's device; [1] its bytes.
 * Returns 0 or -1.
 */
PT_API int32_t pt_storage(const pt_tensor *tensor, int64_t *out, char **error);

/* ---- any operator ----------------------------------------------------------------------------------------------- */

enum pt_kind {
    PT_NONE = 0,             /* None, for an optional parameter */
    PT_TENSOR = 1,           /* .tensor, borrowed; as a result a new reference, or NULL for an undefined one */
    PT_INT = 2,              /* .integer */
    PT_DOUBLE = 3,           /* .number */
    PT_BOOLEAN = 4,          /* .integer, 0 or 1 */
    PT_STRING = 5,           /* .data: borrowed char array of .length bytes; as a result a new reference */
    PT_INTS = 6,             /* .data: borrowed int64 array of .length; as a result a new reference, as all lists */
    PT_TENSORS = 7,          /* .data: borrowed array of .length tensor pointers; as a result they are new references too */
    PT_DTYPE = 8,            /* .integer: an enum pt_dtype */
    PT_DOUBLES = 9,          /* .data: double array of .length */
    PT_BOOLEANS = 10,        /* .data: int64 array of .length, each 0 or 1 */
    PT_OPTIONAL_TENSORS = 11,/* as PT_TENSORS, where NULL stands for None; not as a result */
    PT_DEVICE = 12,          /* .integer: an enum pt_device, .length its index; not as a result */
    PT_LAYOUT = 13,          /* .integer: 0 for strided, the only one; not as a result */
    PT_MEMORY_FORMAT = 14,   /* .integer: 0 contiguous, 1 preserve, 2 channels last, 3 channels last 3d; not as a result */
    PT_OPTIONAL = 64,        /* or-ed in where the schema says `?` and a value is given, or a result may be None */
    PT_WRITTEN = 128         /* or-ed in to a tensor or tensors that the operator writes to, `!` in the schema */
};

/* One argument or result. `kind` must be what the operator's schema says: a wrong one is undefined behaviour in libtorch. */
typedef struct pt_value {
    int64_t kind;
    int64_t length;
    union {
        int64_t integer;
        double number;
        const pt_tensor *tensor;
        const void *data;
    };
} pt_value;

/*
 * The schema of a registered operator as libtorch writes it, such as
 * "aten::topk(Tensor self, SymInt k, int dim=-1, bool largest=True, bool sorted=True) -> (Tensor values, Tensor indices)".
 * Needs PT_SCHEMAS. name, overload: borrowed. Returns a new reference; NULL without an error where there is no such operator.
 */
PT_API char *pt_schema(const char *name, const char *overload, char **error);

/* The names of all registered operators, overloads after a dot, a line each. Needs PT_SCHEMAS. Returns a new reference. */
PT_API char *pt_operator_names(char **error);

/*
 * Calls any registered operator by name: pt_call("aten::cumsum", "", ...), or one of another library that is loaded, such as
 * "torchvision::nms". All parameters of the schema must be given, in order, defaults included.
 *   name, overload  borrowed.
 *   arguments       borrowed, `count` of them (at most 64).
 *   results         `result_count` of them, as many as the schema has; their kinds are set by the caller as the schema says.
 *                   They receive the values. An optional one that is None gets the kind PT_NONE.
 * Returns 0, or -1 and no results. Scalar parameters (`Number`) are not supported by libtorch here: use the overload that
 * takes a tensor, and pt_number for that.
 */
PT_API int32_t pt_call(const char *name, const char *overload, const pt_value *arguments, int64_t count,
                       pt_value *results, int64_t result_count, char **error);

/*
 * A number as the tensor without dimensions that makes an operator with x do what it does with a Python number. It is where x
 * is. value: borrowed, a PT_INT, PT_DOUBLE or PT_BOOLEAN. Returns a new reference.
 */
PT_API pt_tensor *pt_number(const pt_tensor *x, const pt_value *value, char **error);

/* ---- operators the models use: tensors borrowed, a new reference returned ---------------------------------------- */

/* Elementwise, with broadcasting and type promotion. (Only two floating-point tensors are added without copies.) */
PT_API pt_tensor *pt_add(const pt_tensor *a, const pt_tensor *b, char **error);
PT_API pt_tensor *pt_sub(const pt_tensor *a, const pt_tensor *b, char **error);
PT_API pt_tensor *pt_mul(const pt_tensor *a, const pt_tensor *b, char **error);
PT_API pt_tensor *pt_div(const pt_tensor *a, const pt_tensor *b, char **error);

/*
 * With a number, borrowed, a PT_INT, PT_DOUBLE or PT_BOOLEAN: the result's dtype is as with a Python number. That is the
 * tensor's, but float32 for a PT_DOUBLE and one of whole numbers, and int64 for a PT_INT and one of booleans.
 */
PT_API pt_tensor *pt_add_scalar(const pt_tensor *a, const pt_value *b, char **error);
PT_API pt_tensor *pt_sub_scalar(const pt_tensor *a, const pt_value *b, char **error);
PT_API pt_tensor *pt_mul_scalar(const pt_tensor *a, const pt_value *b, char **error);
PT_API pt_tensor *pt_div_scalar(const pt_tensor *a, const pt_value *b, char **error);

PT_API pt_tensor *pt_exp(const pt_tensor *x, char **error);
PT_API pt_tensor *pt_sin(const pt_tensor *x, char **error);
PT_API pt_tensor *pt_cos(const pt_tensor *x, char **error);
PT_API pt_tensor *pt_silu(const pt_tensor *x, char **error);
PT_API pt_tensor *pt_relu(const pt_tensor *x, char **error);
/* tanh_approximation: 0 for the exact formula, 1 for approximate="tanh". */
PT_API pt_tensor *pt_gelu(const pt_tensor *x, int32_t tanh_approximation, char **error);
PT_API pt_tensor *pt_clamp(const pt_tensor *x, double low, double high, char **error);

/* x [..., in] by weight [out, in] and bias [out] or NULL, to [..., out]. */
PT_API pt_tensor *pt_linear(const pt_tensor *x, const pt_tensor *weight, const pt_tensor *bias, char **error);
PT_API pt_tensor *pt_matmul(const pt_tensor *a, const pt_tensor *b, char **error);
PT_API pt_tensor *pt_softmax(const pt_tensor *x, int64_t dim, char **error);

/* Over the last `length` dimensions; weight and bias may be NULL. */
PT_API pt_tensor *pt_layer_norm(const pt_tensor *x, const int64_t *normalized_shape, int64_t length,
                                const pt_tensor *weight, const pt_tensor *bias, double eps, char **error);
PT_API pt_tensor *pt_rms_norm(const pt_tensor *x, const int64_t *normalized_shape, int64_t length,
                              const pt_tensor *weight, double eps, char **error);
/* x [batch, channels, ...]. */
PT_API pt_tensor *pt_group_norm(const pt_tensor *x, int64_t groups, const pt_tensor *weight, const pt_tensor *bias,
                                double eps, char **error);

/*
 * q, k, v [batch, heads, tokens, dim]; mask NULL or added to the scores, broadcast to [batch, heads, tokens, tokens];
 * scale as given (1/sqrt(dim) is the usual one).
 */
PT_API pt_tensor *pt_scaled_dot_product_attention(const pt_tensor *q, const pt_tensor *k, const pt_tensor *v,
                                                  const pt_tensor *mask, double scale, char **error);

/* x [batch, in, height, width], weight [out, in, kh, kw]; stride and padding borrowed, two numbers each. */
PT_API pt_tensor *pt_conv2d(const pt_tensor *x, const pt_tensor *weight, const pt_tensor *bias, const int64_t *stride,
                            const int64_t *padding, char **error);
/* x [batch, in, frames, height, width], weight [out, in, kf, kh, kw]; three numbers each. */
PT_API pt_tensor *pt_conv3d(const pt_tensor *x, const pt_tensor *weight, const pt_tensor *bias, const int64_t *stride,
                            const int64_t *padding, char **error);

/* Nearest neighbour to the given size: x [batch, channels, f, h, w] to three borrowed numbers. */
PT_API pt_tensor *pt_upsample_nearest3d(const pt_tensor *x, const int64_t *size, char **error);

/* weight [rows, dim], indices int64 [...], to [..., dim]. */
PT_API pt_tensor *pt_embedding(const pt_tensor *weight, const pt_tensor *indices, char **error);

/* tensors: borrowed array of `count`. */
PT_API pt_tensor *pt_cat(const pt_tensor *const *tensors, int64_t count, int64_t dim, char **error);

/*
 * A copy in another dtype and on another device; where nothing changes another reference to the same tensor. From the CPU
 * to a GPU it mostly goes through pinned memory, and is then made while the caller goes on; x may be overwritten at once.
 */
PT_API pt_tensor *pt_to(const pt_tensor *x, int32_t dtype, int32_t device, int32_t device_index, char **error);

/*
 * Copies src into dst, with broadcasting and conversion. Returns 0 or -1.
 *   non_blocking  1 to let a copy between pinned memory and a GPU go on after the return, in the order of the current
 *                 stream; neither side may be written to, nor dst read by the CPU, until that stream has been waited for.
 */
PT_API int32_t pt_copy_(pt_tensor *dst, const pt_tensor *src, int32_t non_blocking, char **error);

/*
 * x, of the CPU, in pinned memory: a copy, or another reference where it is there already. It stays pinned as long as the
 * tensor and its views live. A GPU must be there.
 */
PT_API pt_tensor *pt_pin_memory(const pt_tensor *x, char **error);

/* Contiguous memory: x itself (another reference) or a copy. */
PT_API pt_tensor *pt_contiguous(const pt_tensor *x, char **error);
PT_API pt_tensor *pt_clone(const pt_tensor *x, char **error);

/* Views: they share x's storage. Shapes borrowed; one size may be -1 in reshape, which copies where it must. */
PT_API pt_tensor *pt_reshape(const pt_tensor *x, const int64_t *sizes, int64_t dim, char **error);
PT_API pt_tensor *pt_expand(const pt_tensor *x, const int64_t *sizes, int64_t dim, char **error);
PT_API pt_tensor *pt_permute(const pt_tensor *x, const int64_t *dims, int64_t dim, char **error);
PT_API pt_tensor *pt_transpose(const pt_tensor *x, int64_t dim0, int64_t dim1, char **error);
PT_API pt_tensor *pt_unsqueeze(const pt_tensor *x, int64_t dim, char **error);
PT_API pt_tensor *pt_squeeze(const pt_tensor *x, int64_t dim, char **error);
PT_API pt_tensor *pt_narrow(const pt_tensor *x, int64_t dim, int64_t start, int64_t length, char **error);

#ifdef __cplusplus
}
#endif

#endif
