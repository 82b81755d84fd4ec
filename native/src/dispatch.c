/*
 * One operator call through libtorch's dispatcher.
 *
 * The dispatcher takes an array of 64-bit slots, one an argument, and overwrites its front with the results. From the moment it
 * has found the operator it takes over one slot after the other, whether the operator then succeeds or not. (It stops at a
 * parameter of a type that has no way through it, a Scalar say, and what is behind is lost: so nobody may put one.) An
 * operator it does not find takes nothing: `run` recognises that case by the text and gives everything back itself.
 * (Before 2.13 there is no text, and the arguments of an unknown operator stay: a small leak is better than freeing
 * twice what another failure has already freed.)
 */
#define _GNU_SOURCE
#include "internal.h"

#include <stdlib.h>
#include <string.h>

/* The version this code was written against, as libtorch packs it: 2.10. Newer ones adapt to it. */
#define WRITTEN_AGAINST 0x020A000000000000ull

/* What a slot owns. */
enum owned { NOTHING, TENSOR, STRING, LIST, TENSOR_LIST, OPTIONAL_LIST, OPTIONAL_CELL };

#define PT_KINDS (PT_OPTIONAL - 1)

/* An optional slot points to a cell with the value; what the value owns is kept above this bit. */
#define CELL_SHIFT 4
#define OPTIONAL_TENSOR (OPTIONAL_CELL | TENSOR << CELL_SHIFT)

void begin(call *c, const char *name, const char *overload, char **error) {
    c->name = name;
    c->overload = overload;
    c->error = error;
    c->count = 0;
    c->on_meta = false;
    c->in_memory = false;
    c->work = 0;
    c->elsewhere = false;
    c->failed = enter(error) != 0;
}

static void put(call *c, uint64_t value, uint8_t owned) {
    c->stack[c->count] = value;
    c->owned[c->count] = owned;
    c->count++;
}

static bool room(call *c) {
    if (!c->failed && c->count == MAX_ARGUMENTS) {
        fail(c->error, "%s: more than %d arguments", c->name, MAX_ARGUMENTS);
        c->failed = true;
    }
    return !c->failed;
}

/* Notes a failure of libtorch while an argument was made. */
static bool made(call *c, status result) {
    if (result != 0) {
        fail_with_torch(c->error, c->name);
        c->failed = true;
    }
    return result == 0;
}

static uint64_t pointer_slot(handle pointer) { return (uint64_t)(uintptr_t)pointer; }

static handle slot_pointer(uint64_t slot) { return (handle)(uintptr_t)slot; }

