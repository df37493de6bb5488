/* The DuckDB extension: captures as table functions.
 *
 *     SELECT src, dport, "http.host" FROM read_flows('day.pcap', fields := ['http.host'], filter := 'http');
 *
 * read_flows, read_packets and read_frames take a path, a glob, a folder or a list of these.
 *
 * Life of a query: `bind` reads the parameters into a struct query and opens a run to learn the columns; for
 * each execution `start` opens a run over the columns that the query uses; `next` copies its Arrow batches
 * into DuckDB's vectors.
 */
#include <flowcontainer.h>
#include <stdio.h>
#include <stdlib.h>

#include "query.h"
#include "vectors.h"

/* ---- a reading ---- */

struct reading {
    struct fc_run *run;
    struct ArrowArrayStream stream;
    struct ArrowSchema schema;
    struct ArrowArray batch;
    int64_t done; /* rows of the batch that DuckDB has */
    size_t
        *column; /* of the batch, for each column that DuckDB wants; SIZE_MAX: a number that nobody reads */
    size_t n_columns; /* that DuckDB wants */
    bool ignore_errors;
};

static bool reading_open(struct reading *reading, const struct query *query, struct fc_error *err)
{
    if (fc_open(&reading->run, query->paths, query->n_paths, &query->options, err) != FC_OK)
        return false;
    if (fc_run_n_tables(reading->run) > 1) {
        snprintf(err->text, sizeof err->text,
                 "the answer has several tables: ask for one feature set, not %s and %s",
                 fc_run_table_name(reading->run, 0), fc_run_table_name(reading->run, 1));
        return false;
    }
    if (fc_run_export(reading->run, &reading->stream, err) != FC_OK)
        return false;
    if (!reading->stream.get_schema(&reading->stream, &reading->schema))
        return true;
    snprintf(err->text, sizeof err->text, "%s", reading->stream.get_last_error(&reading->stream));
    return false;
}

static void reading_free(void *pointer)
{
    struct reading *reading = pointer;
    if (!reading)
        return;
    if (reading->batch.release)
        reading->batch.release(&reading->batch);
    if (reading->schema.release)
        reading->schema.release(&reading->schema);
    if (reading->stream.release)
        reading->stream.release(&reading->stream);
    fc_run_free(reading->run);
    free(reading->column);
    free(reading);
}

/* The text of the problems of a reading that has ended; "" if there is none that the query has to fail for.
 */
static void problems_text(const struct reading *reading, char *out, size_t size)
{
    enum { MOST = 10 };
    size_t n = fc_run_n_problems(reading->run), n_useless = 0, length = 0;
    out[0] = 0;
    for (size_t i = 0; i < n; i++) {
        const struct fc_problem *problem = fc_run_problem(reading->run, i);
        const char *text = problem->error.text;
        char at[40] = "", digits[24];
        snprintf(digits, sizeof digits, "%lld", (long long)problem->error.offset);
        if (problem->error.offset >= 0 && !strstr(text, digits))
            snprintf(at, sizeof at, " (byte %s)", digits);
        bool is_named = strstr(text, problem->capture) != NULL;
        if (i < MOST && length < size)
            length += (size_t)snprintf(out + length, size - length, "%s%s%s%s%s", i ? "; " : "",
                                       is_named ? "" : problem->capture, is_named ? "" : ": ", text, at);
        n_useless += problem->frames == 0 || problem->error.status == FC_NO_FLOWS;
    }
    struct fc_progress progress;
    fc_run_progress(reading->run, &progress);
    bool is_nothing_read = n > 0 && n_useless >= progress.captures_total;
    if (reading->ignore_errors && !is_nothing_read)
        out[0] = 0;
    else if (n > 0 && !is_nothing_read && length < size)
        snprintf(out + length, size - length, "; ignore_errors := true gives the other rows");
}

/* The next batch with rows. Returns false at the end, with the error of the reading, or "" if there is none.
 */
static bool batch_next(struct reading *reading, char *error, size_t size)
{
    error[0] = 0;
    while (!reading->batch.release || reading->done == reading->batch.length) {
        if (reading->batch.release)
            reading->batch.release(&reading->batch);
        reading->done = 0;
        if (reading->stream.get_next(&reading->stream, &reading->batch)) {
            snprintf(error, size, "%s", reading->stream.get_last_error(&reading->stream));
            return false;
        }
        if (!reading->batch.release) {
            problems_text(reading, error, size);
            return false;
        }
    }
    return true;
}

/* ---- the functions that DuckDB calls ---- */

/* Tells DuckDB the columns, and keeps them for `start`. */
static void columns_tell(struct query *query, duckdb_bind_info info, const struct reading *reading)
{
    static const char *const levels[] = {"flows", "packets", "frames"};
    query->n_columns = (size_t)reading->schema.n_children;
    query->columns = query_take(query, query->n_columns + 1, sizeof *query->columns);
    query->is_own = !strcmp(fc_run_table_name(reading->run, 0), levels[query->options.level]);
    for (size_t i = 0; query->columns && i < query->n_columns; i++) {
        const struct ArrowSchema *child = reading->schema.children[i];
        const struct fc_column_info *column = fc_run_column(reading->run, i);
        duckdb_logical_type type = logical_type(child);
        if (!type) {
            query_fail(query, "the column %s has the Arrow type %s, for which DuckDB has none", child->name,
                       child->format);
            return;
        }
        duckdb_bind_add_result_column(info, child->name, type);
        duckdb_destroy_logical_type(&type);
        if (query->is_own)
            query->columns[i] =
                (struct fc_column){query_text(query, column->source), query_text(query, column->name),
                                   column->is_field ? column->values : FC_VALUES_DEFAULT};
    }
}

