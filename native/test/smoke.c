/*
 * Runs the shim against a real libtorch: smoke SHIM LIBRARY... (libtorch's libraries, dependencies first).
 * Prints one line and exits with 0, or the first failed check and exits with 1.
 */
#define _GNU_SOURCE
#include "panatorch.h"

#include <dirent.h>
#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static _Atomic int checks;

#define CHECK(condition)                                                                                             \
    do {                                                                                                             \
        checks++;                                                                                                    \
        if (!(condition)) {                                                                                          \
            fprintf(stderr, "smoke.c:%d: failed: %s (last error: %s)\n", __LINE__, #condition,                       \
                    error != NULL ? error : "none");                                                                 \
            exit(1);                                                                                                 \
        }                                                                                                            \
    } while (0)

static char *error;

static pt_tensor *blob(float *data, int64_t rows, int64_t columns) {
    const int64_t sizes[2] = {rows, columns};
    pt_tensor *result = pt_from_blob(data, sizes, 2, PT_FLOAT32, &error);
    CHECK(result != NULL);
    return result;
}

static void check_values(pt_tensor *tensor, const float *expected, int count) {
    CHECK(tensor != NULL);
    const float *data = pt_data(tensor, &error);
    CHECK(data != NULL);
    for (int i = 0; i < count; i++) CHECK(fabsf(data[i] - expected[i]) < 1e-5f);
    pt_release(tensor);
}

static void check_elementwise(void) {
    float a_data[4] = {1, 2, 3, 4};
    float b_data[4] = {10, 20, 30, 40};
    const pt_value half = {.kind = PT_DOUBLE, .number = 0.5}, minus_two = {.kind = PT_INT, .integer = -2};
    pt_tensor *a = blob(a_data, 2, 2);
    pt_tensor *b = blob(b_data, 2, 2);
    check_values(pt_add(a, b, &error), (float[]){11, 22, 33, 44}, 4);
    check_values(pt_sub(b, a, &error), (float[]){9, 18, 27, 36}, 4);
    check_values(pt_mul(a, b, &error), (float[]){10, 40, 90, 160}, 4);
    check_values(pt_div(b, a, &error), (float[]){10, 10, 10, 10}, 4);
    check_values(pt_add_scalar(a, &half, &error), (float[]){1.5f, 2.5f, 3.5f, 4.5f}, 4);
    check_values(pt_mul_scalar(a, &minus_two, &error), (float[]){-2, -4, -6, -8}, 4);
    check_values(pt_clamp(a, 1.5, 3.5, &error), (float[]){1.5f, 2, 3, 3.5f}, 4);
    check_values(pt_gelu(a, 1, &error), (float[]){0.841192f, 1.954598f, 2.996363f, 3.99993f}, 4);
    pt_release(a);
    pt_release(b);
}

/* A view has the memory of what it views, all of it, and its own place there. */
static void check_storage(void) {
    float data[6] = {1, 2, 3, 4, 5, 6};
    int64_t whole[2];
    int64_t part[2];
    pt_tensor *rows = blob(data, 3, 2);
    pt_tensor *last = pt_narrow(rows, 0, 2, 1, &error);
    CHECK(last != NULL && pt_data(last, &error) == data + 4);
    CHECK(pt_storage(rows, whole, &error) == 0 && pt_storage(last, part, &error) == 0);
    CHECK(whole[0] == (int64_t)(intptr_t)data && whole[1] == sizeof data);
    CHECK(part[0] == whole[0] && part[1] == whole[1]);
    pt_release(last);
    pt_release(rows);
}

