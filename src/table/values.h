/* Values of a packet: kept in a log until the flow's row is written, and put into columns. */
#ifndef FC_TABLE_VALUES_H
#define FC_TABLE_VALUES_H

#include "base/log.h"
#include "field/row.h"
#include "table/column.h"

/* Appends the row's values to a flow's log of values. packet is the index of the packet in the flow (its
 * n_packets before log_put_packet) and never goes down; types[slot] is the type of the wanted field `slot`.
 * An empty row costs nothing. When memory ends, pool->arena.memory is set and the log is not to be read. */
void values_put(struct log *log, struct log_pool *pool, uint32_t packet, const struct row *row,
                const enum field_type *types);

struct values_reader {
    struct log_reader log;
    const enum field_type *types;
    uint32_t packet;            /* of the value last read */
    uint32_t n_left;            /* values of this packet still to come */
    struct buffer scratch;      /* bytes that lie in two chunks */
    struct memory_state memory; /* set when there is none for `scratch` */
};
struct values_reader values_read(const struct log *log, const enum field_type *types);
/* Returns false at the end, or when memory ends. Bytes are valid until the next call. */
bool values_next(struct values_reader *reader, struct value *out);
void values_done(struct values_reader *reader);

/* Appends one value to a column of T; false when memory ends. */
FC_MUST_USE bool values_to_column(struct column *column, enum field_type type, const struct value *value);

#endif
