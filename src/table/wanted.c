/* The columns that a table is asked to hold. */
#include "table/wanted.h"

bool wanted_has(const struct wanted *wanted, uint32_t base)
{
    for (size_t i = 0; i < wanted->n_columns; i++)
        if (wanted->columns[i].source == WANTED_BASE && wanted->columns[i].index == base)
            return true;
    return false;
}
