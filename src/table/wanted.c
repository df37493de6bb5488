/* The columns of a caller that chooses none. */
#include "table/wanted.h"

#include "table/schema.h"

size_t wanted_by_default(struct wanted_column *out, enum fc_level level, const struct field *fields,
                         size_t n_fields)
{
    size_t n_base, n = 0;
    const struct schema_column *base = schema_columns(level, &n_base);
    for (uint32_t i = 0; i < n_base; i++) {
        if (!schema_is_default(&base[i], level))
            continue;
        if (out)
            out[n] = (struct wanted_column){.name = base[i].info.name, .source = WANTED_BASE, .index = i};
        n++;
    }
    for (uint32_t i = 0; i < n_fields; i++, n++)
        if (out)
            out[n] = (struct wanted_column){.name = fields[i].name, .source = WANTED_FIELD, .index = i};
    return n;
}

bool wanted_has(const struct wanted *wanted, uint32_t base)
{
    for (size_t i = 0; i < wanted->n_columns; i++)
        if (wanted->columns[i].source == WANTED_BASE && wanted->columns[i].index == base)
            return true;
    return false;
}
