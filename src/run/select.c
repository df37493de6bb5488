/* Looks up the columns that a caller chooses. Invariant: every column of the answer has a name of its own,
 * and a field has one slot however many columns show it. */
#include "run/select.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "table/schema.h"
#include "table/sequences.h"
#include "table/text.h"

enum { MOST_FIELDS = INT16_MAX, N_NEAR = 3 };

struct selector {
    struct query *query;
    enum fc_level level;
    enum fc_values values;
    size_t capacity;
    const char **fields;
    size_t n_fields, fields_capacity;
    struct fc_error *err;
};

/* ---- what is wrong ---- */

/* The columns, short names and fields that a mistyped name may have meant. */
static void write_near(char *out, size_t cap, enum fc_level level, const char *name)
{
    struct field_search search;
    size_t used = 0;
    field_search_begin(&search, name, N_NEAR);
    for (size_t i = 0; i < fc_n_columns(level); i++)
        field_search_take(&search, fc_column_at(level, i)->name);
    for (size_t i = 0; i < fc_n_short_names(); i++)
        field_search_take(&search, fc_short_name_at(i)->name);
    for (size_t i = 0; i < fc_n_fields(); i++)
        field_search_take(&search, fc_field(i).name);
    *out = 0;
    for (size_t i = 0; i < search.found && used < cap; i++)
        used += (size_t)snprintf(out + used, cap - used, "%s%s", i ? ", " : "; near it: ", search.names[i]);
}

static enum fc_status unknown(const struct selector *s, const char *name)
{
    char near[256], columns[640];
    size_t used = 0;
    write_near(near, sizeof near, s->level, name);
    for (size_t i = 0; i < fc_n_columns(s->level) && used < sizeof columns; i++)
        used += (size_t)snprintf(columns + used, sizeof columns - used, "%s%s", i ? ", " : "",
                                 fc_column_at(s->level, i)->name);
    return error_set(s->err, FC_FIELD, -1,
                     "unknown column \"%.60s\"%s; there are %s, the short names that `flowcontainer columns' "
                     "lists, and the fields of Wireshark",
                     name, near, columns);
}

/* ---- one column ---- */

static enum fc_status add(struct selector *s, enum wanted_source source, uint32_t index,
                          const struct fc_column *asked, const char *name)
{
    struct query *q = s->query;
    if (!memory_reserve((void **)&q->columns, &s->capacity, q->n_columns + 1, sizeof *q->columns))
        return error_memory(s->err);
    const char *text = asked->name ? asked->name : name;
    if (!*text)
        return error_set(s->err, FC_USAGE, -1, "the name of a column is empty");
    char *kept = arena_alloc(&q->texts, strlen(text) + 1);
    if (!kept)
        return error_memory(s->err);
    strcpy(kept, text);
    enum fc_values values = source == WANTED_BASE ? FC_VALUES_DEFAULT
                            : asked->values       ? asked->values
                                                  : s->values;
    q->columns[q->n_columns++] =
        (struct wanted_column){.name = kept, .source = source, .index = index, .values = values};
    return FC_OK;
}

static enum fc_status add_base(struct selector *s, uint32_t id, const struct fc_column *asked)
{
    size_t n;
    const struct fc_column_info *info = &schema_columns(s->level, &n)[id].info;
    if (asked->values)
        return error_set(s->err, FC_USAGE, -1,
                         "column \"%s\" is no field: it has no values that could stand in another way",
                         info->name);
    for (size_t i = 0; i < s->query->n_columns; i++)
        if (s->query->columns[i].source == WANTED_BASE && s->query->columns[i].index == id)
            return error_set(s->err, FC_USAGE, -1, "column \"%s\" is asked for twice", info->name);
    return add(s, WANTED_BASE, id, asked, info->name);
}

/* *found: whether there is a group of this name. */
static enum fc_status add_group(struct selector *s, const struct fc_column *asked, bool *found)
{
    size_t n;
    const struct schema_column *columns = schema_columns(s->level, &n);
    bool all = !strcmp(asked->source, "default");
    enum fc_status status = FC_OK;
    *found = all;
    for (uint32_t i = 0; !status && i < n; i++) {
        if (!schema_has(&columns[i], s->level))
            continue;
        if (all ? !schema_is_default(&columns[i], s->level) : strcmp(columns[i].info.group, asked->source))
            continue;
        *found = true;
        if (asked->name)
            return error_set(s->err, FC_USAGE, -1, "\"%s\" is a group of columns and has no new name",
                             asked->source);
        status = add_base(s, i, asked);
    }
    return status;
}

