/* The list of all fields of both engines: libwireshark's from the worker or from what was kept of an earlier
 * answer, ours from the table. Invariant: sorted by name, a name once; where both engines know a field the
 * entry is ours, since the native engine answers first. */
#include "run/catalog.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "run/fields.h"
#include "shark/program.h"
#include "shark/worker.h"

/* ---- from the worker ---- */

static void take_field(void *to, const struct field *field, const char *type)
{
    catalog_add(to, field, type, "wireshark");
}

static void take_old_name(void *to, const char *old, const char *today)
{
    catalog_add_old_name(to, old, today);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct catalog_entry *)a)->field.name,
                  ((const struct catalog_entry *)b)->field.name);
}

static void sort_once(struct fc_fields *fields)
{
    size_t kept = 0;
    qsort(fields->entries, fields->n, sizeof *fields->entries, by_name);
    for (size_t i = 0; i < fields->n; i++)
        if (!kept || by_name(&fields->entries[kept - 1], &fields->entries[i]))
            fields->entries[kept++] = fields->entries[i];
    fields->n = kept;
}

static enum fc_status ask_worker(struct fc_fields *fields, struct fc_error *err)
{
    struct worker *worker = NULL;
    enum fc_status status = worker_start(&worker, err);
    if (!status)
        status = worker_list(worker, &(struct worker_listener){take_field, take_old_name, fields}, err);
    if (!status)
        snprintf(fields->version, sizeof fields->version, "%s", worker_version(worker));
    if (!status)
        snprintf(fields->library, sizeof fields->library, "%s", worker_library(worker));
    worker_stop(worker);
    if (!status && fields->n)
        sort_once(fields);
    return status;
}

/* ---- both engines ---- */

static void add_native(struct fc_fields *fields)
{
    size_t n_wireshark = fields->n;
    for (size_t i = 0; i < field_count() && !fields->memory.ended; i++) {
        const struct field *f = &field_table[field_order()[i]];
        struct catalog_entry key = {.field = {.name = f->name}};
        struct catalog_entry *same =
            n_wireshark ? bsearch(&key, fields->entries, n_wireshark, sizeof key, by_name) : NULL;
        if (same)
            *same = (struct catalog_entry){*f, field_type_name(f->type), "native"};
        else
            catalog_add(fields, f, field_type_name(f->type), "native");
    }
    if (fields->n > n_wireshark)
        qsort(fields->entries, fields->n, sizeof *fields->entries, by_name);
}

static enum fc_status load(struct fc_fields *fields, const char *version, struct fc_error *err)
{
    char path[PATH_MAX];
    bool has_worker = program_find(path, 0);
    bool kept = has_worker && catalog_read(fields, path);
    if (kept && version && strcmp(version, fields->version)) {
        fields->n = fields->n_old = 0;
        kept = false;
    }
    /* A worker that does not start is no worker: then there are the native fields. */
    if (has_worker && !kept && !ask_worker(fields, err) && !fields->memory.ended)
        catalog_write(fields, path);
    add_native(fields);
    return fields->memory.ended ? error_memory(err) : FC_OK;
}

enum fc_status catalog_load(struct fc_fields **out, const char *version, struct fc_error *err)
{
    struct fc_fields *fields = memory_zero(1, sizeof *fields);
    if (!fields)
        return error_memory(err);
    fields->texts.memory = &fields->memory;
    enum fc_status status = load(fields, version, err);
    if (status)
        fc_fields_free(fields);
    else
        *out = fields;
    return status;
}

/* ---- the interface ---- */

enum fc_status fc_fields_load(struct fc_fields **out, struct fc_error *err)
{
    return catalog_load(out, NULL, err);
}

void fc_fields_free(struct fc_fields *fields)
{
    if (!fields)
        return;
    memory_free(fields->entries);
    memory_free(fields->old_names);
    arena_free(&fields->texts);
    memory_free(fields);
}

size_t fc_fields_count(const struct fc_fields *fields) { return fields->n; }

const char *fc_fields_wireshark(const struct fc_fields *fields) { return fields->version; }

struct fc_field_info fc_fields_at(const struct fc_fields *fields, size_t i)
{
    if (i >= fields->n)
        return (struct fc_field_info){0};
    struct fc_field_info info = field_info(&fields->entries[i].field, fields->entries[i].engine);
    info.type = fields->entries[i].type;
    return info;
}

static size_t find_exactly(const struct fc_fields *fields, const char *name)
{
    struct catalog_entry key = {.field = {.name = name}}, *found = NULL;
    if (fields->n)
        found = bsearch(&key, fields->entries, fields->n, sizeof key, by_name);
    return found ? (size_t)(found - fields->entries) : SIZE_MAX;
}

size_t fc_fields_today(char *out, size_t cap, const struct fc_fields *fields, const char *name)
{
    size_t prefix = strcspn(name, ".");
    const char *today = NULL;
    for (size_t i = 0; !today && i < fields->n_old; i++)
        if (strlen(fields->old_names[i].old) == prefix && !memcmp(fields->old_names[i].old, name, prefix))
            today = fields->old_names[i].today;
    int n = today ? snprintf(out, cap, "%s%s", today, name + prefix) : snprintf(out, cap, "%s", name);
    return n < 0 ? 0 : (size_t)n;
}

size_t fc_fields_find(const struct fc_fields *fields, const char *name)
{
    char today[256];
    size_t found = find_exactly(fields, name);
    if (found == SIZE_MAX && fc_fields_today(today, sizeof today, fields, name) < sizeof today)
        found = find_exactly(fields, today);
    return found;
}

size_t fc_fields_nearest(const char **out, size_t n, const struct fc_fields *fields, const char *name)
{
    struct field_search search;
    field_search_begin(&search, name, n);
    for (size_t i = 0; i < fields->n; i++)
        field_search_take(&search, fields->entries[i].field.name);
    memcpy(out, search.names, search.found * sizeof *out);
    return search.found;
}