/* Numbers do not change the dtype of a tensor without dimensions; whole numbers add without rounding. */
static void check_promotion(void) {
    float one_data[1] = {1};
    int64_t whole_data[2] = {INT64_MAX - 1, 5};
    const int64_t two = 2;
    int64_t shape[16];
    pt_tensor *one = pt_from_blob(one_data, NULL, 0, PT_FLOAT32, &error);
    pt_tensor *whole = pt_from_blob(whole_data, &two, 1, PT_INT64, &error);
    CHECK(one != NULL && whole != NULL);
    pt_tensor *product = pt_mul_scalar(one, &(pt_value){.kind = PT_DOUBLE, .number = 0.1}, &error);
    CHECK(product != NULL && pt_describe(product, shape, 16, &error) == 0 && shape[0] == PT_FLOAT32);
    pt_release(product);
    pt_tensor *sum = pt_add(whole, whole, &error);
    CHECK(sum != NULL && ((int64_t *)pt_data(sum, &error))[1] == 10);
    pt_tensor *difference = pt_sub(whole, sum, &error);
    CHECK(difference != NULL && ((int64_t *)pt_data(difference, &error))[1] == -5);
    pt_release(sum);
    pt_release(difference);
    pt_tensor *same = pt_to(whole, PT_INT64, PT_CPU, 0, &error);
    CHECK(same != NULL && pt_data(same, &error) == whole_data);
    pt_release(same);
    pt_release(one);
    pt_release(whole);
}

static void check_layers(void) {
    float x_data[4] = {1, 2, 3, 4};
    float w_data[4] = {1, 0, 1, 1};
    float bias_data[2] = {0.5f, -0.5f};
    const int64_t two = 2;
    pt_tensor *x = blob(x_data, 2, 2);
    pt_tensor *w = blob(w_data, 2, 2);
    pt_tensor *bias = pt_from_blob(bias_data, &two, 1, PT_FLOAT32, &error);
    check_values(pt_linear(x, w, bias, &error), (float[]){1.5f, 2.5f, 3.5f, 6.5f}, 4);
    check_values(pt_linear(x, w, NULL, &error), (float[]){1, 3, 3, 7}, 4);
    check_values(pt_layer_norm(x, &two, 1, NULL, NULL, 0.0, &error), (float[]){-1, 1, -1, 1}, 4);
    check_values(pt_rms_norm(x, &two, 1, NULL, 0.0, &error), (float[]){0.632455f, 1.264911f, 0.848528f, 1.131371f}, 4);
    check_values(pt_softmax(x, -1, &error), (float[]){0.268941f, 0.731059f, 0.268941f, 0.731059f}, 4);
    const pt_tensor *both[2] = {x, w};
    check_values(pt_cat(both, 2, 0, &error), (float[]){1, 2, 3, 4, 1, 0, 1, 1}, 8);
    pt_release(x);
    pt_release(w);
    pt_release(bias);
}

/* Attention and convolution run inside libtorch's thread pool; the sums must come out all the same. */
static void check_large(void) {
    const int64_t tokens[4] = {1, 4, 300, 16};
    pt_tensor *empty = pt_empty(tokens, 4, PT_FLOAT32, PT_CPU, 0, &error);
    CHECK(empty != NULL);
    memset(pt_data(empty, &error), 0, 4 * 300 * 16 * sizeof(float));
    pt_tensor *ones = pt_add_scalar(empty, &(pt_value){.kind = PT_INT, .integer = 1}, &error);
    check_values(pt_scaled_dot_product_attention(ones, ones, ones, NULL, 0.25, &error), (float[]){1, 1, 1}, 3);
    pt_release(empty);
    pt_release(ones);
    const int64_t image[5] = {1, 8, 3, 16, 16};
    const int64_t kernel[5] = {8, 8, 3, 3, 3};
    pt_tensor *x = pt_empty(image, 5, PT_FLOAT32, PT_CPU, 0, &error);
    pt_tensor *w = pt_empty(kernel, 5, PT_FLOAT32, PT_CPU, 0, &error);
    for (int i = 0; i < 8 * 3 * 16 * 16; i++) ((float *)pt_data(x, &error))[i] = 1;
    for (int i = 0; i < 8 * 8 * 27; i++) ((float *)pt_data(w, &error))[i] = 0.5f;
    pt_tensor *y = pt_conv3d(x, w, NULL, (int64_t[]){1, 1, 1}, (int64_t[]){0, 0, 0}, &error);
    int64_t shape[16];
    CHECK(y != NULL && pt_describe(y, shape, 16, &error) == 0);
    CHECK(shape[0] == PT_FLOAT32 && shape[1] == PT_CPU && shape[4] == 5 && shape[7] == 1 && shape[8] == 14);
    check_values(y, (float[]){108, 108}, 2);
    pt_release(x);
    pt_release(w);
}

