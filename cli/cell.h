/* Values of Arrow arrays, by the schema they came with. */
#ifndef FC_CLI_CELL_H
#define FC_CLI_CELL_H

#include <flowcontainer.h>

enum cell_kind {
    CELL_NULL, /* also any type that the command does not know */
    CELL_BOOL,
    CELL_INT,
    CELL_UINT,
    CELL_FLOAT,
    CELL_TEXT,
    CELL_BYTES,    /* also a list of a fixed number of uint8, which is read as one value */
    CELL_TIME,     /* int64, ns since 1970 */
    CELL_DURATION, /* int64, ns */
    CELL_DICT,     /* child 0: the dictionary's values */
    CELL_LIST,     /* child 0: its items */
    CELL_STRUCT
};

struct cell_type {
    char *name;
    enum cell_kind kind;
    uint8_t width;  /* bytes of a number, or of an offset of a list, text or bytes */
    uint32_t fixed; /* items of every list or bytes of every value, of a type of fixed size; else 0 */
    struct cell_type *children;
    size_t n_children;
};

/* Describes a schema; false if memory ran out. Free the type with cell_free in both cases. */
bool cell_describe(struct cell_type *out, const struct ArrowSchema *schema);
void cell_free(struct cell_type *type);
/* The index of the child with this name, or SIZE_MAX. */
size_t cell_child(const struct cell_type *type, const char *name);

/* In all of these, i counts from the array's own offset. A null reads as 0 or as empty. */
static inline bool cell_is_null(const struct ArrowArray *array, int64_t i)
{
    const uint8_t *bits = array->n_buffers ? array->buffers[0] : NULL;
    int64_t at = i + array->offset;
    return bits && !(bits[at >> 3] >> (at & 7) & 1);
}

int64_t cell_int(const struct cell_type *type, const struct ArrowArray *array, int64_t i);
double cell_float(const struct cell_type *type, const struct ArrowArray *array, int64_t i);
bool cell_bool(const struct ArrowArray *array, int64_t i);

struct cell_span {
    const char *p;
    size_t len;
};
/* CELL_TEXT, CELL_BYTES, and CELL_DICT of those. */
struct cell_span cell_text(const struct cell_type *type, const struct ArrowArray *array, int64_t i);

struct cell_range {
    int64_t from, to; /* rows of children[0], without that array's own offset */
};
/* CELL_LIST */
struct cell_range cell_list(const struct cell_type *type, const struct ArrowArray *array, int64_t i);

#endif
