/* The packet table. Invariant: between two calls every column has as many values as the table has rows. */
#include "table/packets.h"

#include "base/memory.h"

struct packets *packets_new(const struct wanted *wanted)
{
    struct packets *p = memory_zero(1, sizeof *p);
    if (!p || columns_init(&p->columns, wanted))
        return p;
    packets_free(p);
    return NULL;
}

void packets_free(struct packets *p)
{
    if (!p)
        return;
    columns_free(&p->columns);
    memory_free(p);
}

static bool put_unless(struct column *c, uint32_t value, bool null)
{
    return !c || (null ? column_put_null(c) : column_put32(c, value));
}

static bool put_port(struct column *c, uint16_t port, bool null)
{
    return !c || (null ? column_put_null(c) : column_put16(c, port));
}

static bool put_direction(struct column *c, int8_t direction)
{
    return !c || (direction ? column_put8(c, (uint8_t)direction) : column_put_null(c));
}

static bool put_flow(struct column *const *c, const struct packet_row *row)
{
    bool none = !row->protocol;
    return put_unless(c[PACKET_FLOW], row->flow, row->flow == PACKET_NO_FLOW) &&
           (!c[PACKET_PROTOCOL] || column_put_word(c[PACKET_PROTOCOL], row->protocol)) &&
           put_unless(c[PACKET_STREAM], row->stream, none) &&
           (!c[PACKET_SRC] || columns_put_address(c[PACKET_SRC], &row->src)) &&
           (!c[PACKET_DST] || columns_put_address(c[PACKET_DST], &row->dst)) &&
           put_port(c[PACKET_SPORT], row->sport, none) && put_port(c[PACKET_DPORT], row->dport, none) &&
           put_direction(c[PACKET_DIRECTION], row->direction);
}

static bool put_figures(struct column *const *c, const struct packet_row *row)
{
    return put_unless(c[PACKET_FRAME], row->frame, false) &&
           (!c[PACKET_TIME] || columns_put_time(c[PACKET_TIME], row->time_ns)) &&
           put_unless(c[PACKET_FRAME_LENGTH], row->frame_length, row->frame_length == PACKET_NO_LENGTH) &&
           put_unless(c[PACKET_IP_LENGTH], row->ip_length, row->ip_length == PACKET_NO_LENGTH) &&
           put_unless(c[PACKET_PAYLOAD_LENGTH], row->payload_length,
                      row->payload_length == PACKET_NO_LENGTH) &&
           (!c[PACKET_REASON] || column_put_word(c[PACKET_REASON], row->reason));
}

enum fc_status packets_add(struct packets *p, const struct packet_row *row, const struct row *values)
{
    struct columns *columns = &p->columns;
    struct column *const *c = columns->base;
    bool ok = (!c[PACKET_CAPTURE] || columns_put_capture(columns, c[PACKET_CAPTURE])) &&
              put_figures(c, row) && put_flow(c, row) && columns_put_pieces(columns, row->pieces);
    for (uint32_t i = 0; ok && values && i < values->n_values; i++)
        ok = columns_put_value(columns, 0, &values->values[i]);
    return ok && columns_end_row(columns) ? FC_OK : FC_MEMORY;
}
