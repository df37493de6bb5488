/* The list of all fields as its files share it. */
#ifndef FC_RUN_CATALOG_H
#define FC_RUN_CATALOG_H

#include <flowcontainer.h>
#include <limits.h>

#include "base/arena.h"
#include "field/field.h"

struct catalog_entry {
    struct field field;
    const char *type, *engine;
};

struct catalog_old_name {
    const char *old, *today;
};

struct fc_fields {
    struct catalog_entry *entries; /* sorted by name, a name once */
    size_t n, cap;
    struct catalog_old_name *old_names;
    size_t n_old, cap_old;
    struct arena texts;
    char version[64];           /* of libwireshark; "": only native fields are known */
    char library[PATH_MAX];     /* its file */
    struct memory_state memory; /* set by the functions below; asked when all fields are there */
};

/* Copies the texts. */
void catalog_add(struct fc_fields *fields, const struct field *field, const char *type, const char *engine);
void catalog_add_old_name(struct fc_fields *fields, const char *old, const char *today);

/* The cache of libwireshark's fields, by the files of the worker and of libwireshark. False when there is
 * none, or a useless one: then fields is as before. */
bool catalog_read(struct fc_fields *fields, const char *worker_path);
/* Whole or not at all; what cannot be written is made again next time. */
void catalog_write(const struct fc_fields *fields, const char *worker_path);

/* As fc_fields_load, but a cache of another libwireshark than `version` is not used (NULL: any). */
FC_MUST_USE enum fc_status catalog_load(struct fc_fields **out, const char *version, struct fc_error *err);

#endif
