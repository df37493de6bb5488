/* The bytes of packets that a caller asks for, checked. */
#ifndef FC_RUN_MATRICES_H
#define FC_RUN_MATRICES_H

#include "query/query.h"

/* Fills query->matrices, with names in query->texts. FC_USAGE, FC_MEMORY. */
FC_MUST_USE enum fc_status matrices_make(struct query *query, const struct fc_options *options,
                                         struct fc_error *err);

#endif
