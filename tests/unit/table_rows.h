/* Rows and small flows for the tests of the tables. */
#ifndef FC_TESTS_TABLE_ROWS_H
#define FC_TESTS_TABLE_ROWS_H

#include <flowcontainer.h>

#include "field/row.h"
#include "table/schema.h"
#include "table/wanted.h"
#include "test.h"

/* The first field of a type, single or not; the tests have no use for its name. */
static field_id a_field(enum field_type type, bool single)
{
    for (int i = 0; i < F_COUNT; i++)
        if (field_table[i].name && field_table[i].type == type && field_table[i].single == single)
            return (field_id)i;
    printf("no field of type %s, single %d\n", field_type_name(type), single);
    abort();
}

struct rows {
    field_id fields[16];
    struct field picked[16];
    enum field_type types[16];
    int16_t slot_of[F_COUNT];
    size_t n_fields;
    struct row row;
};

static void rows_want(struct rows *rows, enum field_type type, bool single)
{
    if (!rows->n_fields)
        memset(rows->slot_of, 0xff, sizeof rows->slot_of);
    field_id id = a_field(type, single);
    rows->slot_of[id] = (int16_t)rows->n_fields;
    rows->types[rows->n_fields] = type;
    rows->picked[rows->n_fields] = field_table[id];
    rows->fields[rows->n_fields++] = id;
    rows->row.slot_of = rows->slot_of;
}

__attribute__((unused)) static size_t default_columns(struct wanted_column *out, enum fc_level level,
                                                      const struct field *fields, size_t n_fields)
{
    size_t n_base, n = 0;
    const struct schema_column *base = schema_columns(level, &n_base);
    for (uint32_t i = 0; i < n_base; i++) {
        if (!schema_is_default(&base[i], level))
            continue;
        out[n] = (struct wanted_column){.name = base[i].info.name, .source = WANTED_BASE, .index = i};
        n++;
    }
    for (uint32_t i = 0; i < n_fields; i++, n++)
        out[n] = (struct wanted_column){.name = fields[i].name, .source = WANTED_FIELD, .index = i};
    return n;
}

/* The default columns of a level and one a field, as a table takes them. */
struct picked {
    struct wanted_column columns[80];
    struct wanted wanted;
};
__attribute__((unused)) static const struct wanted *pick(struct picked *p, enum fc_level level,
                                                         const struct field *fields, size_t n_fields)
{
    p->wanted =
        (struct wanted){.level = level, .fields = fields, .n_fields = n_fields, .columns = p->columns};
    p->wanted.n_columns = default_columns(p->columns, level, fields, n_fields);
    return &p->wanted;
}

/* Where the column of this name is in a batch of what was picked. */
static size_t column_at(const struct picked *p, const char *name)
{
    for (size_t i = 0; i < p->wanted.n_columns; i++)
        if (!strcmp(p->columns[i].name, name))
            return i;
    printf("no column %s\n", name);
    abort();
}
__attribute__((unused)) static const struct ArrowArray *
column_of(const struct picked *p, const struct ArrowArray *batch, const char *name)
{
    return batch->children[column_at(p, name)];
}
/* A list's offsets, and the values in it. */
__attribute__((unused)) static const int32_t *list_offsets(const struct ArrowArray *list)
{
    return list->buffers[1];
}
__attribute__((unused)) static const void *list_items(const struct ArrowArray *list)
{
    return list->children[0]->buffers[1];
}
__attribute__((unused)) static bool text_is(const struct ArrowArray *column, int64_t i, const char *want)
{
    const int32_t *offsets = column->buffers[1];
    size_t n = (size_t)(offsets[i + 1] - offsets[i]);
    return n == strlen(want) && !memcmp((const char *)column->buffers[2] + offsets[i], want, n);
}
__attribute__((unused)) static bool is_null(const struct ArrowArray *column, int64_t i)
{
    return column->buffers[0] && !(((const uint8_t *)column->buffers[0])[i / 8] >> i % 8 & 1);
}

#endif
