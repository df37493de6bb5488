/* The public view of the table of fields. Functions of flowcontainer.h are documented there. */
#include <flowcontainer.h>

#include "field/field.h"
#include "run/fields.h"
#include "table/text.h"

size_t fc_n_fields(void) { return field_count(); }

struct fc_field_info field_info(const struct field *f, const char *engine)
{
    return (struct fc_field_info){.name = f->name,
                                  .type = field_type_name(f->type),
                                  .arrow = field_arrow_format(f->type),
                                  .description = f->description,
                                  .engine = engine,
                                  .unit = f->unit,
                                  .hex = f->base == BASE_HEX,
                                  .hex_digits = (uint8_t)field_hex_digits(f->type),
                                  .named = f->named,
                                  .single = f->single,
                                  .text_rule = text_rule(f)};
}

struct fc_field_info fc_field(size_t i)
{
    return i < field_count() ? field_info(&field_table[field_order()[i]], "native")
                             : (struct fc_field_info){0};
}

size_t fc_field_find(const char *name)
{
    field_id id = field_find(name);
    for (size_t i = 0; id != F_COUNT && i < field_count(); i++)
        if (field_order()[i] == id)
            return i;
    return SIZE_MAX;
}
