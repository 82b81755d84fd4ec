/* GPUs: how many there are, and the streams that their work goes through. */
#include "internal.h"

int64_t pt_cuda_device_count(void) {
    int count = 0;
    bool known = (torch.features & PT_CUDA_LIBRARY) != 0 && torch.cudaGetDeviceCount != NULL;
    return known && torch.cudaGetDeviceCount(&count) == 0 ? count : 0;
}

int64_t pt_cuda_runtime_version(void) {
    int version = 0;
    bool known = (torch.features & PT_CUDA_LIBRARY) != 0 && torch.cudaRuntimeGetVersion != NULL;
    return known && torch.cudaRuntimeGetVersion(&version) == 0 ? version : 0;
}

/* To come first: whether there is a CUDA, and whether its libtorch has a function of this name. */
static int32_t require(const char *name, bool is_there, int32_t device_index, char **error) {
    if (enter(error) != 0 || torch_device(PT_CUDA, device_index, error) < 0) return -1;
    return is_there ? 0 : fail(error, "this libtorch has no %s", name);
}

#define REQUIRE(function, device_index, error) require(#function, torch.function != NULL, device_index, error)

int32_t pt_cuda_stream_from_pool(int32_t device_index, void **stream, char **error) {
    if (REQUIRE(torch_get_cuda_stream_from_pool, device_index, error) != 0) return -1;
    bool failed = torch.torch_get_cuda_stream_from_pool(false, device_index, stream) != 0;
    return failed ? fail_with_torch(error, "stream_from_pool") : 0;
}

int32_t pt_cuda_current_stream(int32_t device_index, void **stream, char **error) {
    if (REQUIRE(aoti_torch_get_current_cuda_stream, device_index, error) != 0) return -1;
    bool failed = torch.aoti_torch_get_current_cuda_stream(device_index, stream) != 0;
    return failed ? fail_with_torch(error, "current_stream") : 0;
}

int32_t pt_cuda_set_current_stream(void *stream, int32_t device_index, char **error) {
    if (REQUIRE(torch_set_current_cuda_stream, device_index, error) != 0) return -1;
    bool failed = torch.torch_set_current_cuda_stream(stream, device_index) != 0;
    return failed ? fail_with_torch(error, "set_current_stream") : 0;
}

int32_t pt_cuda_stream_synchronize(void *stream, int32_t device_index, char **error) {
    if (REQUIRE(torch_cuda_stream_synchronize, device_index, error) != 0) return -1;
    bool failed = torch.torch_cuda_stream_synchronize(stream, device_index) != 0;
    return failed ? fail_with_torch(error, "synchronize") : 0;
}

int32_t pt_synchronize(int32_t device, int32_t device_index, char **error) {
    void *stream = NULL;
    if (enter(error) != 0 || torch_device(device, device_index, error) < 0) return -1;
    if (device != PT_CUDA) return 0;
    if (pt_cuda_current_stream(device_index, &stream, error) != 0) return -1;
    return pt_cuda_stream_synchronize(stream, device_index, error);
}
