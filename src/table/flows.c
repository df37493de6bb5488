/* The flow table. Invariant: between two calls every column has as many values as the table has rows.
 * The lists of lengths and times are written straight from the flow's log, which is the one copy between a
 * packet and its Arrow column; times of rows are those of the first and the last kept packet in capture
 * order, as the first and last of ip_timestamps. */
#include "table/flows.h"

#include "base/memory.h"
#include "table/columns.h"
#include "table/values.h"

enum {
    CAPTURE,
    PROTOCOL,
    STREAM,
    SRC,
    DST,
    SPORT,
    DPORT,
    CLIENT_BY,
    OUTER_SRC,
    OUTER_DST,
    TIME_START,
    TIME_END,
    END,
    IP_LENGTHS,
    IP_TIMESTAMPS,
    PAYLOAD_LENGTHS,
    PAYLOAD_TIMESTAMPS,
    N_FIXED
};

struct flows {
    struct column root; /* one child a column: the fixed ones, then one a field */
    struct columns columns;
};

static const char times[] = "tsn:UTC";

static bool flows_init_fixed(struct column *c)
{
    column_init(&c[STREAM], "stream", "I");
    column_init(&c[SRC], "src", "u");
    column_init(&c[DST], "dst", "u");
    column_init(&c[SPORT], "sport", "S");
    column_init(&c[DPORT], "dport", "S");
    column_init(&c[OUTER_SRC], "outer_src", "u");
    column_init(&c[OUTER_DST], "outer_dst", "u");
    column_init(&c[TIME_START], "time_start", times);
    column_init(&c[TIME_END], "time_end", times);
    return column_init_dictionary(&c[CAPTURE], "capture") &&
           column_init_dictionary(&c[PROTOCOL], "protocol") &&
           column_init_dictionary(&c[CLIENT_BY], "client_by") && column_init_dictionary(&c[END], "end") &&
           column_init_list(&c[IP_LENGTHS], "ip_lengths", "i") &&
           column_init_list(&c[IP_TIMESTAMPS], "ip_timestamps", times) &&
           column_init_list(&c[PAYLOAD_LENGTHS], "payload_lengths", "i") &&
           column_init_list(&c[PAYLOAD_TIMESTAMPS], "payload_timestamps", times);
}

struct flows *flows_new(const struct wanted *wanted)
{
    struct flows *f = memory_zero(1, sizeof *f);
    if (!f)
        return NULL;
    column_init(&f->root, "", "+s");
    struct column *c = columns_init(&f->columns, &f->root, wanted, N_FIXED);
    bool ok = c && flows_init_fixed(c);
    for (size_t i = 0; ok && i < wanted->n_fields; i++) {
        const struct field *field = &wanted->fields[i];
        ok = column_init_values(&c[N_FIXED + i], field->name, field_arrow_format(field->type));
    }
    if (ok)
        return f;
    flows_free(f);
    return NULL;
}

void flows_free(struct flows *f)
{
    if (!f)
        return;
    columns_free(&f->columns);
    column_free(&f->root);
    memory_free(f);
}

void flows_capture(struct flows *f, const char *name) { columns_capture(&f->columns, name); }

/* Where the packets of a row go. */
struct targets {
    int32_t *ip_lengths, *payload_lengths;
    int64_t *ip_times, *payload_times;
};

static bool flows_room(struct column *c, size_t packets, size_t payloads, struct targets *out)
{
    struct column *ip = c[IP_LENGTHS].children, *ip_times = c[IP_TIMESTAMPS].children;
    struct column *payload = c[PAYLOAD_LENGTHS].children, *payload_times = c[PAYLOAD_TIMESTAMPS].children;
    if (!column_room(ip, packets) || !column_room(ip_times, packets) || !column_room(payload, payloads) ||
        !column_room(payload_times, payloads))
        return false;
    *out = (struct targets){.ip_lengths = (int32_t *)ip->data.data + ip->length,
                            .ip_times = (int64_t *)ip_times->data.data + ip_times->length,
                            .payload_lengths = (int32_t *)payload->data.data + payload->length,
                            .payload_times = (int64_t *)payload_times->data.data + payload_times->length};
    return true;
}

static int32_t signed_length(uint32_t len, bool negative)
{
    int32_t n = len > INT32_MAX ? INT32_MAX : (int32_t)len;
    return negative ? -n : n;
}

/* Copies the packets; true in *timeless when some have no time. Payloads are written first and counted after,
 * so the loop does not branch on them: they need room for one more, and so have all: an empty flow then needs
 * no care. */
static void flows_copy(const struct flow_row *row, struct targets to, bool *timeless)
{
    struct log_reader reader = log_read(row->packets);
    struct log_packet packet;
    bool any_timeless = false;
    while (log_next_packet(&reader, &packet)) {
        bool back = packet.forward == row->flip;
        *to.ip_lengths++ = signed_length(packet.ip_len, back);
        *to.ip_times++ = packet.time_ns;
        *to.payload_lengths = signed_length(packet.payload_len, back);
        *to.payload_times = packet.time_ns;
        to.payload_lengths += packet.payload_len != 0;
        to.payload_times += packet.payload_len != 0;
        any_timeless |= packet.time_ns == LOG_NO_TIME;
    }
    *timeless = any_timeless;
}

