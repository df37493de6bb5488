/* Invariant: all names are copies, so that the caller's strings and structs may end when the run was opened.
 */
#include "run/inputs.h"

#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/utf8.h"

enum { MOST_ASKED = 4096 /* files whose sizes are added up: each costs a system call */ };

/* ---- names ---- */

static const char *keep_name(struct inputs *inputs, const char *name)
{
    size_t len = strlen(name) + 1;
    char *kept = arena_alloc(&inputs->names, len);
    return kept ? memcpy(kept, name, len) : NULL;
}

/* File names are bytes, columns are UTF-8. */
static const char *label_of(struct inputs *inputs, const char *name)
{
    uint32_t len = (uint32_t)strlen(name);
    if (utf8_is_valid((const uint8_t *)name, len))
        return name;
    char *label = arena_alloc(&inputs->names, (size_t)len * 3 + 1);
    if (label)
        label[utf8_mend(label, (const uint8_t *)name, len)] = 0;
    return label;
}

/* ---- adding ---- */

/* The name of the place must live as long as the inputs. */
static enum fc_status add_place(struct inputs *inputs, const struct source_place *place, struct fc_error *err)
{
    struct input input = {.place = *place,
                          .label = place->name ? label_of(inputs, place->name) : NULL,
                          .given = inputs->given,
                          .reads_once = source_reads_once(place),
                          .is_live = place->kind == SOURCE_DESCRIPTOR};
    if (!input.label ||
        !memory_reserve((void **)&inputs->items, &inputs->capacity, inputs->n + 1, sizeof *inputs->items))
        return error_memory(err);
    inputs->items[inputs->n++] = input;
    return FC_OK;
}

static enum fc_status add_paths(struct inputs *inputs, const struct fc_input *given, struct fc_error *err)
{
    size_t before = inputs->paths.n;
    enum fc_status status = given->kind == FC_INPUT_PATH ? paths_add(&inputs->paths, given->name, err)
                                                         : paths_add_file(&inputs->paths, given->name, err);
    for (size_t i = before; !status && i < inputs->paths.n; i++)
        status = add_place(inputs,
                           &(struct source_place){.kind = SOURCE_PATH, .name = inputs->paths.items[i]}, err);
    return status;
}

static enum fc_status add_memory(struct inputs *inputs, const struct fc_input *given, struct fc_error *err)
{
    struct source_place place = {.kind = SOURCE_MEMORY, .name = keep_name(inputs, given->name)};
    place.memory = given->data ? given->data : ""; /* no bytes may lie anywhere */
    place.len = given->size;
    return add_place(inputs, &place, err);
}

static enum fc_status add_functions(struct inputs *inputs, struct fc_input *copy,
                                    const struct fc_input *given, struct fc_error *err)
{
    *copy = *given;
    copy->name = keep_name(inputs, given->name);
    return add_place(inputs, &(struct source_place){.kind = SOURCE_INPUT, .name = copy->name, .input = copy},
                     err);
}

static enum fc_status check(const struct fc_input *given, struct fc_error *err)
{
    if (!given->name)
        return error_set(err, FC_USAGE, -1, "an input has no name");
    if ((given->kind == FC_INPUT_READER || given->kind == FC_INPUT_PIPE) && (!given->open || !given->read))
        return error_set(err, FC_USAGE, -1, "%s: the input has no function to open or to read it",
                         given->name);
    if (given->kind == FC_INPUT_MEMORY && !given->data && given->size)
        return error_set(err, FC_USAGE, -1, "%s: the input has no data", given->name);
    return FC_OK;
}

static enum fc_status add(struct inputs *inputs, struct fc_input *copy, const struct fc_input *given,
                          struct fc_error *err)
{
    enum fc_status status = check(given, err);
    if (status)
        return status;
    switch (given->kind) {
    case FC_INPUT_PATH:
    case FC_INPUT_FILE:
        return add_paths(inputs, given, err);
    case FC_INPUT_MEMORY:
        return add_memory(inputs, given, err);
    case FC_INPUT_READER:
    case FC_INPUT_PIPE:
        return add_functions(inputs, copy, given, err);
    }
    return error_set(err, FC_UNSUPPORTED, -1, "%s: this library does not know inputs of kind %d", given->name,
                     (int)given->kind);
}

enum fc_status inputs_make(struct inputs *inputs, const struct fc_input *given, size_t n,
                           struct fc_error *err)
{
    enum fc_status status = FC_OK;
    if (!n)
        return error_set(err, FC_USAGE, -1, "no capture is named");
    inputs->functions = memory_zero(n, sizeof *inputs->functions);
    if (!inputs->functions)
        return error_memory(err);
    for (size_t i = 0; !status && i < n; i++) {
        inputs->given = i;
        status = add(inputs, &inputs->functions[i], &given[i], err);
    }
    for (size_t i = 0; !status && i < inputs->n; i++)
        if (inputs->n < MOST_ASKED || inputs->items[i].place.kind != SOURCE_PATH)
            inputs->bytes += source_size(&inputs->items[i].place);
    return status;
}

enum fc_status inputs_make_live(struct inputs *inputs, const char *name, struct fc_error *err)
{
    return add_place(inputs,
                     &(struct source_place){.kind = SOURCE_DESCRIPTOR, .name = name, .descriptor = -1}, err);
}

enum fc_status inputs_join(struct inputs *inputs, struct fc_error *err)
{
    for (size_t i = 0; i < inputs->n; i++)
        if (inputs->items[i].reads_once)
            return error_set(
                err, FC_UNSUPPORTED, -1,
                "%s: captures that are joined are read twice, and this one can be read only once",
                inputs->items[i].place.name);
    inputs->joined = memory_zero(inputs->n, sizeof *inputs->joined);
    if (!inputs->joined)
        return error_memory(err);
    for (size_t i = 0; i < inputs->n; i++)
        inputs->joined[i] = inputs->items[i].place;
    inputs->items[0].parts = inputs->joined;
    inputs->items[0].n_parts = inputs->n;
    inputs->items[0].reads_once = true; /* for libwireshark, which reads one file */
    inputs->n = 1;
    return FC_OK;
}

/* ---- asking ---- */

size_t inputs_count(const struct inputs *inputs)
{
    return inputs->joined ? inputs->items[0].n_parts : inputs->n;
}

struct fc_capture_size inputs_size(const struct inputs *inputs, size_t i)
{
    if (i >= inputs_count(inputs))
        return (struct fc_capture_size){0};
    const struct source_place *place = inputs->joined ? &inputs->joined[i] : &inputs->items[i].place;
    return (struct fc_capture_size){place->name, source_size(place), inputs->items[i].given};
}

bool inputs_have_file(const struct inputs *inputs, const char *path)
{
    struct stat one, other;
    bool found = false, is_file = !stat(path, &one) && S_ISREG(one.st_mode);
    const struct paths *paths = &inputs->paths;
    for (size_t i = 0; is_file && !found && i < paths->n; i++)
        found = !(strcmp(paths->items[i], "-") ? stat(paths->items[i], &other) : fstat(0, &other)) &&
                one.st_dev == other.st_dev && one.st_ino == other.st_ino;
    return found;
}

void inputs_free(struct inputs *inputs)
{
    paths_free(&inputs->paths);
    arena_free(&inputs->names);
    memory_free(inputs->items);
    memory_free(inputs->functions);
    memory_free(inputs->joined);
    *inputs = (struct inputs){0};
}
