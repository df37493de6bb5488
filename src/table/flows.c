/* The flow table. Invariant: between two calls every column has as many values as the table has rows. */
#include "table/flows.h"

#include "base/memory.h"
#include "table/flow_id.h"
#include "table/sequences.h"
#include "table/values.h"

enum { IP_TCP = 6 };

static bool init_features(struct flows *f, const struct wanted *wanted)
{
    size_t n = wanted->features ? wanted->features->n_chosen : 0;
    f->features = wanted->features;
    if (!n)
        return true;
    f->feature_columns = memory_zero(n, sizeof *f->feature_columns);
    f->feature_values = memory_zero(n, sizeof *f->feature_values);
    if (!f->feature_columns || !f->feature_values)
        return false;
    for (size_t i = 0; i < wanted->n_columns; i++) {
        const struct wanted_column *column = &wanted->columns[i];
        if (column->source != WANTED_FEATURE)
            continue;
        f->feature_columns[column->index] = &f->columns.root.children[i];
        column_init(&f->columns.root.children[i], column->name,
                    feature_at(wanted->features->chosen[column->index])->format);
        strcpy(f->columns.root.children[i].csv, "plain");
    }
    return true;
}

struct flows *flows_new(const struct wanted *wanted)
{
    struct flows *f = memory_zero(1, sizeof *f);
    if (f && !(columns_init(&f->columns, wanted) && init_features(f, wanted))) {
        flows_free(f);
        return NULL;
    }
    if (f)
        f->columns.extras = sequences_extras(wanted);
    return f;
}

void flows_free(struct flows *f)
{
    if (!f)
        return;
    columns_free(&f->columns);
    feature_scratch_free(&f->scratch);
    memory_free(f->feature_columns);
    memory_free(f->feature_values);
    memory_free(f);
}

static bool put_key(struct column *const *c, const struct flow_row *row)
{
    return (!c[FLOW_PROTOCOL] || column_put_word(c[FLOW_PROTOCOL], row->protocol)) &&
           (!c[FLOW_STREAM] || column_put32(c[FLOW_STREAM], row->stream)) &&
           (!c[FLOW_SRC] || columns_put_address(c[FLOW_SRC], &row->src)) &&
           (!c[FLOW_DST] || columns_put_address(c[FLOW_DST], &row->dst)) &&
           (!c[FLOW_SPORT] || column_put16(c[FLOW_SPORT], row->sport)) &&
           (!c[FLOW_DPORT] || column_put16(c[FLOW_DPORT], row->dport)) &&
           (!c[FLOW_CLIENT_BY] || column_put_word(c[FLOW_CLIENT_BY], row->client_by)) &&
           (!c[FLOW_OUTER_SRC] || columns_put_address(c[FLOW_OUTER_SRC], &row->outer_src)) &&
           (!c[FLOW_OUTER_DST] || columns_put_address(c[FLOW_OUTER_DST], &row->outer_dst));
}

static bool put_flow_id(struct column *c, const char *capture, const struct flow_key *key, int64_t start_ns)
{
    char text[FLOW_ID_LEN];
    bool known = start_ns != LOG_NO_TIME && flow_id(text, capture ? capture : "", key, start_ns);
    return known ? column_put_bytes(c, text, sizeof text) : column_put_null(c);
}

static bool put_community_id(struct column *c, const struct flow_key *key)
{
    char text[COMMUNITY_ID_CAP];
    size_t len = community_id(text, key);
    return len ? column_put_bytes(c, text, len) : column_put_null(c);
}

static bool put_ids(const struct columns *columns, const struct flow_row *row)
{
    struct column *const *c = columns->base;
    struct flow_key key = {row->src, row->dst, row->sport, row->dport, row->ip_protocol};
    return (!c[FLOW_FLOW_ID] || put_flow_id(c[FLOW_FLOW_ID], columns->capture, &key, row->start_ns)) &&
           (!c[FLOW_COMMUNITY_ID] || put_community_id(c[FLOW_COMMUNITY_ID], &key));
}