static pt_tensor *waves(const int64_t *sizes, int64_t dim) {
    pt_tensor *result = pt_empty(sizes, dim, PT_FLOAT32, PT_CPU, 0, &error);
    CHECK(result != NULL);
    int64_t count = 1;
    for (int64_t i = 0; i < dim; i++) count *= sizes[i];
    for (int64_t i = 0; i < count; i++) ((float *)pt_data(result, &error))[i] = sinf((float)i);
    return result;
}

/* Whichever implementation pt_linear takes, the numbers are those of the product, also of an x that is not contiguous. */
static void check_linear(void) {
    pt_tensor *stored = waves((int64_t[]){2, 300, 96}, 3);
    pt_tensor *x = pt_transpose(stored, 1, 2, &error); /* [2, 96, 300] */
    pt_tensor *w = waves((int64_t[]){160, 300}, 2);
    pt_tensor *bias = waves((int64_t[]){160}, 1);
    pt_tensor *wt = pt_transpose(w, 0, 1, &error);
    pt_tensor *product = pt_matmul(x, wt, &error);
    pt_tensor *expected = pt_add(product, bias, &error);
    CHECK(expected != NULL);
    pt_tensor *whole = pt_contiguous(expected, &error);
    check_values(pt_linear(x, w, bias, &error), pt_data(whole, &error), 2 * 96 * 160);
    pt_tensor *const all[] = {stored, x, w, bias, wt, product, expected, whole};
    for (int i = 0; i < 8; i++) pt_release(all[i]);
}

/* Of the overload without a name, for one tensor. */
static pt_tensor *call_one(const char *name, const pt_value *arguments, int64_t count) {
    pt_value result = {.kind = PT_TENSOR};
    CHECK(pt_call(name, "", arguments, count, &result, 1, &error) == 0);
    return (pt_tensor *)result.tensor;
}

/* Whichever implementation pt_conv3d takes, the numbers are those of aten::conv3d, also of an x that is not contiguous. */
static void check_conv3d(void) {
    const int64_t ones[3] = {1, 1, 1}, two[3] = {1, 2, 2}, padding[3] = {0, 1, 1};
    pt_tensor *stored = waves((int64_t[]){2, 4, 5, 6, 3}, 5);
    pt_tensor *x = pt_permute(stored, (int64_t[]){0, 4, 1, 2, 3}, 5, &error); /* [2, 3, 4, 5, 6] */
    pt_tensor *w = waves((int64_t[]){7, 3, 3, 3, 3}, 5);
    pt_tensor *bias = waves((int64_t[]){7}, 1);
    const pt_value arguments[7] = {{.kind = PT_TENSOR, .tensor = x},
                                   {.kind = PT_TENSOR, .tensor = w},
                                   {.kind = PT_TENSOR | PT_OPTIONAL, .tensor = bias},
                                   {.kind = PT_INTS, .data = two, .length = 3},
                                   {.kind = PT_INTS, .data = padding, .length = 3},
                                   {.kind = PT_INTS, .data = ones, .length = 3},
                                   {.kind = PT_INT, .integer = 1}};
    pt_tensor *expected = call_one("aten::conv3d", arguments, 7);
    pt_tensor *found = pt_conv3d(x, w, bias, two, padding, &error);
    int64_t shape[10];
    CHECK(found != NULL && pt_describe(found, shape, 10, &error) == 0);
    CHECK(shape[5] == 2 && shape[6] == 7 && shape[7] == 2 && shape[8] == 3 && shape[9] == 3);
    pt_tensor *rows = pt_contiguous(expected, &error);
    check_values(pt_contiguous(found, &error), pt_data(rows, &error), 2 * 7 * 2 * 3 * 3);
    pt_release(found);
    pt_release(rows);
    pt_release(expected);
    pt_release(bias);
    pt_release(stored);
    pt_release(x);
    pt_release(w);
}

