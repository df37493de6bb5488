/* Names of the families of features. */
#ifndef FC_RUN_FAMILY_H
#define FC_RUN_FAMILY_H

#include <stdbool.h>
#include <stddef.h>

/* Whether the family is of columns of this library's own flows: basic, stats, entropy. */
bool family_is_own(const char *name);
/* "basic, stats, ...": all families. */
void family_names(char *out, size_t cap);

#endif
