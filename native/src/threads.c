/*
 * How many threads an operator gets, and whose they are.
 *
 * libtorch divides its work among threads of OpenMP: each thread that calls operators has workers of its own, which sleep
 * between two calls. Waking one takes some 100 µs on a virtual machine whose processors rest meanwhile, less on bare
 * metal; so an operator that takes about that long by itself gets one thread. The work alone decides it, never a time that was
 * measured: the number of threads may show in the last bits of a result. OpenMP keeps the number for each calling thread.
 *
 * Workers stay as long as their caller. Many callers, as a server's Java threads are, would have many; so beyond a number that
 * the processors suggest, workers are dismissed after the call. And where a process may have no more threads (a container's
 * limit, say), libgomp ends the process; so it is tried before whether as many can be started.
 */
#define _GNU_SOURCE
#include "internal.h"

#include <dlfcn.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#define MAX_THREADS 1024
#define WORKERS_PER_PROCESSOR 2
#define WAKING 200e3 /* nanoseconds, so that waking pays */
#define SOFT_PAUSE 1 /* omp_pause_soft: threads go, settings stay */

static void (*at_set_num_threads)(int);
static void (*omp_set_num_threads)(int);    /* NULL where all operators get what libtorch has */
static int (*omp_pause_resource_all)(int);  /* libgomp's; NULL where workers cannot be dismissed */

static _Atomic int32_t threads;
static _Thread_local int32_t told;    /* what libtorch has taken over for this thread */
static _Thread_local int32_t current; /* what OpenMP has for it */
static _Thread_local int32_t workers; /* how many of the kept ones are this thread's */
static _Atomic int32_t kept;
static pthread_key_t count_on_exit;

static void leave(void *count) { atomic_fetch_sub(&kept, (int32_t)(intptr_t)count); }

void connect_threads(void *const *libraries, int64_t count) {
    Dl_info file;
    uint32_t number = 1;
    assign(&at_set_num_threads, find(libraries, count, "_ZN2at15set_num_threadsEi"));
    assign(&omp_set_num_threads, find(libraries, count, "omp_set_num_threads"));
    /* Other OpenMPs have it too, and dismiss the workers of every thread. */
    void *pause = find(libraries, count, "omp_pause_resource_all");
    bool is_libgomp = pause != NULL && dladdr(pause, &file) != 0 && strstr(file.dli_fname, "libgomp") != NULL;
    if (is_libgomp && pthread_key_create(&count_on_exit, leave) == 0) assign(&omp_pause_resource_all, pause);
    torch.torch_get_num_threads(&number);
    atomic_store(&threads, (int32_t)number);
}

/*
 * libtorch gives a thread its number when the first operator wants it, and then what this file has set for that operator would
 * be lost; asked for the number it does so at once.
 */
static void tell(int32_t number) {
    uint32_t taken = 0;
    if (at_set_num_threads != NULL) at_set_num_threads(number);
    torch.torch_get_num_threads(&taken);
    told = number;
    current = (int32_t)taken;
}

static void *nothing(void *argument) { return argument; }

/* Whether as many threads can be started just now. */
static bool can_start(int32_t number) {
    pthread_t started[MAX_THREADS];
    int32_t count = 0;
    while (count < number && pthread_create(&started[count], NULL, nothing, NULL) == 0) count++;
    for (int32_t i = 0; i < count; i++) pthread_join(started[i], NULL);
    return count == number;
}

/* Counts workers of this thread among those that are kept, if so many may be. */
static bool may_keep(int32_t number) {
    int32_t most = WORKERS_PER_PROCESSOR * (int32_t)sysconf(_SC_NPROCESSORS_ONLN);
    int32_t before = atomic_load(&kept);
    int32_t after;
    do {
        after = before - workers + number;
        if (after > most && after > number) return false; /* one thread's are kept however many they are */
    } while (!atomic_compare_exchange_weak(&kept, &before, after));
    workers = number;
    pthread_setspecific(count_on_exit, (void *)(intptr_t)number);
    return true;
}

static int32_t threads_for(double nanoseconds, int32_t all) {
    return nanoseconds * (all - 1) > WAKING * all ? all : 1;
}

bool use_threads(double nanoseconds) {
    int32_t all = atomic_load_explicit(&threads, memory_order_relaxed);
    if (told != all) tell(all);
    if (omp_set_num_threads == NULL) return false;
    int32_t wanted = threads_for(nanoseconds, all);
    bool stay = true;
    if (wanted > 1 && workers != wanted - 1 && omp_pause_resource_all != NULL) {
        if (!can_start(wanted - 1)) {
            warn_once("this process cannot start the threads that an operator may use: it computes on one");
            wanted = 1;
        } else {
            stay = may_keep(wanted - 1);
        }
    }
    if (current != wanted) omp_set_num_threads(wanted);
    current = wanted;
    return !stay;
}

double elements_of(const pt_tensor *x) {
    int64_t number = 0;
    return x != NULL && torch.aoti_torch_get_numel((handle)x, &number) == 0 ? (double)number : INFINITY;
}

double elements_of_both(const pt_tensor *a, const pt_tensor *b) {
    const pt_tensor *both[2] = {a, b};
    int64_t *sizes[2];
    int64_t dims[2];
    double elements = 1;
    for (int i = 0; i < 2; i++) {
        handle x = (handle)both[i];
        if (x == NULL || torch.aoti_torch_get_dim(x, &dims[i]) != 0 || torch.aoti_torch_get_sizes(x, &sizes[i]) != 0) return INFINITY;
    }
    for (int64_t i = 1; i <= dims[0] || i <= dims[1]; i++) {
        int64_t left = i <= dims[0] ? sizes[0][dims[0] - i] : 1;
        int64_t right = i <= dims[1] ? sizes[1][dims[1] - i] : 1;
        elements *= (double)(left > right ? left : right);
    }
    return elements;
}

void dismiss_workers(void) { omp_pause_resource_all(SOFT_PAUSE); }

int64_t pt_num_threads(void) { return atomic_load(&threads); }

int32_t pt_set_num_threads(int64_t number, char **error) {
    if (number < 1 || number > MAX_THREADS) return fail(error, "threads must be 1 to %d, not %ld", MAX_THREADS, (long)number);
    if (enter(error) != 0) return -1;
    if (at_set_num_threads == NULL) return fail(error, "this libtorch has no at::set_num_threads: set OMP_NUM_THREADS instead");
    atomic_store(&threads, (int32_t)number);
    return 0;
}
