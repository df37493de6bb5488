/* The checked parameters of a table function. */
#ifndef DUCKDB_QUERY_H
#define DUCKDB_QUERY_H

#include <flowcontainer.h>

#include "api.h"

struct block { /* memory that lives as long as its query */
    struct block *next;
    char bytes[];
};
struct query {
    struct fc_options options;
    const char **paths;
    size_t n_paths;
    struct fc_column *columns; /* of the whole answer; `start` chooses among them */
    size_t n_columns;
    bool is_own;        /* the rows are flowcontainer's own, so that columns can be chosen */
    bool ignore_errors; /* a damaged capture does not fail the query */
    struct block *blocks;
    char error[1024]; /* the first error; "": none */
};

/* Keeps the first error of the query. */
void query_fail(struct query *query, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Zeroed memory that lives as long as the query; NULL, and an error of the query, when memory ends. */
void *query_take(struct query *query, size_t n, size_t size);
/* A copy of the text, or NULL. */
const char *query_text(struct query *query, const char *text);
/* Reads all parameters; query->error names the first wrong one. */
void query_read(struct query *query, duckdb_bind_info info);
/* Takes a struct query; DuckDB calls it. */
void query_free(void *query);
/* Declares the parameters that query_read reads. */
void query_parameters(duckdb_table_function function);

#endif
