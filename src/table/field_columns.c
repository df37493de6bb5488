/* The columns of fields. Invariant: between two rows every column has as many values as the table has rows;
 * while a row is being made, a column of FORM_FIRST has one more once the row's first value was put. */
#include "table/field_columns.h"

#include "base/memory.h"
#include "table/values.h"

static enum field_form form_of(const struct wanted *wanted, const struct wanted_column *column)
{
    switch (column->values) {
    case FC_VALUES_LIST:
        return FORM_LIST;
    case FC_VALUES_FIRST:
        return FORM_FIRST;
    case FC_VALUES_SET:
        return FORM_SET;
    default:
        if (wanted->level == FC_LEVEL_FLOWS)
            return FORM_PAIRS;
        return wanted->fields[column->index].single ? FORM_FIRST : FORM_LIST;
    }
}

static bool init_column(struct field_column *f, const char *name)
{
    const char *format = field_arrow_format(f->type);
    switch (f->form) {
    case FORM_PAIRS:
        return column_init_values(f->column, name, format);
    case FORM_FIRST:
        column_init(f->column, name, format);
        return true;
    default:
        return column_init_list(f->column, name, format);
    }
}

bool field_columns_init(struct field_columns *fields, struct column *children, const struct wanted *wanted)
{
    *fields = (struct field_columns){0};
    fields->columns = memory_zero(wanted->n_columns, sizeof *fields->columns);
    fields->of_slot = memory_alloc(wanted->n_fields * sizeof *fields->of_slot);
    if (!fields->columns || !fields->of_slot)
        return false;
    memset(fields->of_slot, 0xff, wanted->n_fields * sizeof *fields->of_slot); /* NO_FIELD_COLUMN */
    for (size_t i = 0; i < wanted->n_columns; i++) {
        const struct wanted_column *column = &wanted->columns[i];
        if (column->source != WANTED_FIELD)
            continue;
        struct field_column *f = &fields->columns[fields->n_columns];
        *f = (struct field_column){.column = &children[i],
                                   .type = wanted->fields[column->index].type,
                                   .form = form_of(wanted, column),
                                   .next = fields->of_slot[column->index]};
        fields->of_slot[column->index] = (uint16_t)fields->n_columns++;
        if (!init_column(f, column->name))
            return false;
    }
    return true;
}

void field_columns_free(struct field_columns *fields)
{
    for (size_t i = 0; i < fields->n_columns; i++)
        distinct_free(&fields->columns[i].distinct);
    memory_free(fields->columns);
    memory_free(fields->of_slot);
}

static bool put_one(struct field_column *f, int64_t rows, uint32_t packet, const struct value *v)
{
    struct column *item = f->column->children;
    switch (f->form) {
    case FORM_FIRST:
        return f->column->length > rows || values_to_column(f->column, f->type, v);
    case FORM_PAIRS:
        item->length++;
        return column_put32(&item->children[0], packet) && values_to_column(&item->children[1], f->type, v);
    case FORM_SET:
        return values_to_column(item, f->type, v) &&
               distinct_keep(&f->distinct, item, column_list_start(f->column));
    default:
        return values_to_column(item, f->type, v);
    }
}

bool field_columns_put(struct field_columns *fields, int64_t rows, uint32_t packet, const struct value *v)
{
    bool ok = true;
    for (uint16_t i = fields->of_slot[v->slot]; ok && i != NO_FIELD_COLUMN; i = fields->columns[i].next)
        ok = put_one(&fields->columns[i], rows, packet, v);
    return ok;
}

bool field_columns_end(struct field_columns *fields, int64_t rows)
{
    bool ok = true;
    for (size_t i = 0; ok && i < fields->n_columns; i++) {
        struct column *column = fields->columns[i].column;
        distinct_end(&fields->columns[i].distinct);
        if (fields->columns[i].form != FORM_FIRST)
            ok = column_put_list(column);
        else if (column->length == rows)
            ok = column_put_null(column);
    }
    return ok;
}
