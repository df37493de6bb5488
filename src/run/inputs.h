/* The captures of a run: the inputs that the caller gave, with paths expanded. */
#ifndef FC_RUN_INPUTS_H
#define FC_RUN_INPUTS_H

#include "query/query.h"
#include "source/paths.h"

/* Zero: none. */
struct inputs {
    struct input *items;
    size_t n, capacity;
    uint64_t bytes;     /* of all whose size is known; 0 where too many files would have to be asked */
    struct paths paths; /* of the captures that are files */
    struct fc_input *functions;  /* copies of the inputs that functions of the caller read */
    struct source_place *joined; /* the captures that are read as one; NULL: each is read by itself */
    size_t given;                /* index of the input that is being added */
    struct arena names;          /* names, and the same as valid UTF-8 */
};

/* Makes the captures of the caller's inputs. FC_USAGE, FC_NOT_FOUND, FC_IO, FC_MEMORY. */
FC_MUST_USE enum fc_status inputs_make(struct inputs *inputs, const struct fc_input *given, size_t n,
                                       struct fc_error *err);
/* The one input of a live capture; its descriptor is not known yet. FC_MEMORY. */
FC_MUST_USE enum fc_status inputs_make_live(struct inputs *inputs, const char *name, struct fc_error *err);
/* Makes one input of all captures. FC_UNSUPPORTED: one of them can be read only once; FC_MEMORY. */
FC_MUST_USE enum fc_status inputs_join(struct inputs *inputs, struct fc_error *err);
/* The number of captures; joined ones count each. */
size_t inputs_count(const struct inputs *inputs);
struct fc_capture_size inputs_size(const struct inputs *inputs, size_t i);
/* Returns true if the file of this path is one of the captures, by device and inode. */
bool inputs_have_file(const struct inputs *inputs, const char *path);
void inputs_free(struct inputs *inputs);

#endif
