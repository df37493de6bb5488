/* The packet table. Invariant: between two calls every column has as many values as the table has rows. */
#include "table/packets.h"

#include "base/memory.h"
#include "table/columns.h"
#include "table/values.h"

enum {
    CAPTURE,
    FRAME,
    TIME,
    FLOW,
    PROTOCOL,
    STREAM,
    SRC,
    DST,
    SPORT,
    DPORT,
    DIRECTION,
    FRAME_LENGTH,
    IP_LENGTH,
    PAYLOAD_LENGTH,
    REASON,
    N_FIXED
};

struct packets {
    struct column root;
    struct columns columns;
    uint32_t n_fixed; /* without REASON unless frames are listed */
    bool *single;     /* by slot: the column holds T, not list<T> */
};

static bool packets_init_fixed(struct column *c, bool frames)
{
    column_init(&c[FRAME], "frame", "I");
    column_init(&c[TIME], "time", "tsn:UTC");
    column_init(&c[FLOW], "flow", "I");
    column_init(&c[STREAM], "stream", "I");
    column_init(&c[SRC], "src", "u");
    column_init(&c[DST], "dst", "u");
    column_init(&c[SPORT], "sport", "S");
    column_init(&c[DPORT], "dport", "S");
    column_init(&c[DIRECTION], "direction", "c");
    column_init(&c[FRAME_LENGTH], "frame_length", "I");
    column_init(&c[IP_LENGTH], "ip_length", "I");
    column_init(&c[PAYLOAD_LENGTH], "payload_length", "I");
    return column_init_dictionary(&c[CAPTURE], "capture") &&
           column_init_dictionary(&c[PROTOCOL], "protocol") &&
           (!frames || column_init_dictionary(&c[REASON], "reason"));
}

static bool packets_init(struct packets *p, const struct wanted *wanted)
{
    bool frames = wanted->level == FC_LEVEL_FRAMES;
    p->n_fixed = frames ? N_FIXED : REASON;
    struct column *c = columns_init(&p->columns, &p->root, wanted, p->n_fixed);
    p->single = memory_zero(wanted->n_fields, sizeof *p->single);
    bool ok = c && p->single && packets_init_fixed(c, frames);
    for (size_t i = 0; ok && i < wanted->n_fields; i++) {
        const struct field *field = &wanted->fields[i];
        struct column *column = &c[p->n_fixed + i];
        p->single[i] = field->single;
        if (field->single)
            column_init(column, field->name, field_arrow_format(field->type));
        else
            ok = column_init_list(column, field->name, field_arrow_format(field->type));
    }
    return ok;
}

struct packets *packets_new(const struct wanted *wanted)
{
    struct packets *p = memory_zero(1, sizeof *p);
    if (!p)
        return NULL;
    column_init(&p->root, "", "+s");
    if (packets_init(p, wanted))
        return p;
    packets_free(p);
    return NULL;
}

void packets_free(struct packets *p)
{
    if (!p)
        return;
    columns_free(&p->columns);
    column_free(&p->root);
    memory_free(p->single);
    memory_free(p);
}

void packets_capture(struct packets *p, const char *name) { columns_capture(&p->columns, name); }

static bool put_unless(struct column *c, uint32_t value, bool null)
{
    return null ? column_put_null(c) : column_put32(c, value);
}

static bool packets_put_ports(struct column *c, const struct packet_row *row)
{
    if (!row->protocol)
        return column_put_null(&c[SPORT]) && column_put_null(&c[DPORT]);
    return column_put16(&c[SPORT], row->sport) && column_put16(&c[DPORT], row->dport);
}

static bool packets_put_flow(struct column *c, const struct packet_row *row)
{
    return put_unless(&c[FLOW], row->flow, row->flow == PACKET_NO_FLOW) &&
           column_put_word(&c[PROTOCOL], row->protocol) &&
           put_unless(&c[STREAM], row->stream, !row->protocol) && columns_put_address(&c[SRC], &row->src) &&
           columns_put_address(&c[DST], &row->dst) && packets_put_ports(c, row) &&
           (row->direction ? column_put8(&c[DIRECTION], (uint8_t)row->direction)
                           : column_put_null(&c[DIRECTION]));
}

static bool packets_put_figures(struct column *c, const struct packet_row *row)
{
    bool timeless = row->time_ns == LOG_NO_TIME;
    return column_put32(&c[FRAME], row->frame) &&
           (timeless ? column_put_null(&c[TIME]) : column_put64(&c[TIME], (uint64_t)row->time_ns)) &&
           put_unless(&c[FRAME_LENGTH], row->frame_length, row->frame_length == PACKET_NO_LENGTH) &&
           put_unless(&c[IP_LENGTH], row->ip_length, row->ip_length == PACKET_NO_LENGTH) &&
           put_unless(&c[PAYLOAD_LENGTH], row->payload_length, row->payload_length == PACKET_NO_LENGTH);
}

/* A single field keeps its first value; that it has no second one is the field table's promise. */
static bool packets_put_values(struct packets *p, const struct row *row)
{
    struct column *fields = p->root.children + p->n_fixed;
    bool ok = true;
    for (uint32_t i = 0; ok && row && i < row->n_values; i++) {
        const struct value *v = &row->values[i];
        struct column *c = &fields[v->slot];
        if (p->single[v->slot] && c->length > p->root.length)
            continue;
        ok = values_to_column(p->single[v->slot] ? c : c->children, p->columns.types[v->slot], v);
        columns_count(&p->columns, v);
    }
    for (size_t i = 0; ok && i < p->columns.n_fields; i++) {
        if (!p->single[i])
            ok = column_put_list(&fields[i]);
        else if (fields[i].length == p->root.length)
            ok = column_put_null(&fields[i]);
    }
    return ok;
}

enum fc_status packets_add(struct packets *p, const struct packet_row *row, const struct row *values)
{
    struct column *c = p->root.children;
    if (!columns_put_capture(&p->columns, &c[CAPTURE]) || !packets_put_figures(c, row) ||
        !packets_put_flow(c, row) || !packets_put_values(p, values))
        return FC_MEMORY;
    if (p->n_fixed > REASON && !column_put_word(&c[REASON], row->reason))
        return FC_MEMORY;
    p->root.length++;
    return FC_OK;
}

uint32_t packets_rows(const struct packets *p) { return (uint32_t)p->root.length; }

bool packets_full(const struct packets *p) { return columns_full(&p->columns, p->root.length); }

enum fc_status packets_finish(struct packets *p, struct ArrowArray *out)
{
    columns_restart(&p->columns);
    return column_finish(&p->root, out) ? FC_OK : FC_MEMORY;
}

enum fc_status packets_schema(const struct packets *p, struct ArrowSchema *out)
{
    return column_schema(&p->root, out) ? FC_OK : FC_MEMORY;
}
