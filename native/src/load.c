/* Finds libtorch's functions at run time, and what every other file needs of them: errors, dtypes, devices. */
#define _GNU_SOURCE
#include "internal.h"

#include <dlfcn.h>
#include <link.h>
#include <malloc.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define VERSION "0.1.0"
#define OLDEST_MAJOR 2
#define OLDEST_MINOR 10
#define MAX_LIBRARIES 32

libtorch torch;

static pthread_mutex_t loading = PTHREAD_MUTEX_INITIALIZER;
static _Thread_local bool gradients_are_off;

int32_t fail(char **error, const char *format, ...) {
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0) text = NULL;
    va_end(arguments);
    *error = text != NULL ? text : strdup("out of memory");
    return -1;
}

int32_t fail_with_torch(char **error, const char *what) {
    const char *words = torch.torch_exception_get_what_without_backtrace != NULL
                            ? torch.torch_exception_get_what_without_backtrace()
                            : "libtorch refused it and printed the reason to stderr (only 2.13 and later hand it over)";
    return fail(error, "%s: %s", what, words);
}

int32_t enter(char **error) {
    if (gradients_are_off) return 0;
    if (torch.version == 0) return fail(error, "libtorch is not loaded: pt_load comes first");
    torch.aoti_torch_grad_mode_set_enabled(false);
    gradients_are_off = true;
    collect_warnings();
    return 0;
}

int32_t torch_dtype(int32_t dtype, char **error) {
    if (dtype < 0 || dtype >= DTYPES) return fail(error, "unknown dtype number %d", dtype);
    return torch.dtypes[dtype];
}

/* What to add where a libtorch is made for other GPUs than NVIDIA's: "" where it is not. */
static const char *other_gpus(void) {
    static const char *const others[][2] = {{"libtorch_hip.so", "; it is one for ROCm (AMD), whose GPUs are not supported"},
                                            {"libtorch_xpu.so", "; it is one for XPU (Intel), whose GPUs are not supported"}};
    const char *slash = torch.path == NULL ? NULL : strrchr(torch.path, '/');
    for (size_t i = 0; slash != NULL && i < sizeof others / sizeof others[0]; i++) {
        char beside[4096];
        int folder = (int)(slash - torch.path);
        int length = snprintf(beside, sizeof beside, "%.*s/%s", folder, torch.path, others[i][0]);
        if (length < (int)sizeof beside && access(beside, F_OK) == 0) return others[i][1];
    }
    return "";
}

int32_t torch_device(int32_t device, int32_t index, char **error) {
    switch (device) {
        case PT_CPU: return torch.aoti_torch_device_type_cpu();
        case PT_CUDA:
            /* libtorch's own words for this are a page on its dispatcher. */
            if ((torch.features & PT_CUDA_LIBRARY) == 0) {
                return fail(error, "this libtorch has no CUDA: libtorch_cuda is not loaded%s", other_gpus());
            }
            if (index < 0 || index > INT8_MAX) { /* libtorch would take its last eight bits for another GPU's */
                return fail(error, "device index %d for cuda: expected 0 to %d", index, INT8_MAX);
            }
            return torch.aoti_torch_device_type_cuda();
        case PT_META: return torch.aoti_torch_device_type_meta();
        default: return fail(error, "unknown device number %d", device);
    }
}

int32_t torch_device_index(int32_t device, int32_t index) { return device == PT_CUDA ? index : -1; }

void *find(void *const *libraries, int64_t count, const char *name) {
    for (int64_t i = count - 1; i >= 0; i--) {
        void *symbol = dlsym(libraries[i], name);
        if (symbol != NULL) return symbol;
    }
    return NULL;
}

void *find_in_process(void *const *libraries, int64_t count, const char *name) {
    void *symbol = dlsym(RTLD_DEFAULT, name);
    return symbol != NULL ? symbol : find(libraries, count, name);
}

void assign(void *function_pointer, void *symbol) { memcpy(function_pointer, &symbol, sizeof symbol); }