static uint64_t double_slot(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

void put_none(call *c) {
    if (room(c)) put(c, 0, NOTHING);
}

void put_int(call *c, int64_t value) {
    if (room(c)) put(c, (uint64_t)value, NOTHING);
}

void put_double(call *c, double value) {
    if (room(c)) put(c, double_slot(value), NOTHING);
}

void put_bool(call *c, bool value) { put_int(c, value ? 1 : 0); }

/*
 * Kernels of accelerators refuse operands on different devices. Those of meta do not, or read memory that is not there;
 * so this does. A tensor without dimensions is a number, and allowed everywhere.
 */
static bool is_on_one_device(call *c, const pt_tensor *tensor) {
    int32_t device = 0;
    int64_t dim = 0;
    if (!made(c, torch.aoti_torch_get_device_type((handle)tensor, &device))) return false;
    if (device != torch.aoti_torch_device_type_cpu()) c->elsewhere = true;
    if (device == torch.aoti_torch_device_type_meta()) c->on_meta = true;
    else if (!c->in_memory && made(c, torch.aoti_torch_get_dim((handle)tensor, &dim))) c->in_memory = dim > 0;
    if (c->on_meta && c->in_memory && !c->failed) {
        fail(c->error, "%s: expected all tensors on one device, found some on meta and some elsewhere", c->name);
        c->failed = true;
    }
    return !c->failed;
}

static handle new_reference(call *c, const pt_tensor *tensor) {
    handle reference = NULL;
    if (tensor == NULL) {
        fail(c->error, "%s: a tensor is NULL", c->name);
        c->failed = true;
        return NULL;
    }
    if (is_on_one_device(c, tensor)) made(c, torch.aoti_torch_new_tensor_handle((handle)tensor, &reference));
    return reference;
}

void put_tensor(call *c, const pt_tensor *tensor) {
    if (!room(c)) return;
    handle reference = new_reference(c, tensor);
    if (reference != NULL) put(c, pointer_slot(reference), TENSOR);
}

void put_string(call *c, const char *text, int64_t length) {
    handle string = NULL;
    if (room(c) && made(c, torch.torch_new_string_handle(text, (size_t)length, &string))) {
        put(c, pointer_slot(string), STRING);
    }
}

/* Puts an empty list; NULL after a failure. */
static handle put_list(call *c, int64_t count, uint8_t owned) {
    handle list = NULL;
    if (!room(c) || !made(c, torch.torch_new_list_reserve_size((size_t)count, &list))) return NULL;
    put(c, pointer_slot(list), owned);
    return list;
}

void put_ints(call *c, const int64_t *values, int64_t count) {
    handle list = put_list(c, count, LIST);
    for (int64_t i = 0; i < count && !c->failed; i++) made(c, torch.torch_list_push_back(list, (uint64_t)values[i]));
}

void put_doubles(call *c, const double *values, int64_t count) {
    handle list = put_list(c, count, LIST);
    for (int64_t i = 0; i < count && !c->failed; i++) made(c, torch.torch_list_push_back(list, double_slot(values[i])));
}

void put_tensors(call *c, const pt_tensor *const *tensors, int64_t count) {
    handle list = put_list(c, count, TENSOR_LIST);
    for (int64_t i = 0; i < count && !c->failed; i++) {
        handle reference = new_reference(c, tensors[i]);
        if (reference == NULL) return;
        if (!made(c, torch.torch_list_push_back(list, pointer_slot(reference)))) {
            torch.aoti_torch_delete_tensor_object(reference);
        }
    }
}

static uint64_t *new_cell(call *c) {
    uint64_t *cell = NULL;
    if (torch.torch_new_stable_ivalue != NULL) {
        made(c, torch.torch_new_stable_ivalue(&cell));
        return cell;
    }
    /* Before 2.13 libtorch frees the cell with C++'s delete, so it must come from C++'s new. */
    return torch.operator_new(sizeof *cell);
}

static void delete_cell(uint64_t *cell) {
    if (torch.torch_delete_stable_ivalue != NULL) torch.torch_delete_stable_ivalue(cell);
    else torch.operator_delete(cell);
}

void make_optional(call *c) {
    if (c->failed) return;
    uint64_t *cell = new_cell(c);
    if (cell == NULL) return;
    int last = c->count - 1;
    *cell = c->stack[last];
    c->stack[last] = pointer_slot(cell);
    c->owned[last] = (uint8_t)(OPTIONAL_CELL | c->owned[last] << CELL_SHIFT);
}

void put_optional_tensor(call *c, const pt_tensor *tensor) {
    if (tensor == NULL) {
        put_none(c);
    } else {
        put_tensor(c, tensor);
        make_optional(c);
    }
}

static void give_back(uint64_t slot, uint8_t owned);

static void give_list_back(handle list, uint8_t owned) {
    size_t size = 0;
    torch.torch_list_size(list, &size);
    for (size_t i = 0; i < size; i++) {
        uint64_t element = 0;
        torch.torch_list_get_item(list, i, &element);
        give_back(element, owned);
    }
    torch.torch_delete_list(list);
}

static void give_back(uint64_t slot, uint8_t owned) {
    if (slot == 0) return; /* None */
    switch (owned & ((1 << CELL_SHIFT) - 1)) {
        case TENSOR: torch.aoti_torch_delete_tensor_object(slot_pointer(slot)); break;
        case STRING: torch.torch_delete_string(slot_pointer(slot)); break;
        case TENSOR_LIST: give_list_back(slot_pointer(slot), TENSOR); break;
        case OPTIONAL_LIST: give_list_back(slot_pointer(slot), OPTIONAL_TENSOR); break;
        case LIST: torch.torch_delete_list(slot_pointer(slot)); break;
        case OPTIONAL_CELL: {
            uint64_t *cell = slot_pointer(slot);
            give_back(*cell, owned >> CELL_SHIFT);
            delete_cell(cell);
            break;
        }
        default: break;
    }
}

static void give_all_back(call *c) {
    for (int i = 0; i < c->count; i++) give_back(c->stack[i], c->owned[i]);
    c->count = 0;
}

/*
 * Whether libtorch's text, after "name: ", says of this very operator that there is none: an operator that calls
 * another may fail in the same words.
 */
static bool is_unknown(const call *c) {
    if (strncmp(*c->error, c->name, strlen(c->name)) != 0) return false; /* there was no memory for the text */
    const char *words = *c->error + strlen(c->name) + strlen(": ");
    const char *start = "Could not find schema for ";
    return strncmp(words, start, strlen(start)) == 0 &&
           strncmp(words + strlen(start), c->name, strlen(c->name)) == 0;
}

int32_t run(call *c) {
    if (c->failed) {
        give_all_back(c);
        return -1;
    }
    threads_use use = begin_threads(c->elsewhere ? 0 : c->work);
    status result = torch.torch_call_dispatcher(c->name, c->overload, c->stack, WRITTEN_AGAINST);
    end_threads(use);
    if (result == 0) return 0;
    fail_with_torch(c->error, c->name);
    if (torch.torch_exception_get_what_without_backtrace != NULL && is_unknown(c)) give_all_back(c);
    return -1;
}

pt_tensor *run_for_tensor(call *c) { return run(c) == 0 ? slot_pointer(c->stack[0]) : NULL; }

/* Puts an array of the caller's own numbers, 0 or 1 each. */
static void put_bools(call *c, const int64_t *values, int64_t count) {
    handle list = put_list(c, count, LIST);
    for (int64_t i = 0; i < count && !c->failed; i++) made(c, torch.torch_list_push_back(list, values[i] != 0));
}

/* A list whose elements are optional: each is a cell, or 0 for None. */
static void put_optional_tensors(call *c, const pt_tensor *const *tensors, int64_t count) {
    handle list = put_list(c, count, OPTIONAL_LIST);
    for (int64_t i = 0; i < count && !c->failed; i++) {
        uint64_t element = 0;
        if (tensors[i] != NULL) {
            handle reference = new_reference(c, tensors[i]);
            uint64_t *cell = reference == NULL ? NULL : new_cell(c);
            if (cell == NULL) {
                pt_release(reference);
                return;
            }
            *cell = pointer_slot(reference);
            element = pointer_slot(cell);
        }
        if (!made(c, torch.torch_list_push_back(list, element)) && element != 0) give_back(element, OPTIONAL_TENSOR);
    }
}

static void put_known(call *c, int32_t value) {
    c->failed = c->failed || value < 0;
    put_int(c, value);
}

static void put_device(call *c, int32_t device, int32_t index) {
    int32_t type = torch_device(device, index, c->error);
    c->failed = c->failed || type < 0;
    put_int(c, (int64_t)type << 32 | (uint32_t)torch_device_index(device, index));
}

static int32_t memory_format(int64_t format, char **error) {
    switch (format) {
        case 0: return torch.aoti_torch_memory_format_contiguous_format();
        case 1: return torch.aoti_torch_memory_format_preserve_format();
        case 2: return torch.aoti_torch_memory_format_channels_last();
        case 3: return torch.aoti_torch_memory_format_channels_last_3d();
        default: return fail(error, "unknown memory format number %ld", (long)format);
    }
}

bool is_writable(const char *name, const pt_tensor *tensor, char **error) {
    void *data = NULL;
    int32_t layout = 0;
    if (tensor != NULL && torch.aoti_torch_get_layout((handle)tensor, &layout) == 0 &&
        layout != torch.aoti_torch_layout_strided() && has_mappings()) {
        fail(error, "%s: of a tensor that is not strided nobody can tell whether it lies in a mapped file, which is read-only", name);
        return false;
    }
    if (tensor == NULL || torch.aoti_torch_get_data_ptr((handle)tensor, &data) != 0 || !is_in_mapping(data)) return true;
    fail(error, "%s: would write to memory of a mapped file, which is read-only; make a copy of it first", name);
    return false;
}

/* The tensors of an argument, of a list each; returns how many. */
static int64_t tensors_of(const pt_value *value, const pt_tensor *const **tensors) {
    bool single = (value->kind & PT_KINDS) == PT_TENSOR;
    *tensors = single ? &value->tensor : value->data;
    return single ? 1 : value->length;
}

static void check_writable(call *c, const pt_value *value) {
    const pt_tensor *const *tensors;
    int64_t count = tensors_of(value, &tensors);
    for (int64_t i = 0; i < count && !c->failed; i++) c->failed = !is_writable(c->name, tensors[i], c->error);
}

/* What an argument adds to the work of an operator that is not known here: elements, or what may be the sizes of its result. */
static double guessed_work(const pt_value *value) {
    double work = 0;
    const pt_tensor *const *tensors;
    int64_t count;
    switch (value->kind & PT_KINDS) {
        case PT_TENSOR:
        case PT_TENSORS:
        case PT_OPTIONAL_TENSORS:
            count = tensors_of(value, &tensors);
            for (int64_t i = 0; i < count; i++) work += tensors[i] == NULL ? 0 : UNKNOWN * elements_of(tensors[i]);
            return work;
        case PT_INTS:
            work = COPYING;
            for (int64_t i = 0; i < value->length; i++) work *= (double)((const int64_t *)value->data)[i];
            return work > 0 ? work : 0;
        default: return 0;
    }
}

static void put_value(call *c, const pt_value *value) {
    if ((value->kind & PT_WRITTEN) != 0) check_writable(c, value);
    switch (value->kind & PT_KINDS) {
        case PT_NONE: put_none(c); return;
        case PT_TENSOR: put_tensor(c, value->tensor); break;
        case PT_INT: put_int(c, value->integer); break;
        case PT_BOOLEAN: put_bool(c, value->integer != 0); break;
        case PT_DOUBLE: put_double(c, value->number); break;
        case PT_STRING: put_string(c, value->data, value->length); break;
        case PT_INTS: put_ints(c, value->data, value->length); break;
        case PT_DOUBLES: put_doubles(c, value->data, value->length); break;
        case PT_BOOLEANS: put_bools(c, value->data, value->length); break;
        case PT_TENSORS: put_tensors(c, value->data, value->length); break;
        case PT_OPTIONAL_TENSORS: put_optional_tensors(c, value->data, value->length); break;
        case PT_DTYPE: put_known(c, torch_dtype((int32_t)value->integer, c->error)); break;
        case PT_DEVICE: put_device(c, (int32_t)value->integer, (int32_t)value->length); break;
        case PT_LAYOUT: put_int(c, torch.aoti_torch_layout_strided()); break;
        case PT_MEMORY_FORMAT: put_known(c, memory_format(value->integer, c->error)); break;
        default:
            fail(c->error, "%s: unknown kind %ld of argument %d", c->name, (long)value->kind, c->count);
            c->failed = true;
    }
    if ((value->kind & PT_OPTIONAL) != 0) make_optional(c);
}

/* ---- results: each is taken from its slot, and the slot's own memory goes ---- */

/* NULL for an undefined tensor, which is how C++ says that there is none. */
static pt_tensor *take_tensor(uint64_t slot) {
    bool defined = false;
    handle tensor = slot_pointer(slot);
    if (torch.aoti_torch_is_defined(tensor, &defined) == 0 && defined) return tensor;
    pt_release(tensor);
    return NULL;
}

/* Moves a list into an array of 64-bit elements, which tensors, integers and doubles are. */
static void take_list(pt_value *out, uint64_t slot) {
    handle list = slot_pointer(slot);
    size_t size = 0;
    torch.torch_list_size(list, &size);
    uint64_t *elements = malloc((size + 1) * sizeof *elements);
    for (size_t i = 0; i < size; i++) {
        uint64_t element = 0;
        torch.torch_list_get_item(list, i, &element);
        if ((out->kind & PT_KINDS) == PT_TENSORS) element = pointer_slot(take_tensor(element));
        if (elements != NULL) elements[i] = element;
    }
    torch.torch_delete_list(list);
    out->data = elements;
    out->length = elements == NULL ? -1 : (int64_t)size;
}

static void take_text(pt_value *out, uint64_t slot) {
    const char *words = NULL;
    size_t length = 0;
    handle string = slot_pointer(slot);
    torch.torch_string_length(string, &length);
    torch.torch_string_c_str(string, &words);
    out->data = words == NULL ? NULL : strndup(words, length);
    out->length = (int64_t)length;
    torch.torch_delete_string(string);
}

static void take(pt_value *out, uint64_t slot) {
    if ((out->kind & PT_OPTIONAL) != 0) {
        if (slot == 0) {
            out->kind = PT_NONE;
            return;
        }
        uint64_t *cell = slot_pointer(slot);
        slot = *cell;
        delete_cell(cell);
        out->kind &= ~PT_OPTIONAL;
    }
    switch (out->kind) {
        case PT_TENSOR: out->tensor = take_tensor(slot); break;
        case PT_TENSORS:
        case PT_INTS:
        case PT_DOUBLES:
        case PT_BOOLEANS: take_list(out, slot); break;
        case PT_STRING: take_text(out, slot); break;
        case PT_DTYPE: out->integer = dtype_of((int32_t)slot); break;
        default: out->integer = (int64_t)slot; break; /* integers, booleans, and the bits of doubles */
    }
}

int32_t pt_call(const char *name, const char *overload, const pt_value *arguments, int64_t count, pt_value *results,
                int64_t result_count, char **error) {
    call c;
    if (result_count < 0 || result_count > MAX_ARGUMENTS) {
        return fail(error, "%s: %ld results, at most %d can be", name, (long)result_count, MAX_ARGUMENTS);
    }
    begin(&c, name, overload, error);
    for (int64_t i = 0; i < count && !c.failed; i++) {
        put_value(&c, &arguments[i]);
        c.work += guessed_work(&arguments[i]);
    }
    if (run(&c) != 0) return -1;
    for (int64_t i = 0; i < result_count; i++) take(&results[i], c.stack[i]);
    return 0;
}
