/* The list of families. */
#include "sets/set.h"

#include <string.h>

#include "sets/families.h"

static const struct set_family *const families[] = {&set_cic_classic, &set_cic_corrected, &set_nfstream,
                                                    &set_nprint,      &set_zeek_conn,     &set_netflow};

size_t set_families(void) { return sizeof families / sizeof families[0]; }

const struct set_family *set_family_at(size_t i) { return families[i]; }

const struct set_family *set_family(const char *name)
{
    for (size_t i = 0; i < set_families(); i++)
        if (!strcmp(families[i]->name, name))
            return families[i];
    return NULL;
}
