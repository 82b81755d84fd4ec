/* Making, sharing, describing and giving back tensors. */
#include "internal.h"

#include <string.h>

int32_t contiguous_strides(const int64_t *sizes, int64_t dim, int64_t *strides, char **error) {
    if (dim < 0 || dim > MAX_DIM) return fail(error, "a tensor has 0 to %d dimensions, not %ld", MAX_DIM, (long)dim);
    int64_t stride = 1;
    for (int64_t i = dim - 1; i >= 0; i--) {
        if (sizes[i] < 0) return fail(error, "size %ld of dimension %ld is negative", (long)sizes[i], (long)i);
        strides[i] = stride;
        if (__builtin_mul_overflow(stride, sizes[i] > 0 ? sizes[i] : 1, &stride)) {
            return fail(error, "the sizes' product is beyond 2^63");
        }
    }
    return 0;
}

pt_tensor *pt_empty(const int64_t *sizes, int64_t dim, int32_t dtype, int32_t device, int32_t device_index,
                    char **error) {
    int64_t strides[MAX_DIM];
    handle result = NULL;
    if (enter(error) != 0 || contiguous_strides(sizes, dim, strides, error) != 0) return NULL;
    int32_t type = torch_dtype(dtype, error);
    int32_t place = type < 0 ? -1 : torch_device(device, device_index, error);
    if (place < 0) return NULL;
    if (torch.aoti_torch_empty_strided(dim, sizes, strides, type, place, torch_device_index(device, device_index),
                                       &result) != 0) {
        fail_with_torch(error, "empty");
        return NULL;
    }
    return result;
}

pt_tensor *pt_from_blob(void *data, const int64_t *sizes, int64_t dim, int32_t dtype, char **error) {
    int64_t strides[MAX_DIM];
    handle result = NULL;
    if (enter(error) != 0 || contiguous_strides(sizes, dim, strides, error) != 0) return NULL;
    int32_t type = torch_dtype(dtype, error);
    if (type < 0) return NULL;
    if (torch.aoti_torch_create_tensor_from_blob(data, dim, sizes, strides, 0, type, torch.aoti_torch_device_type_cpu(),
                                                 torch_device_index(PT_CPU, 0), &result) != 0) {
        fail_with_torch(error, "from_blob");
        return NULL;
    }
    return result;
}

pt_tensor *pt_retain(const pt_tensor *tensor, char **error) {
    handle result = NULL;
    if (enter(error) != 0) return NULL;
    if (tensor == NULL) {
        fail(error, "retain: a tensor is NULL");
        return NULL;
    }
    if (torch.aoti_torch_new_tensor_handle((handle)tensor, &result) != 0) {
        fail_with_torch(error, "retain");
        return NULL;
    }
    return result;
}

void pt_release(pt_tensor *tensor) {
    if (tensor != NULL) torch.aoti_torch_delete_tensor_object((handle)tensor);
}

int64_t dtype_of(int32_t type) {
    for (int32_t i = 0; i < DTYPES; i++) {
        if (torch.dtypes[i] == type) return i;
    }
    return PT_OTHER_DTYPE;
}

int64_t device_of(int32_t type) {
    if (type == torch.aoti_torch_device_type_cpu()) return PT_CPU;
    if (type == torch.aoti_torch_device_type_meta()) return PT_META;
    return type == torch.aoti_torch_device_type_cuda() ? PT_CUDA : PT_OTHER_DEVICE;
}

int32_t pt_describe(const pt_tensor *tensor, int64_t *out, int64_t capacity, char **error) {
    handle t = (handle)tensor;
    int32_t type = 0;
    int32_t device = 0;
    int32_t index = 0;
    bool contiguous = false;
    int64_t dim = 0;
    int64_t *sizes = NULL;
    if (enter(error) != 0) return -1;
    if (t == NULL) return fail(error, "describe: a tensor is NULL");
    if (torch.aoti_torch_get_dtype(t, &type) != 0 || torch.aoti_torch_get_device_type(t, &device) != 0 ||
        torch.aoti_torch_get_device_index(t, &index) != 0 || torch.aoti_torch_is_contiguous(t, &contiguous) != 0 ||
        torch.aoti_torch_get_dim(t, &dim) != 0 || torch.aoti_torch_get_sizes(t, &sizes) != 0) {
        return fail_with_torch(error, "describe");
    }
    if (capacity < HEADER + dim) {
        return fail(error, "describe: %ld numbers do not fit in %ld", (long)(HEADER + dim), (long)capacity);
    }
    out[0] = dtype_of(type);
    out[1] = device_of(device);
    out[2] = index;
    out[3] = contiguous ? 1 : 0;
    out[4] = dim;
    if (dim > 0) memcpy(out + HEADER, sizes, (size_t)dim * sizeof *sizes);
    return 0;
}

bool is_negated(const pt_tensor *tensor) {
    char *ignored = NULL;
    call c;
    begin(&c, "aten::is_neg", "", &ignored);
    put_tensor(&c, tensor);
    bool result = run(&c) != 0 || c.stack[0] != 0;
    pt_free(ignored);
    return result;
}

void *pt_data(const pt_tensor *tensor, char **error) {
    void *data = NULL;
    if (enter(error) != 0) return NULL;
    if (tensor == NULL) {
        fail(error, "data: a tensor is NULL");
        return NULL;
    }
    if (torch.aoti_torch_get_data_ptr((handle)tensor, &data) != 0) {
        fail_with_torch(error, "data");
        return NULL;
    }
    if (data == NULL && elements_of(tensor) > 0) {
        fail(error, "data: the tensor has no memory");
    } else if (is_negated(tensor)) {
        fail(error, "data: the numbers in memory have the other sign, which libtorch has put off; make a copy of it first");
        return NULL;
    }
    return data;
}

int32_t pt_storage(const pt_tensor *tensor, int64_t *out, char **error) {
    handle t = (handle)tensor;
    void *data = NULL;
    int64_t offset = 0;
    int64_t bytes = 0;
    int32_t type = 0;
    if (enter(error) != 0) return -1;
    if (t == NULL) return fail(error, "storage: a tensor is NULL");
    if (torch.aoti_torch_get_data_ptr(t, &data) != 0 || torch.aoti_torch_get_storage_offset(t, &offset) != 0 ||
        torch.aoti_torch_get_storage_size(t, &bytes) != 0 || torch.aoti_torch_get_dtype(t, &type) != 0) {
        return fail_with_torch(error, "storage");
    }
    out[0] = (int64_t)(intptr_t)data - offset * (int64_t)torch.aoti_torch_dtype_element_size(type);
    out[1] = bytes;
    return 0;
}
