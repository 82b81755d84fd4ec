/*
 * How many threads an operator gets, and whose they are.
 *
 * libtorch divides its work among threads of OpenMP: each thread that calls operators has workers of its own, which sleep
 * between two calls. Waking one takes some 100 µs on a virtual machine whose processors rest meanwhile, less on bare metal; so
 * an operator that takes about that long by itself gets one thread. The work alone decides it, never a time that was measured:
 * the number of threads may show in the last bits of a result. Between two operators the caller's number is as it was set, for
 * others who compute on that thread.
 *
 * With libgomp, workers stay as long as their caller. Many callers, as a server's Java threads are, would have many; so those of
 * the first few stay, and those of others go after each call. And where a process may have no more threads (a container's limit,
 * say), libgomp ends the process; so workers are started here, after it was tried whether they can be. It cannot be known
 * what else the process starts between the two, nor when libgomp replaces workers later.
 */
#define _GNU_SOURCE
#include "internal.h"

#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#define MAX_THREADS 1024
#define KEEPERS 8
#define WAKING 350e3 /* nanoseconds, so that waking pays */
#define SOFT_PAUSE 1 /* omp_pause_soft: threads go, settings stay */
#define SECONDS_TO_RECOVER 1

static void (*at_set_num_threads)(int);
static void (*omp_set_num_threads)(int); /* NULL where every operator gets what libtorch has */
/* libgomp's; NULL where it is another OpenMP, which cares for its workers itself. */
static int (*omp_pause_resource_all)(int);
static void (*GOMP_parallel)(void (*)(void *), void *, unsigned, unsigned);

static _Atomic int32_t threads;
static _Thread_local int32_t told;  /* what this thread's number is, as far as it was set here */
static _Thread_local int32_t hired; /* how many threads it computes with, itself among them, since they were started here */
static _Atomic int32_t keepers;     /* threads whose workers stay */
static pthread_key_t keeper_exit;
static pthread_mutex_t hiring = PTHREAD_MUTEX_INITIALIZER;
static time_t failed_at; /* when threads could not be started, the last time; 0 for never */

static void leave(void *keeper) {
    (void)keeper;
    atomic_fetch_sub(&keepers, 1);
}

void connect_threads(const libtorch *found, void *const *libraries, int64_t count) {
    uint32_t number = 1;
    assign(&at_set_num_threads, find(libraries, count, "_ZN2at15set_num_threadsEi"));
    assign(&omp_set_num_threads, find_in_process(libraries, count, "omp_set_num_threads"));
    /* LLVM's and Intel's have libgomp's functions too, but pause for all threads of the process. */
    bool is_libgomp = find_in_process(libraries, count, "__kmpc_fork_call") == NULL;
    if (is_libgomp && omp_set_num_threads != NULL && pthread_key_create(&keeper_exit, leave) == 0) {
        assign(&GOMP_parallel, find_in_process(libraries, count, "GOMP_parallel"));
        if (GOMP_parallel != NULL) assign(&omp_pause_resource_all, find_in_process(libraries, count, "omp_pause_resource_all"));
    }
    found->torch_get_num_threads(&number);
    atomic_store(&threads, number < MAX_THREADS ? (int32_t)number : MAX_THREADS);
}

/*
 * libtorch gives a thread its own number when the first operator wants it, and asked for it does so at once: else it would do so
 * within an operator, when another has been set. It is set through OpenMP where it can be: libtorch's function starts workers of
 * another kind besides, before 2.13 without looking whether it may.
 */
static void tell(int32_t number) {
    uint32_t taken;
    if (told == 0) torch.torch_get_num_threads(&taken);
    if (omp_set_num_threads != NULL) omp_set_num_threads(number);
    else if (at_set_num_threads != NULL) at_set_num_threads(number);
    told = number;
}

static void *tell_id(void *id) {
    *(pid_t *)id = gettid();
    return NULL;
}

/* Whether as many threads can be started just now. Those that were are gone afterwards, for the kernel too. */
static bool can_start(int32_t number) {
    pthread_t started[MAX_THREADS];
    pid_t ids[MAX_THREADS];
    int32_t count = 0;
    while (count < number && pthread_create(&started[count], NULL, tell_id, &ids[count]) == 0) count++;
    for (int32_t i = 0; i < count; i++) pthread_join(started[i], NULL);
    for (int32_t i = 0; i < count; i++) {
        while (tgkill(getpid(), ids[i], 0) == 0) sched_yield();
    }
    return count == number;
}

static void nothing(void *unused) { (void)unused; }

