/*
 * What libtorch itself says of an operator.
 *
 * The stable C ABI calls operators and does not describe them, and calling one with an argument of the wrong kind is undefined
 * behaviour. libtorch_cpu exports the C++ functions that print an operator's state, though, the schema among it, and has since
 * before 2.10. They are called here with what a C++ compiler for Linux makes of their signatures (the Itanium ABI: an object that
 * has a destructor is returned through a hidden first pointer), and with libstdc++'s layout of std::string, std::vector and
 * std::optional. Nobody promises that these functions or the classes in between stay as they are. So they are tried when libtorch
 * is loaded, on operators that are known, and where one is missing or says something else this libtorch counts as one without.
 */
#define _GNU_SOURCE
#include "internal.h"

#include <stdlib.h>
#include <string.h>

/* std::string */
typedef struct text {
    char *start;
    size_t length;
    union {
        char here[16]; /* short ones lie in the object itself */
        size_t capacity;
    };
} text;

/* c10::OperatorName */
typedef struct operator_name {
    text name;
    text overload;
} operator_name;

/* std::optional<c10::OperatorHandle>; what a handle points to begins with the OperatorEntry. */
typedef struct found_operator {
    const void *entry;
    void *place;
    bool is_there;
    char reserve[64];
} found_operator;

/* std::vector<c10::OperatorName> */
typedef struct names {
    operator_name *start;
    operator_name *end;
    operator_name *capacity;
} names;

/* A std::string that is only looked at. */
static text borrowed_text(const char *words) {
    size_t length = strlen(words);
    return (text){.start = (char *)words, .length = length, .capacity = length};
}

static void free_text(const libtorch *t, text *string) {
    if (string->start != string->here) t->operator_delete(string->start);
}

/* The line of the state that begins with "schema: ", as a new text; NULL where there is none. */
static char *schema_in(const text *state) {
    static const char label[] = "schema: ";
    for (const char *line = state->start; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, label, sizeof label - 1) == 0) {
            line += sizeof label - 1;
            return strndup(line, strcspn(line, "\n"));
        }
    }
    return NULL;
}

/* NULL where there is no such operator. */
static char *schema_of(const libtorch *t, const char *name, const char *overload) {
    const operator_name wanted = {borrowed_text(name), borrowed_text(overload)};
    found_operator found = {0};
    text state = {0};
    t->dispatcher.find_schema(&found, t->dispatcher.real_singleton(), &wanted);
    if (!found.is_there || found.entry == NULL) return NULL;
    t->dispatcher.dump_state(&state, found.entry);
    char *schema = schema_in(&state);
    free_text(t, &state);
    return schema;
}

static bool says(const libtorch *t, const char *name, const char *overload, const char *start) {
    char *schema = schema_of(t, name, overload);
    bool same = schema != NULL && strncmp(schema, start, strlen(start)) == 0;
    free(schema);
    return same;
}

bool has_schemas(const libtorch *t) {
    const struct dispatcher *d = &t->dispatcher;
    if (d->real_singleton == NULL || d->find_schema == NULL || d->dump_state == NULL || d->all_names == NULL) return false;
    if (t->operator_delete == NULL || d->real_singleton() == NULL) return false;
    return says(t, "aten::relu", "", "aten::relu(Tensor self) -> Tensor") &&
           says(t, "aten::index", "Tensor", "aten::index.Tensor(Tensor self, Tensor?[] indices) -> Tensor") &&
           says(t, "aten::equal", "", "aten::equal(Tensor self, Tensor other) -> bool") &&
           schema_of(t, "aten::no_such_operator", "") == NULL;
}

static bool can_tell(char **error) {
    if (enter(error) != 0) return false;
    if ((torch.features & PT_SCHEMAS) == 0) fail(error, "this libtorch does not tell operators' schemas");
    return (torch.features & PT_SCHEMAS) != 0;
}

char *pt_schema(const char *name, const char *overload, char **error) {
    return can_tell(error) ? schema_of(&torch, name, overload) : NULL;
}

/* Writes "name.overload\n", or "name\n"; returns its end. */
static char *write_name(char *end, const operator_name *name) {
    end = (char *)memcpy(end, name->name.start, name->name.length) + name->name.length;
    if (name->overload.length > 0) {
        *end++ = '.';
        end = (char *)memcpy(end, name->overload.start, name->overload.length) + name->overload.length;
    }
    *end++ = '\n';
    return end;
}

char *pt_operator_names(char **error) {
    names all = {0};
    size_t size = 1;
    if (!can_tell(error)) return NULL;
    torch.dispatcher.all_names(&all, torch.dispatcher.real_singleton());
    for (operator_name *name = all.start; name != all.end; name++) size += name->name.length + name->overload.length + 2;
    char *result = malloc(size);
    if (result == NULL) fail(error, "out of memory");
    char *end = result;
    for (operator_name *name = all.start; name != all.end; name++) {
        if (end != NULL) end = write_name(end, name);
        free_text(&torch, &name->name);
        free_text(&torch, &name->overload);
    }
    if (end != NULL) *end = '\0';
    if (all.start != NULL) torch.operator_delete(all.start);
    return result;
}
