/* Arrow columns as DuckDB's vectors. */
#ifndef DUCKDB_VECTORS_H
#define DUCKDB_VECTORS_H

#include <flowcontainer.h>

#include "api.h"

/* DuckDB's type of a column; NULL for a format that no column of this library has. Free with
 * duckdb_destroy_logical_type. */
duckdb_logical_type logical_type(const struct ArrowSchema *schema);

/* Copies n entries, from entry `from` on, into the first places of the vector. Returns false when DuckDB has
 * no memory. */
bool vector_fill(duckdb_vector out, const struct ArrowSchema *schema, const struct ArrowArray *array,
                 int64_t from, int64_t n);

#endif
