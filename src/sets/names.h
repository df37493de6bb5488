/* The column names of published data sets that were made with CICFlowMeter. Inside of this room. */
#ifndef FC_SETS_NAMES_H
#define FC_SETS_NAMES_H

#include <flowcontainer.h>
#include <stddef.h>

struct set_name {
    const char *column;    /* the program's */
    const char *published; /* as in the files of the data set, with leading blanks */
    const char *name;      /* the same without them, and different from all others */
};

struct set_names {
    const char *name; /* "cic-ids2017" */
    const struct set_name *items;
    size_t n;
};

/* NULL: there is no such list. */
const struct set_names *set_names_find(const char *name);

#endif