static void bind(duckdb_bind_info info)
{
    struct fc_error err = {0};
    struct query *query = calloc(1, sizeof *query);
    struct reading *reading = calloc(1, sizeof *reading);
    if (!query || !reading) {
        duckdb_bind_set_error(info, "out of memory");
        free(query);
        free(reading);
        return;
    }
    query_read(query, info);
    if (!query->error[0] && !reading_open(reading, query, &err))
        query_fail(query, "%s", err.text);
    if (!query->error[0])
        columns_tell(query, info, reading);
    reading_free(reading);
    if (query->error[0]) {
        duckdb_bind_set_error(info, query->error);
        query_free(query);
        return;
    }
    duckdb_bind_set_bind_data(info, query, query_free);
}

/* Chooses the columns that DuckDB wants, each once, into `columns`; reading->column says where each of them
 * is. Where it wants none (count(*)), the cheapest column carries the number of rows. */
static size_t columns_choose(struct reading *reading, const struct query *query, duckdb_init_info info,
                             struct fc_column *columns)
{
    size_t n = 0;
    for (size_t i = 0; i < reading->n_columns; i++) {
        size_t wanted = duckdb_init_get_column_index(info, i), before = 0;
        while (before < i && duckdb_init_get_column_index(info, before) != wanted)
            before++;
        if (wanted >= query->n_columns) /* DuckDB's own number of a row */
            reading->column[i] = SIZE_MAX;
        else if (!query->is_own)
            reading->column[i] = wanted;
        else if (before < i)
            reading->column[i] = reading->column[before];
        else {
            reading->column[i] = n;
            columns[n++] = query->columns[wanted];
        }
    }
    if (n == 0)
        columns[n++] = (struct fc_column){.source = "stream"};
    return n;
}

static void start(duckdb_init_info info)
{
    const struct query *bound = duckdb_init_get_bind_data(info);
    struct query query = *bound;
    struct fc_error err = {0};
    struct reading *reading = calloc(1, sizeof *reading);
    idx_t n = duckdb_init_get_column_count(info);
    struct fc_column *columns = calloc(n + 1, sizeof *columns);
    size_t *column = calloc(n + 1, sizeof *column);
    if (!reading || !columns || !column) {
        duckdb_init_set_error(info, "out of memory");
        free(reading);
        free(columns);
        free(column);
        return;
    }
    reading->column = column;
    reading->n_columns = n;
    reading->ignore_errors = query.ignore_errors;
    size_t n_chosen = columns_choose(reading, &query, info, columns);
    if (query.is_own) {
        query.options.columns = columns;
        query.options.n_columns = n_chosen;
        query.options.n_fields = query.options.n_features = 0;
    }
    if (!reading_open(reading, &query, &err))
        duckdb_init_set_error(info, err.text);
    free(columns);
    duckdb_init_set_max_threads(info, 1);
    duckdb_init_set_init_data(info, reading, reading_free);
}

static void next(duckdb_function_info info, duckdb_data_chunk out)
{
    struct reading *reading = duckdb_function_get_init_data(info);
    char error[2048];
    duckdb_data_chunk_set_size(out, 0);
    if (!batch_next(reading, error, sizeof error)) {
        if (error[0])
            duckdb_function_set_error(info, error);
        return;
    }
    int64_t n = reading->batch.length - reading->done, most = (int64_t)duckdb_vector_size();
    n = n < most ? n : most;
    for (size_t i = 0; i < reading->n_columns; i++) {
        duckdb_vector vector = duckdb_data_chunk_get_vector(out, i);
        size_t column = reading->column[i];
        if (column == SIZE_MAX)
            memset(duckdb_vector_get_data(vector), 0, (size_t)n * sizeof(int64_t));
        else if (!vector_fill(vector, reading->schema.children[column], reading->batch.children[column],
                              reading->batch.offset + reading->done, n)) {
            duckdb_function_set_error(info, "DuckDB has no memory for these rows");
            return;
        }
    }
    reading->done += n;
    duckdb_data_chunk_set_size(out, (idx_t)n);
}

/* ---- registration ---- */

DUCKDB_EXTENSION_ENTRYPOINT(duckdb_connection connection, duckdb_extension_info info,
                            struct duckdb_extension_access *access)
{
    static const struct {
        const char *name;
        enum fc_level level;
    } functions[] = {
        {"read_flows", FC_LEVEL_FLOWS}, {"read_packets", FC_LEVEL_PACKETS}, {"read_frames", FC_LEVEL_FRAMES}};
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        duckdb_table_function function = duckdb_create_table_function();
        duckdb_table_function_set_name(function, functions[i].name);
        query_parameters(function);
        duckdb_table_function_set_extra_info(function, (void *)&functions[i].level, NULL);
        duckdb_table_function_set_bind(function, bind);
        duckdb_table_function_set_init(function, start);
        duckdb_table_function_set_function(function, next);
        duckdb_table_function_supports_projection_pushdown(function, true);
        duckdb_state state = duckdb_register_table_function(connection, function);
        duckdb_destroy_table_function(&function);
        if (state != DuckDBSuccess) {
            access->set_error(info, "a table function of flowcontainer could not be registered");
            return false;
        }
    }
    return true;
}