static bool flows_null_times(struct column *times_column, int64_t n)
{
    int64_t *time = (int64_t *)times_column->data.data;
    for (int64_t i = times_column->length - n; i < times_column->length; i++) {
        if (time[i] != LOG_NO_TIME)
            continue;
        time[i] = 0;
        if (!column_set_null(times_column, i))
            return false;
    }
    return true;
}

static bool put_time(struct column *c, int64_t time_ns)
{
    return time_ns == LOG_NO_TIME ? column_put_null(c) : column_put64(c, (uint64_t)time_ns);
}

static bool flows_put_packets(struct column *c, const struct flow_row *row)
{
    uint32_t n = row->packets->n_packets, n_payloads = row->packets->n_payloads;
    struct targets to;
    bool timeless;
    if (!flows_room(c, (size_t)n + 1, (size_t)n_payloads + 1, &to))
        return false;
    flows_copy(row, to, &timeless);
    c[IP_LENGTHS].children->length += n;
    c[IP_TIMESTAMPS].children->length += n;
    c[PAYLOAD_LENGTHS].children->length += n_payloads;
    c[PAYLOAD_TIMESTAMPS].children->length += n_payloads;
    if (!put_time(&c[TIME_START], n ? to.ip_times[0] : LOG_NO_TIME) ||
        !put_time(&c[TIME_END], n ? to.ip_times[n - 1] : LOG_NO_TIME))
        return false;
    if (timeless && (!flows_null_times(c[IP_TIMESTAMPS].children, n) ||
                     !flows_null_times(c[PAYLOAD_TIMESTAMPS].children, n_payloads)))
        return false;
    return column_put_list(&c[IP_LENGTHS]) && column_put_list(&c[IP_TIMESTAMPS]) &&
           column_put_list(&c[PAYLOAD_LENGTHS]) && column_put_list(&c[PAYLOAD_TIMESTAMPS]);
}

static bool flows_put_value(struct columns *columns, struct column *list, uint32_t packet,
                            const struct value *v)
{
    struct column *pair = list->children;
    columns_count(columns, v);
    pair->length++;
    return column_put32(&pair->children[0], packet) &&
           values_to_column(&pair->children[1], columns->types[v->slot], v);
}

static bool flows_put_values(struct flows *f, const struct log *log)
{
    struct column *lists = f->root.children + N_FIXED;
    struct values_reader reader = values_read(log, f->columns.types);
    struct value v = {0};
    bool ok = true;
    while (ok && values_next(&reader, &v))
        ok = flows_put_value(&f->columns, &lists[v.slot], reader.packet, &v);
    ok = ok && !reader.out_of_memory;
    values_done(&reader);
    for (size_t i = 0; ok && i < f->columns.n_fields; i++)
        ok = column_put_list(&lists[i]);
    return ok;
}

static bool flows_put_key(struct column *c, const struct flow_row *row)
{
    return column_put_word(&c[PROTOCOL], row->protocol) && column_put32(&c[STREAM], row->stream) &&
           columns_put_address(&c[SRC], &row->src) && columns_put_address(&c[DST], &row->dst) &&
           column_put16(&c[SPORT], row->sport) && column_put16(&c[DPORT], row->dport) &&
           column_put_word(&c[CLIENT_BY], row->client_by) &&
           columns_put_address(&c[OUTER_SRC], &row->outer_src) &&
           columns_put_address(&c[OUTER_DST], &row->outer_dst) && column_put_word(&c[END], row->end);
}

enum fc_status flows_add(struct flows *f, const struct flow_row *row)
{
    struct column *c = f->root.children;
    if (!columns_put_capture(&f->columns, &c[CAPTURE]) || !flows_put_key(c, row) ||
        !flows_put_packets(c, row) || !flows_put_values(f, row->values))
        return FC_MEMORY;
    f->columns.n_elements += row->packets->n_packets;
    f->root.length++;
    return FC_OK;
}

enum fc_status flows_expect(struct flows *f, size_t rows, size_t packets, size_t payloads)
{
    static const uint8_t fixed[] = {CAPTURE,   PROTOCOL,   STREAM,   SPORT, DPORT,
                                    CLIENT_BY, TIME_START, TIME_END, END};
    struct column *c = f->root.children;
    struct targets to;
    rows = rows < f->columns.batch_rows ? rows : f->columns.batch_rows;
    packets = packets < f->columns.batch_elements ? packets : f->columns.batch_elements;
    payloads = payloads < packets ? payloads : packets;
    for (size_t i = 0; i < sizeof fixed; i++)
        if (!column_room(&c[fixed[i]], rows))
            return FC_MEMORY;
    return flows_room(c, packets + 1, payloads + 1, &to) ? FC_OK : FC_MEMORY;
}

uint32_t flows_rows(const struct flows *f) { return (uint32_t)f->root.length; }

bool flows_full(const struct flows *f) { return columns_full(&f->columns, f->root.length); }

enum fc_status flows_finish(struct flows *f, struct ArrowArray *out)
{
    columns_restart(&f->columns);
    return column_finish(&f->root, out) ? FC_OK : FC_MEMORY;
}

enum fc_status flows_schema(const struct flows *f, struct ArrowSchema *out)
{
    return column_schema(&f->root, out) ? FC_OK : FC_MEMORY;
}
