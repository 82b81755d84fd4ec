/*
 * What the one-element add costs without Java: add-loop LIBTORCH_CPU ROUNDS CALLS. Prints the nanoseconds of one pt_add
 * with its pt_release, one line a round. The first round is warm-up and is not printed.
 */
#define _POSIX_C_SOURCE 200809L
#include "panatorch.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static char *error;

static void require(int holds) {
    if (!holds) {
        fprintf(stderr, "add-loop: %s\n", error != NULL ? error : "usage: add-loop LIBTORCH_CPU ROUNDS CALLS");
        exit(1);
    }
}

static double nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static pt_tensor *one_element(float *data) {
    const int64_t size = 1;
    pt_tensor *tensor = pt_from_blob(data, &size, 1, PT_FLOAT32, &error);
    require(tensor != NULL);
    return tensor;
}

static double round_of(const pt_tensor *a, const pt_tensor *b, long calls) {
    double start = nanoseconds();
    for (long i = 0; i < calls; i++) {
        pt_tensor *sum = pt_add(a, b, &error);
        require(sum != NULL);
        pt_release(sum);
    }
    return (nanoseconds() - start) / (double)calls;
}

int main(int argc, char **argv) {
    require(argc == 4);
    const char *library = argv[1];
    long rounds = atol(argv[2]);
    long calls = atol(argv[3]);
    require(rounds > 0 && calls > 0);
    require(pt_load(&library, 1, &error) == 0);
    float values[2] = {1, 2};
    pt_tensor *a = one_element(&values[0]);
    pt_tensor *b = one_element(&values[1]);
    round_of(a, b, calls);
    for (long i = 0; i < rounds; i++) printf("%.2f\n", round_of(a, b, calls));
    pt_release(a);
    pt_release(b);
    return 0;
}
