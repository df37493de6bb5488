/* Values of Arrow arrays, by the schema they came with.
 *
 * Invariant: a type is described once and then trusted. The library makes the arrays, so they follow the
 * Arrow C data interface. Formats: arrow.apache.org/docs/format/CDataInterface.html.
 */
#include "cell.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    char format;
    enum cell_kind kind;
    uint8_t width;
} PLAIN[] = {
    {'b', CELL_BOOL, 0}, {'c', CELL_INT, 1},   {'C', CELL_UINT, 1},  {'s', CELL_INT, 2},
    {'S', CELL_UINT, 2}, {'i', CELL_INT, 4},   {'I', CELL_UINT, 4},  {'l', CELL_INT, 8},
    {'L', CELL_UINT, 8}, {'f', CELL_FLOAT, 4}, {'g', CELL_FLOAT, 8}, {'u', CELL_TEXT, 4},
    {'U', CELL_TEXT, 8}, {'z', CELL_BYTES, 4}, {'Z', CELL_BYTES, 8},
};

static const struct {
    const char *format;
    enum cell_kind kind;
    uint8_t width;
} LONGER[] = {
    {"tsn:", CELL_TIME, 8}, {"tDn", CELL_DURATION, 8}, {"+l", CELL_LIST, 4},
    {"+L", CELL_LIST, 8},   {"+s", CELL_STRUCT, 0},
};

static void set_kind(struct cell_type *out, const char *format)
{
    for (size_t i = 0; i < sizeof PLAIN / sizeof PLAIN[0]; i++)
        if (format[0] == PLAIN[i].format && !format[1]) {
            out->kind = PLAIN[i].kind;
            out->width = PLAIN[i].width;
        }
    for (size_t i = 0; i < sizeof LONGER / sizeof LONGER[0]; i++)
        if (strncmp(format, LONGER[i].format, strlen(LONGER[i].format)) == 0) {
            out->kind = LONGER[i].kind;
            out->width = LONGER[i].width;
        }
}

/* "w:80", "+w:5"; "+w:80" of uint8 are bytes too. The library allows no size of 0. */
static void set_fixed(struct cell_type *out, const struct ArrowSchema *schema)
{
    const char *format = schema->format, *colon = strchr(format, ':');
    bool list = strncmp(format, "+w:", 3) == 0;
    if (!list && strncmp(format, "w:", 2) != 0)
        return;
    out->kind = list && strcmp(schema->children[0]->format, "C") != 0 ? CELL_LIST : CELL_BYTES;
    out->fixed = (uint32_t)strtoul(colon + 1, NULL, 10);
}

bool cell_describe(struct cell_type *out, const struct ArrowSchema *schema)
{
    *out = (struct cell_type){.name = strdup(schema->name ? schema->name : "")};
    if (!out->name)
        return false;
    set_kind(out, schema->format);
    set_fixed(out, schema);
    if (schema->dictionary)
        out->kind = CELL_DICT;
    size_t n = schema->dictionary ? 1 : (size_t)schema->n_children;
    if (!n)
        return true;
    out->children = calloc(n, sizeof *out->children);
    if (!out->children)
        return false;
    out->n_children = n;
    if (schema->dictionary)
        return cell_describe(out->children, schema->dictionary);
    for (size_t i = 0; i < n; i++)
        if (!cell_describe(&out->children[i], schema->children[i]))
            return false;
    return true;
}

void cell_free(struct cell_type *type)
{
    for (size_t i = 0; i < type->n_children; i++)
        cell_free(&type->children[i]);
    free(type->children);
    free(type->name);
    *type = (struct cell_type){0};
}

size_t cell_child(const struct cell_type *type, const char *name)
{
    for (size_t i = 0; i < type->n_children; i++)
        if (strcmp(type->children[i].name, name) == 0)
            return i;
    return SIZE_MAX;
}

static int64_t unsigned_at(const void *values, uint8_t width, int64_t at)
{
    switch (width) {
    case 1:
        return ((const uint8_t *)values)[at];
    case 2:
        return ((const uint16_t *)values)[at];
    case 4:
        return ((const uint32_t *)values)[at];
    default:
        return (int64_t)((const uint64_t *)values)[at];
    }
}

static int64_t signed_at(const void *values, uint8_t width, int64_t at)
{
    switch (width) {
    case 1:
        return ((const int8_t *)values)[at];
    case 2:
        return ((const int16_t *)values)[at];
    case 4:
        return ((const int32_t *)values)[at];
    default:
        return ((const int64_t *)values)[at];
    }
}

int64_t cell_int(const struct cell_type *type, const struct ArrowArray *array, int64_t i)
{
    int64_t at = i + array->offset;
    return type->kind == CELL_UINT ? unsigned_at(array->buffers[1], type->width, at)
                                   : signed_at(array->buffers[1], type->width, at);
}

double cell_float(const struct cell_type *type, const struct ArrowArray *array, int64_t i)
{
    int64_t at = i + array->offset;
    return type->width == 4 ? (double)((const float *)array->buffers[1])[at]
                            : ((const double *)array->buffers[1])[at];
}

bool cell_bool(const struct ArrowArray *array, int64_t i)
{
    int64_t at = i + array->offset;
    return ((const uint8_t *)array->buffers[1])[at >> 3] >> (at & 7) & 1;
}

struct cell_range cell_list(const struct cell_type *type, const struct ArrowArray *array, int64_t i)
{
    if (cell_is_null(array, i))
        return (struct cell_range){0, 0};
    int64_t at = i + array->offset;
    if (type->fixed)
        return (struct cell_range){at * type->fixed, (at + 1) * type->fixed};
    const void *offsets = array->buffers[1];
    return (struct cell_range){signed_at(offsets, type->width, at), signed_at(offsets, type->width, at + 1)};
}

struct cell_span cell_text(const struct cell_type *type, const struct ArrowArray *array, int64_t i)
{
    if (cell_is_null(array, i))
        return (struct cell_span){"", 0};
    if (type->kind == CELL_DICT)
        return cell_text(type->children, array->dictionary,
                         signed_at(array->buffers[1], type->width, i + array->offset));
    struct cell_range range = cell_list(type, array, i);
    if (type->fixed && type->n_children) {
        array = array->children[0];
        range.from += array->offset;
        range.to += array->offset;
    }
    const char *bytes = array->buffers[type->fixed ? 1 : 2];
    return (struct cell_span){bytes ? bytes + range.from : "", (size_t)(range.to - range.from)};
}