static void check_any_operator(void) {
    float data[4] = {1, 2, 3, 4};
    pt_tensor *x = blob(data, 2, 2);
    const pt_value cumsum[3] = {{.kind = PT_TENSOR, .tensor = x}, {.kind = PT_INT, .integer = 1}, {.kind = PT_NONE}};
    check_values(call_one("aten::cumsum", cumsum, 3), (float[]){1, 3, 3, 7}, 4);
    const pt_value chunk[3] = {
        {.kind = PT_TENSOR, .tensor = x}, {.kind = PT_INT, .integer = 2}, {.kind = PT_INT, .integer = 0}};
    pt_value parts = {.kind = PT_TENSORS};
    CHECK(pt_call("aten::chunk", "", chunk, 3, &parts, 1, &error) == 0 && parts.length == 2);
    pt_tensor *const *halves = parts.data;
    check_values(halves[0], (float[]){1, 2}, 2);
    check_values(halves[1], (float[]){3, 4}, 2);
    pt_free((char *)parts.data);
    const pt_value sum[2] = {{.kind = PT_TENSOR, .tensor = x},
                             {.kind = PT_DTYPE | PT_OPTIONAL, .integer = PT_FLOAT64}};
    pt_tensor *total = call_one("aten::sum", sum, 2);
    CHECK(*(double *)pt_data(total, &error) == 10.0);
    pt_release(total);
    pt_release(x);
}

/* What is no tensor: booleans, numbers, lists of numbers, None, text and undefined tensors, as arguments and as results. */
static void check_other_results(void) {
    float data[6] = {1, 2, 3, 4, 5, 6};
    pt_tensor *x = blob(data, 3, 2);
    const pt_value same[2] = {{.kind = PT_TENSOR, .tensor = x}, {.kind = PT_TENSOR, .tensor = x}};
    pt_value result = {.kind = PT_BOOLEAN};
    CHECK(pt_call("aten::equal", "", same, 2, &result, 1, &error) == 0 && result.integer == 1);
    const pt_value size[2] = {{.kind = PT_TENSOR, .tensor = x}, {.kind = PT_INT, .integer = 0}};
    result.kind = PT_INT;
    CHECK(pt_call("aten::size", "int", size, 2, &result, 1, &error) == 0 && result.integer == 3);

    /* x[:, [1]]: an index that is None keeps its dimension. */
    int64_t one_data[1] = {1};
    const int64_t one = 1;
    pt_tensor *column = pt_from_blob(one_data, &one, 1, PT_INT64, &error);
    const pt_tensor *indices[2] = {NULL, column};
    const pt_value index[2] = {{.kind = PT_TENSOR, .tensor = x},
                               {.kind = PT_OPTIONAL_TENSORS, .data = indices, .length = 2}};
    result.kind = PT_TENSOR;
    CHECK(pt_call("aten::index", "Tensor", index, 2, &result, 1, &error) == 0);
    check_values((pt_tensor *)result.tensor, (float[]){2, 4, 6}, 3);
    pt_release(column);
    pt_release(x);
}

