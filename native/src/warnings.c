/*
 * libtorch's warnings, kept for the caller instead of printed.
 *
 * c10 hands a warning to the handler of the thread that it arises on, an object of a C++ class whose one function is
 * called with it. This makes such an object in C, laid out as the Itanium C++ ABI says, which all compilers on Linux
 * follow. Two things are looked at before it is trusted: that the table of c10's own handler has its function at the
 * same place, and that a warning of ours arrives as it was sent. Where either fails, all stays as libtorch has it.
 */
#define _GNU_SOURCE
#include "internal.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Who does not take warnings must not run out of memory by them. */
#define CAPACITY 64

#define TRIAL "a warning that shows whether warnings arrive"

/* What begins a std::string of libstdc++; c10's function says by its name that it returns one. */
typedef struct cxx_string {
    const char *text;
    size_t length;
} cxx_string;

/* The table of c10::WarningHandler. */
typedef struct handler_table {
    intptr_t offset_to_top;
    const void *type_info;
    struct {
        void (*destroy)(void *handler);
        void (*destroy_and_free)(void *handler);
        void (*process)(void *handler, const void *warning);
    } functions;
} handler_table;

static const cxx_string *(*message_of)(const void *warning);
static void (*set_handler)(void *handler); /* NULL where warnings stay libtorch's */

static pthread_mutex_t queue = PTHREAD_MUTEX_INITIALIZER;
static char *texts[CAPACITY];
static int oldest;
static _Atomic int waiting;

/* Returns whether there was room for it. */
static bool keep(char *text) {
    bool kept = false;
    pthread_mutex_lock(&queue);
    int count = atomic_load(&waiting);
    if (text != NULL && count < CAPACITY) {
        texts[(oldest + count) % CAPACITY] = text;
        atomic_store(&waiting, count + 1);
        kept = true;
    }
    pthread_mutex_unlock(&queue);
    if (!kept) free(text);
    return kept;
}

static void take_over(void *handler, const void *warning) {
    (void)handler;
    const cxx_string *message = message_of(warning);
    keep(strndup(message->text, message->length));
}

void warn_once(const char *text) {
    static atomic_bool said;
    if (!atomic_load(&said) && keep(strdup(text))) atomic_store(&said, true);
}

/* The handler is nobody's to free. */
static void stay(void *handler) { (void)handler; }

static const handler_table table = {.functions = {stay, stay, take_over}};

static struct {
    const void *functions;
} handler_object = {&table.functions};

void connect_warnings(void *const *libraries, int64_t count) {
    void (*warn)(const char *, const char *, uint32_t, const char *) = NULL;
    void (*print)(void *, const void *) = NULL;
    const handler_table *theirs = find(libraries, count, "_ZTVN3c1014WarningHandlerE");
    assign(&print, find(libraries, count, "_ZN3c1014WarningHandler7processERKNS_7WarningE"));
    assign(&message_of, find(libraries, count, "_ZNK3c107Warning3msgB5cxx11Ev"));
    assign(&warn, find(libraries, count, "aoti_torch_warn"));
    if (theirs == NULL || print == NULL || theirs->functions.process != print || message_of == NULL || warn == NULL) return;
    assign(&set_handler, find(libraries, count, "_ZN3c1012WarningUtils19set_warning_handlerEPNS_14WarningHandlerE"));
    if (set_handler == NULL) return;
    collect_warnings();
    warn(__func__, __FILE__, __LINE__, TRIAL);
    char *arrived = pt_take_warning();
    if (arrived == NULL || strcmp(arrived, TRIAL) != 0) {
        set_handler(NULL); /* which is c10's own again */
        set_handler = NULL;
    }
    free(arrived);
}

void collect_warnings(void) {
    if (set_handler != NULL) set_handler(&handler_object);
}

char *pt_take_warning(void) {
    if (atomic_load_explicit(&waiting, memory_order_relaxed) == 0) return NULL;
    char *text = NULL;
    pthread_mutex_lock(&queue);
    int count = atomic_load(&waiting);
    if (count > 0) {
        text = texts[oldest];
        oldest = (oldest + 1) % CAPACITY;
        atomic_store(&waiting, count - 1);
    }
    pthread_mutex_unlock(&queue);
    return text;
}
