/* Values in a log: for each packet that has some, how far it is from the last such packet and how many they
 * are, as varints; then each value's slot and itself. Integers are varints (signed ones zigzag), doubles 8
 * bytes, addresses their bytes, text and bytes a length and themselves. Invariant: a type is written and read
 * by the same two switches below, and nothing else knows the form. */
#include "table/values.h"

#include "base/address.h"
#include "base/memory.h"

static size_t value_len(enum field_type type) { return type == FT_ETHER ? 6 : type == FT_IPv6 ? 16 : 0; }

static void value_put(struct log *log, struct log_pool *pool, enum field_type type, const struct value *v)
{
    switch (type) {
    case FT_INT8:
    case FT_INT16:
    case FT_INT24:
    case FT_INT32:
    case FT_INT64:
    case FT_RELATIVE_TIME:
    case FT_ABSOLUTE_TIME:
        log_put_varint(log, pool, log_zigzag(v->i));
        return;
    case FT_FLOAT:
    case FT_DOUBLE:
        log_put_bytes(log, pool, &v->f, sizeof v->f);
        return;
    case FT_ETHER:
    case FT_IPv6:
        log_put_bytes(log, pool, v->bytes, value_len(type));
        return;
    case FT_BYTES:
    case FT_STRING:
        log_put_varint(log, pool, v->len);
        log_put_bytes(log, pool, v->bytes, v->len);
        return;
    default:
        log_put_varint(log, pool, v->u);
    }
}

void values_put(struct log *log, struct log_pool *pool, uint32_t packet, const struct row *row,
                const enum field_type *types)
{
    if (!row->n_values)
        return;
    log_put_varint(log, pool, packet - log->n_payloads);
    log_put_varint(log, pool, row->n_values);
    for (const struct value *v = row->values; v < row->values + row->n_values; v++) {
        log_put_varint(log, pool, v->slot);
        value_put(log, pool, types[v->slot], v);
    }
    log->n_packets++;
    log->n_payloads = packet;
}

struct values_reader values_read(const struct log *log, const enum field_type *types)
{
    return (struct values_reader){.log = log_read(log, 0), .types = types};
}

static const uint8_t *values_bytes(struct values_reader *r, size_t n)
{
    r->scratch.len = 0;
    if (n > log_together(&r->log) && !buffer_room(&r->scratch, n)) {
        memory_ended(&r->memory);
        return NULL;
    }
    return log_get_bytes(&r->log, n, r->scratch.data);
}

static void value_get(struct values_reader *r, enum field_type type, struct value *v)
{
    switch (type) {
    case FT_INT8:
    case FT_INT16:
    case FT_INT24:
    case FT_INT32:
    case FT_INT64:
    case FT_RELATIVE_TIME:
    case FT_ABSOLUTE_TIME:
        v->i = log_unzigzag(log_get_varint(&r->log));
        return;
    case FT_FLOAT:
    case FT_DOUBLE: {
        uint8_t bytes[sizeof v->f];
        memcpy(&v->f, log_get_bytes(&r->log, sizeof v->f, bytes), sizeof v->f);
        return;
    }
    case FT_ETHER:
    case FT_IPv6:
        v->len = (uint32_t)value_len(type);
        v->bytes = values_bytes(r, v->len);
        return;
    case FT_BYTES:
    case FT_STRING:
        v->len = (uint32_t)log_get_varint(&r->log);
        v->bytes = values_bytes(r, v->len);
        return;
    default:
        v->u = log_get_varint(&r->log);
    }
}

bool values_next(struct values_reader *r, struct value *out)
{
    if (!r->n_left) {
        if (log_at_end(&r->log))
            return false;
        r->packet += (uint32_t)log_get_varint(&r->log);
        r->n_left = (uint32_t)log_get_varint(&r->log);
    }
    r->n_left--;
    out->slot = (uint16_t)log_get_varint(&r->log);
    value_get(r, r->types[out->slot], out);
    return !r->memory.ended;
}

void values_done(struct values_reader *r) { buffer_free(&r->scratch); }

static bool value_put_address(struct column *c, enum field_type type, const struct value *v)
{
    char text[ADDRESS_TEXT_CAP];
    size_t len = type == FT_IPv4   ? address_ipv4(text, (uint32_t)v->u)
                 : type == FT_IPv6 ? address_ipv6(text, v->bytes)
                                   : address_ether(text, v->bytes);
    return column_put_bytes(c, text, len);
}

static bool value_put_float(struct column *c, const struct value *v)
{
    float f = (float)v->f;
    uint32_t bits;
    memcpy(&bits, &f, sizeof bits);
    return column_put32(c, bits);
}

bool values_to_column(struct column *c, enum field_type type, const struct value *v)
{
    switch (type) {
    case FT_NONE:
    case FT_BOOLEAN:
        return column_put_bool(c, v->u != 0);
    case FT_IPv4:
    case FT_IPv6:
    case FT_ETHER:
        return value_put_address(c, type, v);
    case FT_STRING:
    case FT_BYTES:
        return column_put_bytes(c, v->bytes, v->len);
    case FT_FLOAT:
        return value_put_float(c, v);
    default:
        break;
    }
    switch (c->width) { /* the rest are 64 bits cut to the width of the type, doubles included */
    case 1:
        return column_put8(c, (uint8_t)v->u);
    case 2:
        return column_put16(c, (uint16_t)v->u);
    case 4:
        return column_put32(c, (uint32_t)v->u);
    default:
        return column_put64(c, v->u);
    }
}