/* libtorch's schemas, also of what it has hundreds of overloads of; there are some thousand of them. */
static void check_schemas(void) {
    CHECK((pt_features() & PT_SCHEMAS) != 0);
    char *schema = pt_schema("aten::size", "int", &error);
    CHECK(schema != NULL && strcmp(schema, "aten::size.int(Tensor self, int dim) -> int") == 0);
    pt_free(schema);
    CHECK(pt_schema("aten::size", "no_such_overload", &error) == NULL && error == NULL);
    CHECK(pt_schema("", "", &error) == NULL && error == NULL);
    char *names = pt_operator_names(&error);
    CHECK(names != NULL && strstr(names, "aten::topk\n") != NULL && strstr(names, "\naten::index.Tensor\n") != NULL);
    int lines = 0;
    for (const char *at = names; (at = strchr(at, '\n')) != NULL; at++) lines++;
    CHECK(lines > 3000);
    pt_free(names);
}

/* Takes the error and frees it; the text must hold `part`. */
static void check_error(const char *part) {
    CHECK(error != NULL && strstr(error, part) != NULL);
    pt_free(error);
    error = NULL;
}

/* A file in memory stays for its tensors and their views, and is not written to. */
static void check_mapping(void) {
    char path[] = "/tmp/panatorch-smoke-XXXXXX";
    const float content[4] = {1, 2, 3, 4};
    const int64_t two = 2;
    int file = mkstemp(path);
    CHECK(file >= 0 && write(file, content, sizeof content) == sizeof content && close(file) == 0);
    CHECK(pt_map("/nonexistent", 4, &error) == NULL);
    check_error("No such file");
    CHECK(pt_map(path, 17, &error) == NULL);
    check_error("has 16 bytes, expected 17");
    pt_mapping *mapping = pt_map(path, sizeof content, &error);
    CHECK(mapping != NULL && memcmp(pt_mapped(mapping), content, sizeof content) == 0);
    CHECK(unlink(path) == 0);
    CHECK(pt_from_mapping(mapping, 12, &two, 1, PT_FLOAT32, &error) == NULL);
    check_error("beyond the file's 16 bytes");
    CHECK(pt_from_mapping(mapping, 2, &two, 1, PT_FLOAT32, &error) == NULL);
    check_error("not aligned");
    pt_tensor *last = pt_from_mapping(mapping, 8, &two, 1, PT_FLOAT32, &error);
    CHECK(last != NULL);
    pt_advise_mapping(mapping, 0, sizeof content, 0); /* its pages may go, and come again */
    pt_advise_mapping(mapping, 8, 8, 1);
    check_values(pt_retain(last, &error), (float[]){3, 4}, 2);
    pt_unmap(mapping);
    pt_tensor *view = pt_narrow(last, 0, 1, 1, &error);
    pt_release(last);
    CHECK(pt_copy_(view, view, 0, &error) == -1);
    check_error("read-only");
    pt_value result = {.kind = PT_TENSOR};
    const pt_value written = {.kind = PT_TENSOR | PT_WRITTEN, .tensor = view};
    CHECK(pt_call("aten::relu_", "", &written, 1, &result, 1, &error) == -1);
    check_error("aten::relu_: would write to memory of a mapped file");
    check_values(view, (float[]){4}, 1);
}

static int count_threads(void) {
    int count = 0;
    DIR *folder = opendir("/proc/self/task");
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) count += entry->d_name[0] != '.';
    closedir(folder);
    return count;
}

/* Whether there are no more threads than so many: one that ends is listed a moment longer. */
static bool are_at_most(int number) {
    for (int i = 0; i < 5000 && count_threads() > number; i++) usleep(1000);
    return count_threads() <= number;
}

/* Products of large matrices are oneDNN's, which asks OpenMP on the thread that it is called on. Returns the threads it left. */
static int multiply(int64_t size) {
    static float data[512 * 512];
    int before = count_threads();
    pt_tensor *x = blob(data, size, size);
    pt_tensor *y = pt_linear(x, x, NULL, &error);
    CHECK(y != NULL);
    pt_release(y);
    pt_release(x);
    return count_threads() - before;
}