static enum fc_status slot_of(struct selector *s, const char *field, uint32_t *slot)
{
    for (*slot = 0; *slot < s->n_fields; ++*slot)
        if (!strcmp(s->fields[*slot], field))
            return FC_OK;
    if (s->n_fields == MOST_FIELDS)
        return error_set(s->err, FC_USAGE, -1, "too many fields");
    if (!memory_reserve((void **)&s->fields, &s->fields_capacity, s->n_fields + 1, sizeof *s->fields))
        return error_memory(s->err);
    s->fields[s->n_fields++] = field;
    return FC_OK;
}

static enum fc_status add_field(struct selector *s, const struct fc_column *asked)
{
    const struct fc_short_name *shorter = schema_short_name(asked->source);
    uint32_t slot;
    enum fc_status status = slot_of(s, shorter ? shorter->field : asked->source, &slot);
    return status ? status : add(s, WANTED_FIELD, slot, asked, asked->source);
}

static enum fc_status add_column(struct selector *s, const struct fc_column *asked)
{
    bool found;
    if (!asked->source || asked->values > FC_VALUES_SET)
        return error_set(s->err, FC_USAGE, -1, "a column without a source, or with values that do not exist");
    size_t id = schema_find(s->level, asked->source);
    if (id != SIZE_MAX)
        return add_base(s, (uint32_t)id, asked);
    enum fc_status status = add_group(s, asked, &found);
    if (status || found)
        return status;
    bool field = strchr(asked->source, '.') || schema_short_name(asked->source) ||
                 field_find(asked->source) != F_COUNT;
    return field ? add_field(s, asked) : unknown(s, asked->source);
}

/* ---- all of them ---- */

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static enum fc_status check_names(const struct selector *s)
{
    const struct query *q = s->query;
    const char **names = memory_zero(q->n_columns, sizeof *names);
    if (!names)
        return error_memory(s->err);
    for (size_t i = 0; i < q->n_columns; i++)
        names[i] = q->columns[i].name;
    qsort(names, q->n_columns, sizeof *names, compare_names);
    enum fc_status status = FC_OK;
    for (size_t i = 1; !status && i < q->n_columns; i++)
        if (!strcmp(names[i - 1], names[i]))
            status = error_set(s->err, FC_USAGE, -1, "%s \"%s\" is asked for twice",
                               strchr(names[i], '.') ? "field" : "column", names[i]);
    memory_free(names);
    return status;
}

enum fc_status select_columns(struct query *query, const struct fc_options *o, const char ***fields,
                              size_t *n_fields, struct fc_error *err)
{
    struct selector s = {.query = query, .level = o->level, .values = o->values, .err = err};
    const struct fc_column every = {.source = "default"};
    const struct fc_column *columns = o->columns ? o->columns : &every;
    size_t n = o->columns ? o->n_columns : 1;
    enum fc_status status = FC_OK;
    if (o->n_fields > MOST_FIELDS)
        status = error_set(err, FC_USAGE, -1, "too many fields");
    for (size_t i = 0; !status && i < n; i++)
        status = add_column(&s, &columns[i]);
    for (size_t i = 0; !status && i < o->n_fields; i++)
        status = add_field(&s, &(struct fc_column){.source = o->fields[i]});
    if (!status && !query->n_columns)
        status = error_set(err, FC_USAGE, -1, "no column is chosen");
    *fields = s.fields;
    *n_fields = s.n_fields;
    struct wanted wanted = query_wanted(query);
    query->keeps_packets = sequences_wanted(&wanted);
    return status ? status : check_names(&s);
}

struct fc_column_info select_describe(const struct query *q, size_t i)
{
    const struct wanted_column *column = &q->columns[i];
    if (column->source == WANTED_BASE) {
        size_t n;
        struct fc_column_info info = schema_columns(q->options.level, &n)[column->index].info;
        info.name = column->name;
        return info;
    }
    const struct field *field = &q->fields[column->index];
    return (struct fc_column_info){.name = column->name,
                                   .source = field->name,
                                   .type = "",
                                   .group = "fields",
                                   .unit = field->unit ? field->unit : "",
                                   .description = field->description ? field->description : "",
                                   .is_field = true,
                                   .values = column->values ? column->values : FC_VALUES_PACKETS,
                                   .text_rule = text_rule(field)};
}
