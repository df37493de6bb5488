/* SPDX-License-Identifier: GPL-2.0-or-later
 * Gives the typed values of a dissected frame to the sink. Invariant: values are handed over while the tree
 * of the frame exists, and nothing of it is kept. */
#include "session.h"

static bool time_ns(const nstime_t *t, int64_t *out)
{
    int64_t ns;
    return !__builtin_mul_overflow((int64_t)t->secs, INT64_C(1000000000), &ns) &&
           !__builtin_add_overflow(ns, (int64_t)t->nsecs, out);
}

static void put_text(struct ws_sink *sink, uint32_t slot, field_info *fi, epan_dissect_t *edt)
{
    char *text = get_node_field_value(fi, edt);
    if (text)
        sink->value(sink, slot, 0, text, (uint32_t)strlen(text));
    g_free(text);
}

static void put_number(struct ws_sink *sink, uint32_t slot, enum wire_type type, field_info *fi)
{
    uint64_t bits = 0;
    int64_t ns;
    double f;
    switch (type) {
    case WIRE_NONE:
        bits = 1;
        break;
    case WIRE_INT8:
    case WIRE_INT16:
    case WIRE_INT24:
    case WIRE_INT32:
        bits = (uint64_t)(int64_t)fvalue_get_sinteger(VALUE(fi));
        break;
    case WIRE_FLOAT:
    case WIRE_DOUBLE:
        f = fvalue_get_floating(VALUE(fi));
        memcpy(&bits, &f, sizeof bits);
        break;
    case WIRE_ABSOLUTE_TIME:
    case WIRE_RELATIVE_TIME:
        if (!time_ns(fvalue_get_time(VALUE(fi)), &ns))
            return; /* outside the years 1677 to 2262: no value is better than a wrong one */
        bits = (uint64_t)ns;
        break;
    case WIRE_IPv4:
        bits = value_ipv4(fi);
        break;
    default:
        bits = fvalue_get_uinteger(VALUE(fi));
        break;
    }
    sink->value(sink, slot, bits, NULL, 0);
}

static void put_value(struct ws_sink *sink, uint32_t slot, field_info *fi, epan_dissect_t *edt)
{
    enum wire_type type = ws.fields[slot].type;
    enum ftenum ft =
        fi->hfinfo->type; /* a field may be narrower than the column, which all fields of its name share */
    const char *text;
    const void *bytes;
    uint32_t len;
    switch (type) {
    case WIRE_TEXT:
        put_text(sink, slot, fi, edt);
        return;
    case WIRE_STRING:
        text = fvalue_get_string(VALUE(fi));
        sink->value(sink, slot, 0, text, text ? (uint32_t)strlen(text) : 0);
        return;
    case WIRE_BYTES:
    case WIRE_ETHER:
        bytes = value_bytes(fi, &len);
        sink->value(sink, slot, 0, bytes, len);
        return;
    case WIRE_IPv6:
        sink->value(sink, slot, 0, value_ipv6(fi), 16);
        return;
    default:
        break;
    }
    if (ft == FT_BOOLEAN || (ft >= FT_UINT40 && ft <= FT_UINT64))
        sink->value(sink, slot,
                    ft == FT_BOOLEAN ? fvalue_get_uinteger64(VALUE(fi)) != 0
                                     : fvalue_get_uinteger64(VALUE(fi)),
                    NULL, 0);
    else if (ft >= FT_INT40 && ft <= FT_INT64)
        sink->value(sink, slot, (uint64_t)fvalue_get_sinteger64(VALUE(fi)), NULL, 0);
    else if (ft >= FT_INT8 && ft <= FT_INT32)
        put_number(sink, slot, WIRE_INT32, fi);
    else
        put_number(sink, slot, type, fi);
}

/* Parents before children, as tshark writes them. */
static void put_tree(struct ws_sink *sink, epan_dissect_t *edt)
{
    const proto_node *root = edt->tree;
    for (const proto_node *node = root->first_child; node; node = tree_next(root, node)) {
        field_info *fi = node->finfo;
        if (fi && fi->hfinfo->id < ws.n_slots && ws.slots[fi->hfinfo->id] >= 0)
            put_value(sink, (uint32_t)ws.slots[fi->hfinfo->id], fi, edt);
    }
}

static void put_columns(struct ws_sink *sink)
{
    for (int i = 0; i < ws.columns->num_cols; i++) {
        if (ws.column_slots[i] < 0)
            continue;
        const char *text = get_column_text(ws.columns, i);
        sink->value(sink, (uint32_t)ws.column_slots[i], 0, text, text ? (uint32_t)strlen(text) : 0);
    }
}

void put_values(struct ws_sink *sink, epan_dissect_t *edt)
{
    put_tree(sink, edt);
    if (ws.columns)
        put_columns(sink);
}