/* One thread after the other, each as old as the others when its number changes. */
static void *obey(void *unused) {
    (void)unused;
    CHECK(multiply(512) == 0); /* one thread is enough */
    CHECK(pt_set_num_threads(3, &error) == 0);
    CHECK(multiply(16) == 0); /* so it is for little work */
    CHECK(multiply(512) == 2);
    CHECK(multiply(512) == 0); /* they have stayed */
    int three = count_threads();
    CHECK(pt_set_num_threads(2, &error) == 0);
    multiply(512);
    CHECK(are_at_most(three - 1));
    CHECK(pt_set_num_threads(1, &error) == 0);
    return NULL;
}

#define CALLERS 40

static pthread_barrier_t all_there;

/* Computes as the others do, and stays until all have. */
static void *compute(void *unused) {
    (void)unused;
    multiply(512);
    pthread_barrier_wait(&all_there);
    pthread_barrier_wait(&all_there);
    return NULL;
}

/* Of callers that live, eight keep their workers; the others' go after each call. */
static void check_many_callers(int before) {
    pthread_t callers[CALLERS];
    CHECK(are_at_most(before));
    pthread_barrier_init(&all_there, NULL, CALLERS + 1);
    for (int i = 0; i < CALLERS; i++) CHECK(pthread_create(&callers[i], NULL, compute, NULL) == 0);
    pthread_barrier_wait(&all_there);
    CHECK(count_threads() > before + CALLERS);
    CHECK(are_at_most(before + CALLERS + 8));
    pthread_barrier_wait(&all_there);
    for (int i = 0; i < CALLERS; i++) CHECK(pthread_join(callers[i], NULL) == 0);
    pthread_barrier_destroy(&all_there);
    CHECK(are_at_most(before));
}

#define NO_LIMIT 77

/* Where no thread can be started any more, libgomp would end the process; an operator computes on its own thread then, and says so. */
static void *compute_alone(void *unused) {
    (void)unused;
    const struct rlimit none = {1, 1};
    CHECK(setrlimit(RLIMIT_NPROC, &none) == 0);
    if (geteuid() == 0 && setuid(65534) != 0) _exit(NO_LIMIT); /* root has none */
    CHECK(multiply(512) == 0);
    char *warning = pt_take_warning();
    CHECK(warning != NULL && strstr(warning, "threads cannot be started") != NULL);
    pt_free(warning);
    multiply(512);
    CHECK(pt_take_warning() == NULL); /* once */
    _exit(0);
}

static void check_limit(void) {
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        pthread_t fresh; /* a fork has none of the workers that its thread believes it has */
        pthread_create(&fresh, NULL, compute_alone, NULL);
        pthread_join(fresh, NULL);
        _exit(1);
    }
    int state = 0;
    CHECK(waitpid(child, &state, 0) == child && WIFEXITED(state));
    CHECK(WEXITSTATUS(state) == 0 || WEXITSTATUS(state) == NO_LIMIT);
}

static void check_threads(void) {
    pthread_t other;
    int before = count_threads();
    CHECK(pt_num_threads() >= 1);
    CHECK(pt_set_num_threads(2, &error) == 0 && pt_num_threads() == 2);
    CHECK(pt_set_num_threads(1, &error) == 0 && pt_num_threads() == 1);
    CHECK(pthread_create(&other, NULL, obey, NULL) == 0 && pthread_join(other, NULL) == 0);
    CHECK(pt_set_num_threads(2, &error) == 0);
    check_many_callers(before);
    check_limit();
}

