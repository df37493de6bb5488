/* Copies Arrow arrays into DuckDB's vectors. The copy needs only functions that are stable since
 * DuckDB 1.2.0, and no connection: a connection that an extension keeps would keep the database open after
 * its last user has closed it. */
#include "vectors.h"

/* ---- types ---- */

enum shape { FIXED, BITS, TEXT32, TEXT64, LIST32, LIST64, STRUCT, DURATION };

static const struct type {
    const char *format; /* of Arrow */
    duckdb_type type;
    enum shape shape;
    size_t width; /* of FIXED */
} types[] = {
    {"b", DUCKDB_TYPE_BOOLEAN, BITS, 0},        {"c", DUCKDB_TYPE_TINYINT, FIXED, 1},
    {"C", DUCKDB_TYPE_UTINYINT, FIXED, 1},      {"s", DUCKDB_TYPE_SMALLINT, FIXED, 2},
    {"S", DUCKDB_TYPE_USMALLINT, FIXED, 2},     {"i", DUCKDB_TYPE_INTEGER, FIXED, 4},
    {"I", DUCKDB_TYPE_UINTEGER, FIXED, 4},      {"l", DUCKDB_TYPE_BIGINT, FIXED, 8},
    {"L", DUCKDB_TYPE_UBIGINT, FIXED, 8},       {"f", DUCKDB_TYPE_FLOAT, FIXED, 4},
    {"g", DUCKDB_TYPE_DOUBLE, FIXED, 8},        {"tsn:UTC", DUCKDB_TYPE_TIMESTAMP_TZ_NS, FIXED, 8},
    {"u", DUCKDB_TYPE_VARCHAR, TEXT32, 0},      {"U", DUCKDB_TYPE_VARCHAR, TEXT64, 0},
    {"z", DUCKDB_TYPE_BLOB, TEXT32, 0},         {"Z", DUCKDB_TYPE_BLOB, TEXT64, 0},
    {"tDn", DUCKDB_TYPE_INTERVAL, DURATION, 0}, {"+l", DUCKDB_TYPE_LIST, LIST32, 0},
    {"+L", DUCKDB_TYPE_LIST, LIST64, 0},        {"+s", DUCKDB_TYPE_STRUCT, STRUCT, 0},
};

/* NULL: no column of this library has such a format. */
static const struct type *type_find(const char *format)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (!strcmp(types[i].format, format))
            return &types[i];
    return NULL;
}

duckdb_logical_type logical_type(const struct ArrowSchema *schema)
{
    enum { MOST = 8 };
    const struct type *type = type_find(schema->dictionary ? schema->dictionary->format : schema->format);
    if (!type || schema->n_children > MOST)
        return NULL;
    duckdb_logical_type children[MOST], made = NULL;
    const char *names[MOST];
    int64_t n = 0;
    while (n < schema->n_children && (children[n] = logical_type(schema->children[n]))) {
        names[n] = schema->children[n]->name;
        n++;
    }
    if (n < schema->n_children)
        ;
    else if (type->type == DUCKDB_TYPE_LIST)
        made = duckdb_create_list_type(children[0]);
    else if (type->type == DUCKDB_TYPE_STRUCT)
        made = duckdb_create_struct_type(children, names, (idx_t)n);
    else
        made = duckdb_create_logical_type(type->type);
    if (made && type->type == DUCKDB_TYPE_TIMESTAMP_TZ_NS && duckdb_get_type_id(made) != type->type) {
        duckdb_destroy_logical_type(&made); /* before DuckDB 2.0 nanoseconds have no time zone */
        made = duckdb_create_logical_type(DUCKDB_TYPE_TIMESTAMP_NS);
    }
    while (n > 0)
        duckdb_destroy_logical_type(&children[--n]);
    return made;
}

/* ---- Arrow arrays into vectors ---- */

static bool bit(const void *bits, int64_t i) { return ((const uint8_t *)bits)[i >> 3] >> (i & 7) & 1; }

static void nulls_copy(duckdb_vector out, const struct ArrowArray *array, int64_t from, int64_t n)
{
    const void *valid = array->n_buffers ? array->buffers[0] : NULL;
    if (!valid || array->null_count == 0)
        return;
    duckdb_vector_ensure_validity_writable(out);
    uint64_t *validity = duckdb_vector_get_validity(out);
    for (int64_t i = 0; i < n; i++)
        if (!bit(valid, from + i))
            duckdb_validity_set_row_invalid(validity, (idx_t)i);
}