/* Writes the names that are missing into `missing`; returns how many there are. */
static int resolve(libtorch *found, void *const *libraries, int64_t count, char *missing, size_t size) {
    int absent = 0;
    missing[0] = '\0';
#define RESOLVE_NEEDED(name, result, parameters)                                                                     \
    {                                                                                                                \
        void *symbol = find(libraries, count, #name);                                                                \
        if (symbol == NULL) {                                                                                        \
            size_t used = strlen(missing);                                                                           \
            snprintf(missing + used, size - used, "%s%s", absent == 0 ? "" : ", ", #name);                           \
            absent++;                                                                                                \
        }                                                                                                            \
        assign(&found->name, symbol);                                                                                \
    }
#define RESOLVE_OPTIONAL(name, result, parameters) assign(&found->name, find(libraries, count, #name));
    NEEDED_FUNCTIONS(RESOLVE_NEEDED)
    OPTIONAL_FUNCTIONS(RESOLVE_OPTIONAL)
#undef RESOLVE_NEEDED
#undef RESOLVE_OPTIONAL
    assign(&found->operator_new, find_in_process(libraries, count, "_Znwm"));
    assign(&found->operator_delete, find_in_process(libraries, count, "_ZdlPv"));
    assign(&found->dispatcher.real_singleton, find(libraries, count, "_ZN3c1010Dispatcher13realSingletonEv"));
    assign(&found->dispatcher.find_schema, find(libraries, count, "_ZN3c1010Dispatcher10findSchemaERKNS_12OperatorNameE"));
    assign(&found->dispatcher.dump_state, find(libraries, count, "_ZNK3c104impl13OperatorEntry9dumpStateB5cxx11Ev"));
    assign(&found->dispatcher.all_names, find(libraries, count, "_ZN3c1010Dispatcher13getAllOpNamesEv"));
    return absent;
}

static void read_dtypes(libtorch *found) {
    found->dtypes[PT_FLOAT32] = found->aoti_torch_dtype_float32();
    found->dtypes[PT_FLOAT64] = found->aoti_torch_dtype_float64();
    found->dtypes[PT_BFLOAT16] = found->aoti_torch_dtype_bfloat16();
    found->dtypes[PT_FLOAT16] = found->aoti_torch_dtype_float16();
    found->dtypes[PT_INT64] = found->aoti_torch_dtype_int64();
    found->dtypes[PT_INT32] = found->aoti_torch_dtype_int32();
    found->dtypes[PT_UINT8] = found->aoti_torch_dtype_uint8();
    found->dtypes[PT_BOOL] = found->aoti_torch_dtype_bool();
    found->dtypes[PT_INT8] = found->aoti_torch_dtype_int8();
}

static int64_t features_of(const libtorch *found, bool cuda) {
    return (found->torch_exception_get_what_without_backtrace != NULL ? PT_ERROR_TEXT : 0) | (cuda ? PT_CUDA_LIBRARY : 0) |
           fast_half_types() | (has_schemas(found) ? PT_SCHEMAS : 0);
}

/* The packed form major << 56 | minor << 48 | patch << 40 as pt_libtorch_version gives it. */
static int64_t unpack_version(uint64_t abi) {
    return (int64_t)((abi >> 56 & 0xff) << 16 | (abi >> 48 & 0xff) << 8 | (abi >> 40 & 0xff));
}

static int32_t check_version(void *const *libraries, int64_t count, const char *path, char **error) {
    uint64_t (*abi_version)(void) = NULL;
    assign(&abi_version, find(libraries, count, "aoti_torch_abi_version"));
    if (abi_version == NULL) {
        return fail(error, "%s is not a libtorch from 2.9 on (aoti_torch_abi_version is missing): libtorch %d.%d or later is needed",
                    path, OLDEST_MAJOR, OLDEST_MINOR);
    }
    int64_t version = unpack_version(abi_version());
    if (version < (OLDEST_MAJOR << 16 | OLDEST_MINOR << 8)) {
        return fail(error, "%s is libtorch %d.%d.%d: libtorch %d.%d or later is needed", path, (int)(version >> 16),
                    (int)(version >> 8 & 0xff), (int)(version & 0xff), OLDEST_MAJOR, OLDEST_MINOR);
    }
    return 0;
}

/* Whether a path's last name begins so: its folders may have any name. */
static bool is_file(const char *path, const char *name) {
    const char *slash = strrchr(path, '/');
    return strncmp(slash == NULL ? path : slash + 1, name, strlen(name)) == 0;
}

/* Libraries stay open for the life of the process: libtorch's threads and statics do not survive dlclose. */
typedef struct opened {
    void *libraries[MAX_LIBRARIES];
    int64_t count;
    const char *main_library;
    bool cuda;
} opened;

/*
 * Takes the libtorch that is in this process already, loaded by another build of this shim or by something else. A
 * second one cannot be had beside it: libtorch's libraries find each other by name, and would find the first one's.
 */
static bool open_present(opened *result) {
    void *main_library = dlopen("libtorch_cpu.so", RTLD_NOW | RTLD_NOLOAD);
    if (main_library == NULL) return false;
    struct link_map *map = NULL;
    if (dlinfo(main_library, RTLD_DI_LINKMAP, &map) == 0) result->main_library = map->l_name;
    result->libraries[result->count++] = main_library;
    void *cuda = dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_NOLOAD);
    if (cuda != NULL) result->libraries[result->count++] = cuda;
    result->cuda = cuda != NULL;
    return true;
}

static int32_t open_all(opened *result, const char *const *paths, int64_t count, char **error) {
    if (count < 1 || count > MAX_LIBRARIES) return fail(error, "1 to %d libraries are expected", MAX_LIBRARIES);
    /*
     * Threads of libgomp that wait for each other spin by default, which is up to 20 times slower where the machine has
     * other work too, a JVM's own included, and no faster where it has none. It reads this when it is loaded.
     */
    setenv("OMP_WAIT_POLICY", "PASSIVE", 0);
    for (int64_t i = 0; i < count; i++) {
        void *library = dlopen(paths[i], RTLD_NOW | RTLD_LOCAL);
        if (library == NULL) return fail(error, "cannot load %s: %s", paths[i], dlerror());
        result->libraries[result->count++] = library;
        result->cuda = result->cuda || is_file(paths[i], "libtorch_cuda");
        if (is_file(paths[i], "libtorch_cpu")) result->main_library = paths[i];
    }
    return 0;
}

/*
 * libtorch tries NNPACK for small convolutions on one thread, and where NNPACK does not know the processor it writes a
 * warning to stderr for each of them. Convolutions that matter go to oneDNN, so nothing is lost without it.
 */
static void disable_nnpack(void *const *libraries, int64_t count) {
    void *(*global_context)(void) = NULL;
    void (*set_enabled)(void *, bool) = NULL;
    assign(&global_context, find(libraries, count, "_ZN2at13globalContextEv"));
    assign(&set_enabled, find(libraries, count, "_ZN2at7Context20setUserEnabledNNPACKEb"));
    if (global_context != NULL && set_enabled != NULL) set_enabled(global_context(), false);
}

static int32_t load(const char *const *paths, int64_t count, char **error) {
    opened all = {.main_library = "what was named"};
    bool is_present = open_present(&all);
    if (!is_present && count == 0) return 0;
    if (!is_present && open_all(&all, paths, count, error) != 0) return -1;
    const char *main_library = all.main_library;
    if (check_version(all.libraries, all.count, main_library, error) != 0) return -1;

    libtorch found = {0};
    char missing[2048];
    int absent = resolve(&found, all.libraries, all.count, missing, sizeof missing);
    if (absent > 0) {
        return fail(error, "%s lacks %d function%s of libtorch's stable C ABI that Panatorch needs: %s", main_library,
                    absent, absent == 1 ? "" : "s", missing);
    }
    if (found.torch_new_stable_ivalue == NULL && (found.operator_new == NULL || found.operator_delete == NULL)) {
        return fail(error, "%s has neither torch_new_stable_ivalue nor C++'s operator new and delete", main_library);
    }
    read_dtypes(&found);
    found.features = features_of(&found, all.cuda);
    found.version = unpack_version(found.aoti_torch_abi_version());
    /*
     * OpenBLAS has its own threads. Called from within an OpenMP region of libtorch (attention, convolution) they
     * slow everything down and print a warning for each product, so it gets one; large layers go to oneDNN instead.
     */
    if (found.openblas_set_num_threads != NULL) found.openblas_set_num_threads(1);
    disable_nnpack(all.libraries, all.count);
    Dl_info file;
    if (dladdr(find(all.libraries, all.count, "aoti_torch_abi_version"), &file) != 0) found.path = file.dli_fname;
    connect_threads(&found, all.libraries, all.count);
    torch = found;
    connect_warnings(all.libraries, all.count);
    return 0;
}

int32_t pt_load(const char *const *paths, int64_t count, char **error) {
    pthread_mutex_lock(&loading);
    int32_t result = torch.version != 0 ? 0 : load(paths, count, error);
    pthread_mutex_unlock(&loading);
    return result;
}

const char *pt_version(void) { return VERSION; }

int64_t pt_libtorch_version(void) { return torch.version; }

const char *pt_libtorch_path(void) { return torch.path; }

int64_t pt_features(void) { return torch.features; }

void pt_free(char *text) { free(text); }

/* glibc's, from 2.33 on. */
int64_t pt_heap_bytes(void) {
    struct mallinfo2 (*count)(void) = NULL;
    assign(&count, dlsym(RTLD_DEFAULT, "mallinfo2"));
    if (count == NULL) return -1;
    struct mallinfo2 found = count();
    return (int64_t)(found.uordblks + found.hblkhd);
}
