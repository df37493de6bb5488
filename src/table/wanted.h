/* What a table is asked to hold beside its fixed columns, and how large its batches get. */
#ifndef FC_TABLE_WANTED_H
#define FC_TABLE_WANTED_H

#include <flowcontainer.h>

#include "field/field.h"

struct wanted {
    const struct field *fields; /* the wanted fields, by slot: one column each, in this order */
    size_t n_fields;
    uint32_t batch_rows;     /* a batch is full with so many rows; 0: 65,536 */
    uint32_t batch_elements; /* or with so many list elements (packets of flows and values); 0: 2^20, at most
                                2^30 */
    enum fc_level level;     /* packets_new: FC_LEVEL_PACKETS or FC_LEVEL_FRAMES */
};

#endif
