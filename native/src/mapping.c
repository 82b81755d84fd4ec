/*
 * Files in memory, and tensors that lie in them.
 *
 * A tensor's memory must stay as long as any view of it, also one that an operator has made and put somewhere. Only libtorch
 * knows when the last is gone: from 2.11 on it says so to whom gave it the memory, and the file is unmapped then. Before, a file
 * that has given a tensor stays mapped until the process ends. That costs addresses and no memory, which the operating system
 * takes back page by page.
 */
#define _GNU_SOURCE
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct pt_mapping {
    char *start;
    size_t length;
    int64_t references; /* the caller's and each storage's */
    struct pt_mapping *next;
};

/* All that are mapped. They are few, a checkpoint's files. */
static pthread_mutex_t list = PTHREAD_MUTEX_INITIALIZER;
static pt_mapping *first;

/* The one that an address is in, or NULL; to be called with the list locked. */
static pt_mapping *around(const void *address) {
    pt_mapping *mapping = first;
    while (mapping != NULL && !((char *)address >= mapping->start && (char *)address < mapping->start + mapping->length)) {
        mapping = mapping->next;
    }
    return mapping;
}

static void add_reference(pt_mapping *mapping) {
    pthread_mutex_lock(&list);
    mapping->references++;
    pthread_mutex_unlock(&list);
}

/* Takes a reference away, of the mapping that an address is in. */
static void drop_reference(const void *address) {
    pthread_mutex_lock(&list);
    pt_mapping *mapping = around(address);
    bool gone = mapping != NULL && --mapping->references == 0;
    if (gone) {
        pt_mapping **place = &first;
        while (*place != mapping) place = &(*place)->next;
        *place = mapping->next;
        munmap(mapping->start, mapping->length); /* with the list locked: the addresses may be given to another file at once */
    }
    pthread_mutex_unlock(&list);
    if (gone) free(mapping);
}

bool is_in_mapping(const void *address) {
    pthread_mutex_lock(&list);
    bool found = around(address) != NULL;
    pthread_mutex_unlock(&list);
    return found;
}

bool has_mappings(void) {
    pthread_mutex_lock(&list);
    bool found = first != NULL;
    pthread_mutex_unlock(&list);
    return found;
}

static void *map(const char *path, int64_t length, char **error) {
    struct stat about;
    void *start = MAP_FAILED;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 || fstat(file, &about) != 0) {
        fail(error, "cannot open it: %s", strerror(errno));
    } else if (about.st_size != length) {
        fail(error, "has %ld bytes, expected %ld: it was changed meanwhile", (long)about.st_size, (long)length);
    } else {
        start = mmap(NULL, (size_t)length, PROT_READ, MAP_PRIVATE, file, 0);
        if (start == MAP_FAILED) fail(error, "cannot map its %ld bytes into memory: %s", (long)length, strerror(errno));
    }
    if (file >= 0) close(file);
    return start;
}

pt_mapping *pt_map(const char *path, int64_t length, char **error) {
    if (length < 1) {
        fail(error, "an empty file cannot be mapped");
        return NULL;
    }
    pt_mapping *mapping = malloc(sizeof *mapping);
    void *start = mapping == NULL ? MAP_FAILED : map(path, length, error);
    if (mapping == NULL) fail(error, "out of memory");
    if (start == MAP_FAILED) {
        free(mapping);
        return NULL;
    }
    *mapping = (pt_mapping){.start = start, .length = (size_t)length, .references = 1};
    pthread_mutex_lock(&list);
    mapping->next = first;
    first = mapping;
    pthread_mutex_unlock(&list);
    return mapping;
}

const void *pt_mapped(const pt_mapping *mapping) { return mapping->start; }

void pt_advise_mapping(const pt_mapping *mapping, int64_t offset, int64_t length, int32_t needed) {
    int64_t page = sysconf(_SC_PAGESIZE);
    int64_t first_page = (offset + page - 1) / page * page;
    int64_t end = offset + length == (int64_t)mapping->length ? offset + length : (offset + length) / page * page;
    if (end > first_page) {
        (void)madvise(mapping->start + first_page, (size_t)(end - first_page), needed ? MADV_WILLNEED : MADV_DONTNEED);
    }
}

void pt_unmap(pt_mapping *mapping) {
    if (mapping != NULL) drop_reference(mapping->start);
}

/* Releases of 2.11's time differ in whether a second argument comes; the first is enough. */
static void storage_is_gone(void *data) { drop_reference(data); }

pt_tensor *pt_from_mapping(pt_mapping *mapping, int64_t offset, const int64_t *sizes, int64_t dim, int32_t dtype, char **error) {
    int64_t strides[MAX_DIM];
    int64_t bytes = 0;
    handle result = NULL;
    if (enter(error) != 0 || contiguous_strides(sizes, dim, strides, error) != 0) return NULL;
    int32_t type = torch_dtype(dtype, error);
    if (type < 0) return NULL;
    int64_t size = (int64_t)torch.aoti_torch_dtype_element_size(type);
    int64_t elements = dim == 0 ? 1 : sizes[0] * strides[0];
    bool fits = elements > 0 && !__builtin_mul_overflow(elements, size, &bytes) && offset >= 0 &&
                bytes <= (int64_t)mapping->length - offset && offset % size == 0;
    if (!fits) {
        fail(error, "from_mapping: %ld elements from byte %ld on are empty, not aligned, or beyond the file's %ld bytes",
             (long)elements, (long)offset, (long)mapping->length);
        return NULL;
    }
    char *data = mapping->start + offset;
    int32_t cpu = torch.aoti_torch_device_type_cpu();
    add_reference(mapping);
    status made = torch.torch_from_blob != NULL
                      ? torch.torch_from_blob(data, dim, sizes, strides, 0, type, cpu, -1, &result,
                                              torch.aoti_torch_layout_strided(), NULL, 0, storage_is_gone, NULL)
                      : torch.aoti_torch_create_tensor_from_blob(data, dim, sizes, strides, 0, type, cpu, -1, &result);
    if (made != 0) {
        drop_reference(data);
        fail_with_torch(error, "from_mapping");
        return NULL;
    }
    return result;
}
