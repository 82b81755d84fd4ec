/* Registers operators as a library of somebody else would, by libtorch's C interface and without its headers. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <string.h>

typedef void *handle;
typedef void (*kernel)(uint64_t *stack, uint64_t arguments, uint64_t results);

static void find(void *function_pointer, const char *name) {
    void *symbol = dlsym(dlopen("libtorch_cpu.so", RTLD_NOW | RTLD_NOLOAD), name);
    memcpy(function_pointer, &symbol, sizeof symbol);
}

static int32_t (*delete_tensor)(handle);

/* repeat(Tensor x, int times=2, *, bool negative=False) -> int: the number. What is on the stack is the kernel's. */
static void repeat(uint64_t *stack, uint64_t arguments, uint64_t results) {
    (void)arguments, (void)results;
    delete_tensor((handle)(uintptr_t)stack[0]);
    stack[0] = stack[2] != 0 ? (uint64_t)(-(int64_t)stack[1]) : stack[1];
}

__attribute__((constructor)) static void register_all(void) {
    int32_t (*define)(const char *, const char *, uint32_t, handle *);
    int32_t (*add)(handle, const char *);
    int32_t (*implement)(const char *, const char *, const char *, uint32_t, handle *);
    int32_t (*set)(handle, const char *, kernel);
    handle schemas = NULL, kernels = NULL;
    find(&delete_tensor, "aoti_torch_delete_tensor_object");
    find(&define, "aoti_torch_library_init_def");
    find(&add, "aoti_torch_library_def");
    find(&implement, "aoti_torch_library_init_impl");
    find(&set, "aoti_torch_library_impl");
    if (define("somebody", __FILE__, __LINE__, &schemas) != 0) return;
    add(schemas, "repeat(Tensor x, int times=2, *, bool negative=False) -> int");
    if (implement("somebody", "CompositeExplicitAutograd", __FILE__, __LINE__, &kernels) != 0) return;
    set(kernels, "repeat", repeat);
}
