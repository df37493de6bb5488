/* Looks up the columns that a caller chooses. Invariant: every column of the answer has a name of its own,
 * and a field has one slot however many columns show it. */
#include "run/select.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/optional.h"
#include "feature/feature.h"
#include "run/family.h"
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
    size_t n_fields, fields_capacity, features_capacity;
    struct fc_error *err;
};

/* The number of columns of a matrix. */
static int parts_of(enum fc_level level) { return level == FC_LEVEL_FLOWS ? N_MATRIX_PARTS : MATRIX_COUNT; }

/* ---- what is wrong ---- */

static void write_found(char *out, size_t cap, const struct field_search *search)
{
    size_t used = 0;
    *out = 0;
    for (size_t i = 0; i < search->found && used < cap; i++)
        used += (size_t)snprintf(out + used, cap - used, "%s%s", i ? ", " : "; near it: ", search->names[i]);
}

/* The families and statistics that a mistyped name may have meant. */
static void near_features(char *out, size_t cap, const char *name)
{
    struct field_search search;
    field_search_begin(&search, name, N_NEAR);
    for (size_t i = 0; i < fc_n_families(); i++)
        field_search_take(&search, fc_family_at(i).name);
    for (size_t i = 0; i < feature_count(); i++)
        field_search_take(&search, feature_at(i)->info.name);
    write_found(out, cap, &search);
}

/* The columns, short names and fields that a mistyped name may have meant. */
static void near_columns(char *out, size_t cap, const struct selector *s, const char *name)
{
    struct field_search search;
    enum fc_level level = s->level;
    field_search_begin(&search, name, N_NEAR);
    for (size_t i = 0; i < s->query->n_matrices; i++)
        for (int part = 0; part < parts_of(level); part++)
            field_search_take(&search, s->query->matrices[i].names[part]);
    for (size_t i = 0; i < fc_n_families() && level == FC_LEVEL_FLOWS; i++)
        field_search_take(&search, fc_family_at(i).name);
    for (size_t i = 0; i < fc_n_columns(level); i++)
        field_search_take(&search, fc_column_at(level, i)->name);
    for (size_t i = 0; i < fc_n_short_names(); i++)
        field_search_take(&search, fc_short_name_at(i)->name);
    for (size_t i = 0; i < fc_n_fields(); i++)
        field_search_take(&search, fc_field(i).name);
    write_found(out, cap, &search);
}

static enum fc_status unknown(const struct selector *s, const char *name)
{
    char near[256];
    if (!*name)
        return error_set(s->err, FC_USAGE, -1, "the name of a column or a field is missing");
    if (s->level != FC_LEVEL_FLOWS &&
        (schema_find(FC_LEVEL_FLOWS, name) != SIZE_MAX || feature_find(name) != SIZE_MAX))
        return error_set(s->err, FC_FIELD, -1, "column \"%.60s\" is for the level flows, not for %s", name,
                         s->level == FC_LEVEL_PACKETS ? "packets" : "frames");
    near_columns(near, sizeof near, s, name);
    return error_set(s->err, FC_FIELD, -1,
                     "unknown column \"%.60s\"%s; `flowcontainer columns' lists all columns and short names, "
                     "and `flowcontainer fields' the fields",
                     name, near);
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
    enum fc_values values = source != WANTED_FIELD ? FC_VALUES_DEFAULT
                            : asked->values        ? asked->values
                                                   : s->values;
    q->columns[q->n_columns++] =
        (struct wanted_column){.name = kept, .source = source, .index = index, .values = values};
    return FC_OK;
}

static bool has_base(const struct selector *s, uint32_t id)
{
    for (size_t i = 0; i < s->query->n_columns; i++)
        if (s->query->columns[i].source == WANTED_BASE && s->query->columns[i].index == id)
            return true;
    return false;
}

static bool has_feature(const struct selector *s, size_t id)
{
    for (size_t i = 0; i < s->query->n_features; i++)
        if (s->query->feature_ids[i] == id)
            return true;
    return false;
}

static enum fc_status refuse_values(const struct selector *s, const char *name)
{
    return error_set(s->err, FC_USAGE, -1,
                     "\"%s\" is a column, not a field: only the values of a field can stand as first, list, "
                     "set or packets",
                     name);
}

static enum fc_status refuse_twice(const struct selector *s, const char *name)
{
    return error_set(s->err, FC_USAGE, -1, "column \"%s\" is asked for twice", name);
}

static enum fc_status add_base(struct selector *s, uint32_t id, const struct fc_column *asked)
{
    size_t n;
    const char *name = schema_columns(s->level, &n)[id].info.name;
    if (asked->values)
        return refuse_values(s, name);
    if (has_base(s, id))
        return refuse_twice(s, name);
    if (!HAS_CRYPTO && s->level == FC_LEVEL_FLOWS && (id == FLOW_FLOW_ID || id == FLOW_COMMUNITY_ID))
        return error_set(s->err, FC_UNSUPPORTED, -1, "column \"%s\": " NO_CRYPTO_TEXT, name);
    s->query->names_stream |= !strcmp(asked->source, "stream");
    return add(s, WANTED_BASE, id, asked, name);
}

