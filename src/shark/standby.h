/* libwireshark in waiting: it goes on with a query that is answered natively, from the first frame of a
 * capture that holds what is not read here. Started when the first such capture turns up. */
#ifndef FC_SHARK_STANDBY_H
#define FC_SHARK_STANDBY_H

#include "query/query.h"

/* Copies the names of the fields and the filter. NULL: memory ended. */
struct standby *standby_new(const struct fc_options *options);
/* Lets libwireshark get ready while the caller does something else; asked for or not. */
void standby_launch(struct standby *standby);
/* `native` as libwireshark answers it, the same for every thread; NULL: there is no worker, or its fields
 * have other types than the native ones. */
const struct query *standby_query(struct standby *standby, const struct query *native);
void standby_free(struct standby *standby);

#endif
