/*
 * One operator call through libtorch's dispatcher.
 *
 * The dispatcher takes an array of 64-bit slots, one an argument, and overwrites its front with the results. It owns
 * what is on the array from the moment it has found the operator, whether the operator then succeeds or not. An
 * operator it does not find takes nothing: `run` recognises that case by the text and gives everything back itself.
 * (Before 2.13 there is no text, and the arguments of an unknown operator stay: a small leak is better than freeing
 * twice what another failure has already freed.)
 */
#include "internal.h"

#include <stdio.h>
#include <string.h>

/* The version this code was written against, as libtorch packs it: 2.10. Newer ones adapt to it. */
#define WRITTEN_AGAINST 0x020A000000000000ull

/* What a slot owns. */
enum owned { NOTHING, TENSOR, STRING, LIST, TENSOR_LIST, OPTIONAL_CELL };

/* An optional slot points to a cell with the value; what the value owns is kept above this bit. */
#define CELL_SHIFT 4

void begin(call *c, const char *name, const char *overload, char **error) {
    c->name = name;
    c->overload = overload;
    c->error = error;
    c->count = 0;
    c->on_meta = false;
    c->in_memory = false;
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

static void give_back(uint64_t slot, uint8_t owned) {
    size_t size = 0;
    switch (owned & ((1 << CELL_SHIFT) - 1)) {
        case TENSOR: torch.aoti_torch_delete_tensor_object(slot_pointer(slot)); break;
        case STRING: torch.torch_delete_string(slot_pointer(slot)); break;
        case TENSOR_LIST:
            torch.torch_list_size(slot_pointer(slot), &size);
            for (size_t i = 0; i < size; i++) {
                uint64_t element = 0;
                torch.torch_list_get_item(slot_pointer(slot), i, &element);
                torch.aoti_torch_delete_tensor_object(slot_pointer(element));
            }
            torch.torch_delete_list(slot_pointer(slot));
            break;
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
    if (torch.torch_call_dispatcher(c->name, c->overload, c->stack, WRITTEN_AGAINST) == 0) return 0;
    fail_with_torch(c->error, c->name);
    if (torch.torch_exception_get_what_without_backtrace != NULL && is_unknown(c)) give_all_back(c);
    return -1;
}

pt_tensor *run_for_tensor(call *c) { return run(c) == 0 ? slot_pointer(c->stack[0]) : NULL; }

static void put_value(call *c, const pt_value *value) {
    switch (value->kind & ~PT_OPTIONAL) {
        case PT_NONE: put_none(c); return;
        case PT_TENSOR: put_tensor(c, value->tensor); break;
        case PT_INT: put_int(c, value->integer); break;
        case PT_BOOLEAN: put_bool(c, value->integer != 0); break;
        case PT_DOUBLE: put_double(c, value->number); break;
        case PT_STRING: put_string(c, value->data, value->length); break;
        case PT_INTS: put_ints(c, value->data, value->length); break;
        case PT_DOUBLES: put_doubles(c, value->data, value->length); break;
        case PT_TENSORS: put_tensors(c, value->data, value->length); break;
        case PT_DTYPE: {
            int32_t dtype = torch_dtype((int32_t)value->integer, c->error);
            c->failed = c->failed || dtype < 0;
            put_int(c, dtype);
            break;
        }
        default:
            fail(c->error, "%s: unknown kind %ld of argument %d", c->name, (long)value->kind, c->count);
            c->failed = true;
    }
    if ((value->kind & PT_OPTIONAL) != 0) make_optional(c);
}

/* Moves a list of tensors into `results`; the list is freed, tensors that do not fit are released. */
static int64_t take_list(handle list, pt_tensor **results, int64_t capacity, const char *name, char **error) {
    size_t size = 0;
    torch.torch_list_size(list, &size);
    for (size_t i = 0; i < size; i++) {
        uint64_t element = 0;
        torch.torch_list_get_item(list, i, &element);
        if ((int64_t)size > capacity) torch.aoti_torch_delete_tensor_object(slot_pointer(element));
        else results[i] = slot_pointer(element);
    }
    torch.torch_delete_list(list);
    if ((int64_t)size > capacity) {
        return fail(error, "%s: %zu results, room for %ld", name, size, (long)capacity);
    }
    return (int64_t)size;
}

/* Moves tensors from the stack into `results`; fails, and releases those there are, where one is missing. */
static int64_t take_tensors(call *c, pt_tensor **results, int64_t count) {
    for (int64_t i = 0; i < count; i++) {
        if (c->stack[i] == 0) {
            for (int64_t j = 0; j < i; j++) pt_release(results[j]);
            return fail(c->error, "%s: %ld results expected, found %ld", c->name, (long)count, (long)i);
        }
        results[i] = slot_pointer(c->stack[i]);
    }
    return count;
}

int64_t pt_call(const char *name, const char *overload, const pt_value *values, int64_t count, pt_tensor **results,
                int64_t capacity, int64_t result_count, char **error) {
    call c;
    if (result_count > capacity || result_count > MAX_ARGUMENTS) {
        return fail(error, "%s: %ld results, room for %ld", name, (long)result_count, (long)capacity);
    }
    begin(&c, name, overload, error);
    for (int64_t i = 0; i < count && !c.failed; i++) put_value(&c, &values[i]);
    /* Slots that neither an argument nor a result fills must not pass for tensors. */
    for (int i = c.count; i < MAX_ARGUMENTS; i++) c.stack[i] = 0;
    if (run(&c) != 0) return -1;
    if (result_count < 0) return take_list(slot_pointer(c.stack[0]), results, capacity, name, error);
    return take_tensors(&c, results, result_count);
}
