/* The entries of the list of fields, and their texts. */
#include "run/catalog.h"

#include <string.h>

#include "base/memory.h"

static const char *keep(struct fc_fields *fields, const char *text)
{
    size_t n = strlen(text) + 1;
    char *copy = arena_alloc(&fields->texts, n);
    if (copy)
        memcpy(copy, text, n);
    return copy ? copy : "";
}

void catalog_add(struct fc_fields *fields, const struct field *field, const char *type, const char *engine)
{
    if (!memory_reserve((void **)&fields->entries, &fields->cap, fields->n + 1, sizeof *fields->entries)) {
        memory_ended(&fields->memory);
        return;
    }
    struct catalog_entry entry = {.field = *field, .engine = engine};
    entry.field.name = keep(fields, field->name);
    entry.field.description = keep(fields, field->description);
    entry.type = keep(fields, type);
    fields->entries[fields->n++] = entry;
}

void catalog_add_old_name(struct fc_fields *fields, const char *old, const char *today)
{
    if (!memory_reserve((void **)&fields->old_names, &fields->cap_old, fields->n_old + 1,
                        sizeof *fields->old_names)) {
        memory_ended(&fields->memory);
        return;
    }
    fields->old_names[fields->n_old++] = (struct catalog_old_name){keep(fields, old), keep(fields, today)};
}