/* Starts the workers of this thread. Returns whether it could. */
static bool start_workers(int32_t number) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    pthread_mutex_lock(&hiring);
    bool may_try = failed_at == 0 || now.tv_sec - failed_at > SECONDS_TO_RECOVER;
    bool started = may_try && can_start(number - 1);
    if (started) {
        failed_at = 0;
        omp_set_num_threads(number);
        GOMP_parallel(nothing, NULL, (unsigned)number, 0);
    } else if (may_try) {
        failed_at = now.tv_sec;
    }
    pthread_mutex_unlock(&hiring);
    if (!started) warn_once("its threads cannot be started, for this process may have no more: operators compute on one");
    return started;
}

/* Whether workers of this thread may stay. */
static bool is_keeper(void) {
    if (pthread_getspecific(keeper_exit) != NULL) return true;
    int32_t others = atomic_load(&keepers);
    do {
        if (others >= KEEPERS) return false;
    } while (!atomic_compare_exchange_weak(&keepers, &others, others + 1));
    if (pthread_setspecific(keeper_exit, &keepers) == 0) return true;
    atomic_fetch_sub(&keepers, 1);
    return false;
}

threads_use begin_threads(double nanoseconds) {
    int32_t all = atomic_load_explicit(&threads, memory_order_relaxed);
    if (told != all) tell(all);
    if (omp_set_num_threads == NULL || all == 1) return AS_BEFORE;
    bool is_worth_it = nanoseconds * (all - 1) > WAKING * all;
    bool is_ready = omp_pause_resource_all == NULL || hired == all;
    if (!is_worth_it || (!is_ready && !start_workers(all))) {
        omp_set_num_threads(1);
        return RESTORE;
    }
    omp_set_num_threads(all); /* others may have set another */
    if (is_ready) return AS_BEFORE;
    hired = is_keeper() ? all : 0;
    return hired == 0 ? DISMISS : AS_BEFORE;
}

void end_threads(threads_use use) {
    if (use == RESTORE) omp_set_num_threads(told);
    if (use == DISMISS) omp_pause_resource_all(SOFT_PAUSE);
}

double elements_of(const pt_tensor *x) {
    int64_t number = 0;
    int32_t type = 0;
    if (torch.version == 0 || x == NULL || torch.aoti_torch_get_numel((handle)x, &number) != 0 ||
        torch.aoti_torch_get_dtype((handle)x, &type) != 0) {
        return INFINITY;
    }
    return (double)number * (type == torch.dtypes[PT_FLOAT32] ? 1 : OTHER_DTYPES);
}

double size_of(const pt_tensor *x, int64_t dim) {
    int64_t dims = 0;
    int64_t *sizes;
    if (torch.version == 0 || x == NULL || torch.aoti_torch_get_dim((handle)x, &dims) != 0 ||
        torch.aoti_torch_get_sizes((handle)x, &sizes) != 0) {
        return INFINITY;
    }
    int64_t place = dim < 0 ? dims + dim : dim;
    return place >= 0 && place < dims ? (double)sizes[place] : INFINITY;
}

double elements_of_both(const pt_tensor *a, const pt_tensor *b) {
    const pt_tensor *both[2] = {a, b};
    int64_t *sizes[2];
    int64_t dims[2];
    double elements = 1;
    for (int i = 0; i < 2; i++) {
        handle x = (handle)both[i];
        if (torch.version == 0 || x == NULL || torch.aoti_torch_get_dim(x, &dims[i]) != 0 ||
            torch.aoti_torch_get_sizes(x, &sizes[i]) != 0) {
            return INFINITY;
        }
    }
    for (int64_t i = 1; i <= dims[0] || i <= dims[1]; i++) {
        int64_t left = i <= dims[0] ? sizes[0][dims[0] - i] : 1;
        int64_t right = i <= dims[1] ? sizes[1][dims[1] - i] : 1;
        elements *= (double)(left == 1 ? right : left);
    }
    return elements;
}

int64_t pt_num_threads(void) { return atomic_load(&threads); }

int32_t pt_set_num_threads(int64_t number, char **error) {
    if (number < 1 || number > MAX_THREADS) return fail(error, "threads must be 1 to %d, not %ld", MAX_THREADS, (long)number);
    if (enter(error) != 0) return -1;
    if (omp_set_num_threads == NULL && at_set_num_threads == NULL) {
        return fail(error, "this libtorch has no way to set its threads: set OMP_NUM_THREADS instead");
    }
    atomic_store(&threads, (int32_t)number);
    return 0;
}
