/* Feature sets of other programs as the answer of a query. */
#ifndef FC_RUN_SETS_H
#define FC_RUN_SETS_H

#include "query/query.h"

/* Whether the features that are asked for name a feature set of another program. */
bool sets_asked(const struct fc_options *options);
/* Makes the layouts of the query, one for each feature set; `defaults` are the options that nobody set.
 * FC_USAGE: an option that means nothing to feature sets, or families of flowcontainer's own flows among
 * them. */
FC_MUST_USE enum fc_status sets_plan(struct query *query, const struct fc_options *options,
                                     const struct fc_options *defaults, struct fc_error *err);
void sets_forget(struct query *query);
/* "feature sets of other programs: ..." */
void sets_explain(char *out, size_t cap, const struct query *query);

/* The columns of a table: infos for *n columns, with their texts in `texts`. With `each_bit` every bit of
 * nPrint is one, else there is one for each run of bits. NULL: memory ended. The caller frees the array. */
struct fc_column_info *sets_describe(const struct set_layout *layout, bool each_bit, struct arena *texts,
                                     size_t *n);

#endif