static enum fc_status add_feature(struct selector *s, size_t id, const struct fc_column *asked)
{
    struct query *q = s->query;
    const char *name = feature_at(id)->info.name;
    if (asked->values)
        return refuse_values(s, name);
    if (has_feature(s, id))
        return refuse_twice(s, name);
    if (!memory_reserve((void **)&q->feature_ids, &s->features_capacity, q->n_features + 1,
                        sizeof *q->feature_ids))
        return error_memory(s->err);
    q->feature_ids[q->n_features] = (uint16_t)id;
    return add(s, WANTED_FEATURE, (uint32_t)q->n_features++, asked, name);
}

/* Whether a base column is of the group: one of columns.def, "default", or "basic", the first family of
 * statistics. */
static bool is_in_group(const struct selector *s, const struct schema_column *column, const char *group)
{
    if (!strcmp(group, "default"))
        return schema_is_default(column, s->level);
    if (!strcmp(group, "basic") && s->level == FC_LEVEL_FLOWS)
        return !strcmp(column->info.group, "totals") || !strcmp(column->info.name, "duration");
    return !strcmp(column->info.group, group);
}

/* Adds the columns of a group that are not there yet; *found: whether there is a group of this name. */
static enum fc_status add_group(struct selector *s, const struct fc_column *asked, bool *found)
{
    size_t n;
    const struct schema_column *columns = schema_columns(s->level, &n);
    const struct fc_column plain = {.source = asked->source};
    enum fc_status status = FC_OK;
    *found = false;
    for (uint32_t i = 0; !status && i < n; i++) {
        if (!schema_has(&columns[i], s->level) || !is_in_group(s, &columns[i], asked->source))
            continue;
        *found = true;
        if (!has_base(s, i))
            status = add_base(s, i, &plain);
    }
    for (size_t i = 0; !status && s->level == FC_LEVEL_FLOWS && i < feature_count(); i++) {
        if (strcmp(feature_at(i)->info.group, asked->source))
            continue;
        *found = true;
        if (!has_feature(s, i))
            status = add_feature(s, i, &plain);
    }
    if (!status && *found && (asked->name || asked->values))
        status = error_set(
            s->err, FC_USAGE, -1,
            "\"%s\" is a group of columns, which cannot be renamed, and whose columns are no fields: "
            "name its columns one by one",
            asked->source);
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

/* ---- matrices ---- */

/* The column of a matrix that has this name; UINT32_MAX: there is none. */
static uint32_t find_part(const struct selector *s, const char *name)
{
    for (size_t i = 0; i < s->query->n_matrices; i++)
        for (int part = 0; part < parts_of(s->level); part++)
            if (!strcmp(s->query->matrices[i].names[part], name))
                return matrix_index(i, (enum matrix_part)part);
    return UINT32_MAX;
}

static enum fc_status add_part(struct selector *s, uint32_t index, const struct fc_column *asked)
{
    const struct matrix *m = &s->query->matrices[index / N_MATRIX_PARTS];
    return add(s, WANTED_MATRIX, index, asked, m->names[index % N_MATRIX_PARTS]);
}

static bool is_chosen(const struct query *q, size_t matrix)
{
    for (size_t i = 0; i < q->n_columns; i++)
        if (q->columns[i].source == WANTED_MATRIX && q->columns[i].index / N_MATRIX_PARTS == matrix)
            return true;
    return false;
}

/* The columns of the matrices of which the caller's columns name none; a hash is made only if it is named. */
static enum fc_status add_matrices(struct selector *s)
{
    enum fc_status status = FC_OK;
    for (size_t i = 0; i < s->query->n_matrices; i++) {
        if (is_chosen(s->query, i))
            continue;
        for (int part = 0; !status && part < parts_of(s->level) && part != MATRIX_HASH; part++)
            status = add_part(s, matrix_index(i, (enum matrix_part)part), &(struct fc_column){0});
    }
    return status;
}

/* ---- any column ---- */

static enum fc_status add_column(struct selector *s, const struct fc_column *asked)
{
    bool found;
    if (!asked->source || asked->values > FC_VALUES_SET)
        return error_set(s->err, FC_USAGE, -1, "a column without a source, or with values that do not exist");
    uint32_t part = find_part(s, asked->source);
    if (part != UINT32_MAX)
        return add_part(s, part, asked);
    size_t id = schema_find(s->level, asked->source);
    if (id != SIZE_MAX)
        return add_base(s, (uint32_t)id, asked);
    size_t feature = s->level == FC_LEVEL_FLOWS ? feature_find(asked->source) : SIZE_MAX;
    if (feature != SIZE_MAX)
        return add_feature(s, feature, asked);
    enum fc_status status = add_group(s, asked, &found);
    if (status || found)
        return status;
    bool field = strchr(asked->source, '.') || schema_short_name(asked->source) ||
                 field_find(asked->source) != F_COUNT;
    return field ? add_field(s, asked) : unknown(s, asked->source);
}

/* A family of statistics, or a single one. */
static enum fc_status add_family(struct selector *s, const char *name)
{
    const struct fc_column asked = {.source = name};
    size_t feature = name ? feature_find(name) : SIZE_MAX;
    bool found = false;
    if (!name || !*name)
        return error_set(s->err, FC_USAGE, -1, "the name of a statistic is empty");
    if (s->level != FC_LEVEL_FLOWS)
        return error_set(s->err, FC_USAGE, -1, "statistics are for the level of flows");
    if (feature != SIZE_MAX)
        return has_feature(s, feature) ? FC_OK : add_feature(s, feature, &asked);
    if (family_is_own(name))
        return add_group(s, &asked, &found);
    char near[256], families[256];
    near_features(near, sizeof near, name);
    family_names(families, sizeof families);
    return error_set(s->err, FC_USAGE, -1, "unknown statistic \"%.60s\"%s; families are %s", name, near,
                     families);
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

/* A group, a family or a statistic that is asked for twice: their columns would stand there once. */
static enum fc_status check_twice(const struct fc_options *o, struct fc_error *err)
{
    for (size_t i = 0; o->columns && i < o->n_columns; i++)
        for (size_t j = 0; j < i; j++)
            if (o->columns[i].source && o->columns[j].source && !o->columns[i].name && !o->columns[j].name &&
                o->columns[i].values == o->columns[j].values &&
                !strcmp(o->columns[i].source, o->columns[j].source))
                return error_set(err, FC_USAGE, -1, "column \"%s\" is asked for twice", o->columns[i].source);
    for (size_t i = 0; i < o->n_features; i++)
        for (size_t j = 0; j < i; j++)
            if (o->features[i] && o->features[j] && !strcmp(o->features[i], o->features[j]))
                return error_set(err, FC_USAGE, -1, "statistic \"%s\" is asked for twice", o->features[i]);
    return FC_OK;
}

enum fc_status select_columns(struct query *query, const struct fc_options *o, const char ***fields,
                              size_t *n_fields, struct fc_error *err)
{
    struct selector s = {.query = query, .level = o->level, .values = o->values, .err = err};
    const struct fc_column every = {.source = "default"};
    const struct fc_column *columns = o->columns ? o->columns : &every;
    size_t n = o->columns ? o->n_columns : 1;
    enum fc_status status = check_twice(o, err);
    query->is_chosen = o->columns != NULL;
    if (o->n_fields > MOST_FIELDS)
        status = error_set(err, FC_USAGE, -1, "too many fields");
    for (size_t i = 0; !status && i < n; i++)
        status = add_column(&s, &columns[i]);
    if (!status)
        status = add_matrices(&s);
    for (size_t i = 0; !status && i < o->n_fields; i++)
        status = add_field(&s, &(struct fc_column){.source = o->fields[i]});
    for (size_t i = 0; !status && i < o->n_features; i++)
        status = add_family(&s, o->features[i]);
    if (!status && !query->n_columns)
        status = error_set(err, FC_USAGE, -1, "no column is chosen");
    *fields = s.fields;
    *n_fields = s.n_fields;
    struct wanted wanted = query_wanted(query);
    bool has_sequences = sequences_wanted(&wanted);
    bool is_limited = (o->packets || o->taking != FC_TAKING_ALL) && o->limit == FC_LIMIT_SEQUENCES;
    feature_plan_make(&query->features, query->feature_ids, query->n_features, has_sequences && !is_limited);
    query->features_log = query->features.needs_log && is_limited;
    query->keeps_packets = has_sequences || (query->features.needs_log && !is_limited);
    return status ? status : check_names(&s);
}

static struct fc_column_info describe_part(const struct query *q, const struct wanted_column *column)
{
    static const char *const of_flows[] = {"fixed_size_list<fixed_size_list<uint8>>",
                                           "fixed_size_list<uint32>", "uint32", "uint64"};
    static const char *const of_packets[] = {"fixed_size_binary", "uint32"};
    static const char *const units[] = {"bytes", "bytes", "packets", ""};
    static const char *const descriptions[] = {"the first bytes of packets, masked and padded with zeros",
                                               "the bytes that each packet had, to the end of its IP packet",
                                               "packets in the matrix",
                                               "a hash of the bytes and their sizes"};
    uint32_t part = column->index % N_MATRIX_PARTS;
    return (struct fc_column_info){.name = column->name,
                                   .source = q->matrices[column->index / N_MATRIX_PARTS].names[part],
                                   .type =
                                       q->options.level == FC_LEVEL_FLOWS ? of_flows[part] : of_packets[part],
                                   .group = "bytes",
                                   .unit = units[part],
                                   .description = descriptions[part],
                                   .is_default = part != MATRIX_HASH};
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
    if (column->source == WANTED_FEATURE) {
        struct fc_column_info info = feature_at(q->feature_ids[column->index])->info;
        info.name = column->name;
        return info;
    }
    if (column->source == WANTED_MATRIX)
        return describe_part(q, column);
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
