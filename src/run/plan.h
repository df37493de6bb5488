/* Options -> a checked query, and which engine answers it. */
#ifndef FC_RUN_PLAN_H
#define FC_RUN_PLAN_H

#include "query/query.h"

/* Fills *out; free with plan_free. FC_FIELD, FC_FILTER, FC_USAGE, FC_MEMORY. */
FC_MUST_USE enum fc_status plan_make(struct query *out, const struct fc_options *options,
                                     struct fc_error *err);
/* The same with a native engine of another release: it asks every field for this release. */
FC_MUST_USE enum fc_status plan_make_as(struct query *out, const struct fc_options *options,
                                        enum release native, struct fc_error *err);
void plan_free(struct query *query);
/* Whether this release of Wireshark has the field; FC_FIELD, and err names field, release and range: it does
 * not. */
FC_MUST_USE enum fc_status plan_check_release(const struct field *field, enum release release,
                                              struct fc_error *err);
/* "native engine: ..." into out. */
void plan_explain(char *out, size_t cap, const struct query *query);

#endif