/* Tensors without memory have shapes, and meet no others but numbers. */
static void check_meta(void) {
    float data[6] = {1, 2, 3, 4, 5, 6};
    int64_t shape[16];
    int64_t memory[2];
    pt_tensor *here = blob(data, 2, 3);
    pt_tensor *x = pt_empty((int64_t[]){1L << 20, 3}, 2, PT_BFLOAT16, PT_META, 0, &error);
    pt_tensor *w = pt_to(here, PT_BFLOAT16, PT_META, 0, &error);
    CHECK(x != NULL && w != NULL && pt_data(x, &error) == NULL && strstr(error, "no memory") != NULL);
    pt_free(error);
    error = NULL;
    CHECK(pt_storage(x, memory, &error) == 0 && memory[0] == 0 && memory[1] == 6L << 20);
    pt_tensor *y = pt_linear(x, w, NULL, &error);
    pt_tensor *z = y == NULL ? NULL : pt_clamp(y, 0, 1, &error);
    CHECK(z != NULL && pt_describe(z, shape, 16, &error) == 0);
    CHECK(shape[0] == PT_BFLOAT16 && shape[1] == PT_META && shape[4] == 2 && shape[5] == 1 << 20 && shape[6] == 2);
    CHECK(pt_synchronize(PT_META, 0, &error) == 0 && pt_synchronize(PT_CPU, 0, &error) == 0);
    CHECK(pt_linear(x, here, NULL, &error) == NULL);
    check_error("aten::linear: expected all tensors on one device");
    CHECK(pt_copy_(w, here, 0, &error) == 0);
    pt_tensor *const all[] = {here, x, w, y, z};
    for (int i = 0; i < 5; i++) pt_release(all[i]);
}

static pt_tensor *deviation_of_one(void) {
    static float data[1] = {1};
    const int64_t one = 1;
    pt_tensor *x = pt_from_blob(data, &one, 1, PT_FLOAT32, &error);
    const pt_value arguments[2] = {{.kind = PT_TENSOR, .tensor = x}, {.kind = PT_BOOLEAN, .integer = 1}};
    pt_tensor *result = call_one("aten::std", arguments, 2);
    pt_release(x);
    return result;
}

static void *warn_from_here(void *unused) {
    (void)unused;
    for (int i = 0; i < 40; i++) pt_release(deviation_of_one());
    return NULL;
}

/* libtorch warns of a deviation that is not defined, each time. Nothing of it reaches stderr, which is a file here. */
static void check_warnings(void) {
    const char *text = "std(): degrees of freedom is <= 0. Correction should be strictly less than the reduction factor (input"
                       " numel divided by output numel).";
    FILE *printed = tmpfile();
    int terminal = dup(STDERR_FILENO);
    CHECK(printed != NULL && terminal >= 0 && dup2(fileno(printed), STDERR_FILENO) >= 0);
    pt_release(deviation_of_one());
    char *warning = pt_take_warning();
    pthread_t others[2];
    for (int i = 0; i < 2; i++) CHECK(pthread_create(&others[i], NULL, warn_from_here, NULL) == 0);
    for (int i = 0; i < 2; i++) CHECK(pthread_join(others[i], NULL) == 0);
    CHECK(dup2(terminal, STDERR_FILENO) >= 0);
    CHECK(warning != NULL && strcmp(warning, text) == 0);
    pt_free(warning);
    for (int i = 0; i < 64; i++) { /* of 80 */
        warning = pt_take_warning();
        CHECK(warning != NULL && strcmp(warning, text) == 0);
        pt_free(warning);
    }
    CHECK(pt_take_warning() == NULL);
    CHECK(fseek(printed, 0, SEEK_END) == 0 && ftell(printed) == 0);
    fclose(printed);
    close(terminal);
}