/* Where entry i of a list, a text or bytes starts. */
static int64_t start_of(const struct ArrowArray *array, bool is_long, int64_t i)
{
    return is_long ? ((const int64_t *)array->buffers[1])[i] : ((const int32_t *)array->buffers[1])[i];
}

static void texts_copy(duckdb_vector out, const struct ArrowArray *array, bool is_long, int64_t from,
                       int64_t n)
{
    const void *valid = array->null_count ? array->buffers[0] : NULL;
    const char *bytes = array->buffers[2];
    for (int64_t i = from; i < from + n; i++) {
        int64_t start = start_of(array, is_long, i), end = start_of(array, is_long, i + 1);
        if (!valid || bit(valid, i))
            duckdb_vector_assign_string_element_len(out, (idx_t)(i - from), end > start ? bytes + start : "",
                                                    (idx_t)(end - start));
    }
}

/* A column of words: each row is an index into the dictionary. */
static void words_copy(duckdb_vector out, const struct ArrowArray *array, int64_t from, int64_t n)
{
    const int32_t *index = array->buffers[1];
    const struct ArrowArray *words = array->dictionary;
    const void *valid = array->null_count ? array->buffers[0] : NULL;
    const char *bytes = words->buffers[2];
    for (int64_t i = from; i < from + n; i++) {
        if (valid && !bit(valid, i))
            continue;
        int64_t word = words->offset + index[i], start = start_of(words, false, word);
        duckdb_vector_assign_string_element_len(out, (idx_t)(i - from), bytes + start,
                                                (idx_t)(start_of(words, false, word + 1) - start));
    }
}

static bool list_copy(duckdb_vector out, const struct ArrowSchema *schema, const struct ArrowArray *array,
                      bool is_long, int64_t from, int64_t n)
{
    int64_t first = start_of(array, is_long, from), total = start_of(array, is_long, from + n) - first;
    duckdb_list_entry *entries = duckdb_vector_get_data(out);
    for (int64_t i = 0; i < n; i++) {
        int64_t start = start_of(array, is_long, from + i);
        entries[i].offset = (uint64_t)(start - first);
        entries[i].length = (uint64_t)(start_of(array, is_long, from + i + 1) - start);
    }
    return duckdb_list_vector_reserve(out, (idx_t)total) == DuckDBSuccess &&
           duckdb_list_vector_set_size(out, (idx_t)total) == DuckDBSuccess &&
           vector_fill(duckdb_list_vector_get_child(out), schema->children[0], array->children[0], first,
                       total);
}

bool vector_fill(duckdb_vector out, const struct ArrowSchema *schema, const struct ArrowArray *array,
                 int64_t from, int64_t n)
{
    const struct type *type = type_find(schema->format);
    from += array->offset;
    nulls_copy(out, array, from, n);
    if (schema->dictionary) {
        words_copy(out, array, from, n);
        return true;
    }
    switch (type->shape) {
    case FIXED:
        if (n > 0)
            memcpy(duckdb_vector_get_data(out), (const char *)array->buffers[1] + (size_t)from * type->width,
                   (size_t)n * type->width);
        return true;
    case BITS:
        for (int64_t i = 0; i < n; i++)
            ((bool *)duckdb_vector_get_data(out))[i] = bit(array->buffers[1], from + i);
        return true;
    case DURATION:
        for (int64_t i = 0; i < n; i++)
            ((duckdb_interval *)duckdb_vector_get_data(out))[i] =
                (duckdb_interval){.micros = ((const int64_t *)array->buffers[1])[from + i] / 1000};
        return true;
    case TEXT32:
    case TEXT64:
        texts_copy(out, array, type->shape == TEXT64, from, n);
        return true;
    case LIST32:
    case LIST64:
        return list_copy(out, schema, array, type->shape == LIST64, from, n);
    case STRUCT:
        for (int64_t i = 0; i < array->n_children; i++)
            if (!vector_fill(duckdb_struct_vector_get_child(out, (idx_t)i), schema->children[i],
                             array->children[i], from, n))
                return false;
        return true;
    }
    return false;
}