static bool put_duration(struct column *c, const struct flow_row *row)
{
    if (row->start_ns == LOG_NO_TIME)
        return column_put_null(c);
    return column_put64(c, (uint64_t)row->end_ns - (uint64_t)row->start_ns);
}

static bool put_times(struct column *const *c, const struct flow_row *row)
{
    return (!c[FLOW_TIME_START] || columns_put_time(c[FLOW_TIME_START], row->start_ns)) &&
           (!c[FLOW_TIME_END] || columns_put_time(c[FLOW_TIME_END], row->end_ns)) &&
           (!c[FLOW_DURATION] || put_duration(c[FLOW_DURATION], row)) &&
           (!c[FLOW_END] || column_put_word(c[FLOW_END], row->end));
}

static bool put_total(struct column *c, uint64_t total) { return !c || column_put64(c, total); }

static bool put_totals(struct column *const *c, const struct totals *t)
{
    return put_total(c[FLOW_PACKETS], (uint64_t)t[0].packets + t[1].packets) &&
           put_total(c[FLOW_BYTES], t[0].bytes + t[1].bytes) &&
           put_total(c[FLOW_PAYLOAD_PACKETS], (uint64_t)t[0].payload_packets + t[1].payload_packets) &&
           put_total(c[FLOW_PAYLOAD_BYTES], t[0].payload_bytes + t[1].payload_bytes) &&
           put_total(c[FLOW_FWD_PACKETS], t[0].packets) && put_total(c[FLOW_BWD_PACKETS], t[1].packets) &&
           put_total(c[FLOW_FWD_BYTES], t[0].bytes) && put_total(c[FLOW_BWD_BYTES], t[1].bytes) &&
           put_total(c[FLOW_FWD_PAYLOAD_PACKETS], t[0].payload_packets) &&
           put_total(c[FLOW_BWD_PAYLOAD_PACKETS], t[1].payload_packets) &&
           put_total(c[FLOW_FWD_PAYLOAD_BYTES], t[0].payload_bytes) &&
           put_total(c[FLOW_BWD_PAYLOAD_BYTES], t[1].payload_bytes);
}

static bool put_values(struct columns *columns, const struct log *log)
{
    struct values_reader reader = values_read(log, columns->types);
    struct value v = {0};
    bool ok = true;
    while (ok && values_next(&reader, &v))
        ok = columns_put_value(columns, reader.packet, &v);
    ok = ok && !reader.memory.ended;
    values_done(&reader);
    return ok;
}

static bool put_feature(struct column *c, const struct feature_value *value)
{
    if (value->is_null)
        return column_put_null(c);
    uint64_t bits = value->integer; /* of a double, too */
    return c->width == 4 ? column_put32(c, (uint32_t)bits) : column_put64(c, bits);
}

static bool put_features(struct flows *f, const struct flow_row *row)
{
    if (!f->feature_columns)
        return true;
    bool own = row->statistics_packets != NULL;
    struct packet_log log = {own ? row->statistics_packets : row->packets, own ? 0 : f->columns.extras,
                             f->columns.log_start_ns};
    bool ok = feature_put(f->features, row->statistics, &log, &f->scratch, f->feature_values);
    for (size_t i = 0; ok && i < f->features->n_chosen; i++)
        ok = put_feature(f->feature_columns[i], &f->feature_values[i]);
    return ok;
}

enum fc_status flows_add(struct flows *f, const struct flow_row *row)
{
    struct columns *columns = &f->columns;
    struct column *const *c = columns->base;
    bool ok = (!c[FLOW_CAPTURE] || columns_put_capture(columns, c[FLOW_CAPTURE])) && put_key(c, row) &&
              put_ids(columns, row) && put_times(c, row) && put_totals(c, row->totals) &&
              sequences_put(columns, row->packets, row->ip_protocol == IP_TCP) &&
              put_values(columns, row->values) && put_features(f, row) &&
              columns_put_pieces(columns, row->pieces) && columns_end_row(columns);
    return ok ? FC_OK : FC_MEMORY;
}
