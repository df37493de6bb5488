/* The columns of the answer: the caller's choice, looked up. */
#ifndef FC_RUN_SELECT_H
#define FC_RUN_SELECT_H

#include "query/query.h"

/* Fills query->columns and its texts, and *fields: the fields that the columns need, each once; their index
 * there is their slot. Strings in *fields are borrowed from the options. FC_FIELD: a name that is neither a
 * column nor a field; FC_USAGE; FC_MEMORY. Free *fields with memory_free, also after a failure. */
FC_MUST_USE enum fc_status select_columns(struct query *query, const struct fc_options *options,
                                          const char ***fields, size_t *n_fields, struct fc_error *err);
/* Column i of a query whose fields are known. Its texts live as long as the query. */
struct fc_column_info select_describe(const struct query *query, size_t i);

#endif