static void check_failures(void) {
    float data[6] = {1, 2, 3, 4, 5, 6};
    pt_tensor *x = blob(data, 2, 3);
    CHECK(pt_linear(x, x, x, &error) == NULL);
    check_error("aten::linear");
    CHECK(pt_matmul(x, x, &error) == NULL);
    check_error((pt_features() & PT_ERROR_TEXT) != 0 ? "shapes cannot be multiplied" : "stderr");
    CHECK(pt_mul(x, NULL, &error) == NULL);
    check_error("NULL");
    CHECK(pt_add(x, NULL, &error) == NULL);
    check_error("NULL");
    CHECK(pt_data(NULL, &error) == NULL);
    check_error("NULL");
    if ((pt_features() & PT_CUDA_LIBRARY) == 0) {
        CHECK(pt_to(x, PT_FLOAT32, PT_CUDA, 0, &error) == NULL);
        check_error("has no CUDA");
        CHECK(pt_synchronize(PT_CUDA, 0, &error) == -1);
        check_error("has no CUDA");
        void *stream = NULL;
        CHECK(pt_cuda_stream_from_pool(0, &stream, &error) == -1 && stream == NULL);
        check_error("has no CUDA");
        CHECK(pt_pin_memory(x, &error) == NULL);
        check_error("aten::pin_memory");
        CHECK(pt_cuda_runtime_version() == 0);
    }
    CHECK(pt_empty((int64_t[]){-1}, 1, PT_FLOAT32, PT_CPU, 0, &error) == NULL);
    check_error("negative");
    CHECK(pt_empty((int64_t[]){1}, 1, 77, PT_CPU, 0, &error) == NULL);
    check_error("dtype");
    const pt_value unknown[1] = {{.kind = PT_TENSOR, .tensor = x}};
    pt_tensor *w = waves((int64_t[]){2, 3, 3, 3, 3}, 5);
    pt_tensor *image = waves((int64_t[]){1, 4, 3, 8, 8}, 5);
    CHECK(pt_conv3d(image, w, NULL, (int64_t[]){1, 1, 1}, (int64_t[]){0, 1, 1}, &error) == NULL);
    check_error((pt_features() & PT_ERROR_TEXT) != 0 ? "to have 3 channels, but got 4" : "stderr");
    pt_release(w);
    pt_release(image);
    pt_value result = {.kind = PT_TENSOR};
    /* What an unknown operator is given, libtorch before 2.13 does not give back, see dispatch.c. */
    const int64_t given = (pt_features() & PT_ERROR_TEXT) != 0 ? 1 : 0;
    CHECK(pt_call("aten::no_such_operator", "", unknown, given, &result, 1, &error) == -1);
    check_error("aten::no_such_operator");
    pt_release(x);
}

static void check_refusals(const char *here) {
    const char *missing[1] = {"/nonexistent/libtorch_cpu.so"};
    CHECK(pt_mul(NULL, NULL, &error) == NULL);
    check_error("not loaded");
    CHECK(pt_load(NULL, 0, &error) == 0 && pt_libtorch_version() == 0);
    CHECK(pt_load(missing, 1, &error) == -1);
    check_error("/nonexistent/libtorch_cpu.so");
    /* A library that is no libtorch: this shim itself. */
    CHECK(pt_load(&here, 1, &error) == -1);
    check_error("libtorch 2.10 or later is needed");
}

int main(int argc, char **argv) {
    if (argc < 3) {
        fprintf(stderr, "usage: smoke SHIM LIBRARY...\n");
        return 2;
    }
    check_refusals(argv[1]);
    CHECK(pt_libtorch_path() == NULL);
    CHECK(pt_load((const char *const *)argv + 2, argc - 2, &error) == 0);
    CHECK(strcmp(pt_libtorch_path(), argv[argc - 1]) == 0);
    CHECK(pt_load((const char *const *)argv + 2, argc - 2, &error) == 0);
    check_threads();
    check_elementwise();
    check_storage();
    check_promotion();
    check_layers();
    check_large();
    check_linear();
    check_conv3d();
    check_any_operator();
    check_other_results();
    check_schemas();
    check_mapping();
    check_meta();
    check_warnings();
    check_failures();
    int64_t version = pt_libtorch_version();
    printf("smoke: %d checks on libtorch %d.%d.%d passed\n", checks, (int)(version >> 16), (int)(version >> 8 & 0xff),
           (int)(version & 0xff));
    return 0;
}
