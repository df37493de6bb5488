/* Lists over the packets of a flow. The log is decoded once, in blocks that stay in the first cache; each
 * list that is wanted then takes what it needs of a block. Invariant: a list has room for the whole flow
 * before its first block is written. */
#include "table/sequences.h"

enum { BLOCK = 256 };

struct block {
    uint32_t n;
    bool timeless;                  /* some packet of the flow has no time */
    bool is_first;                  /* block of its flow */
    bool has_payload;               /* a packet before the one at hand has payload */
    unsigned extras;                /* bits of enum log_extra that the log has */
    int64_t before, payload_before; /* times of the packets before this block; of those with payload */
    int64_t time[BLOCK];
    int32_t ip[BLOCK], payload[BLOCK]; /* negative: server to client */
    int8_t direction[BLOCK];
    struct log_extras extra[BLOCK];
};

static int32_t signed_length(uint32_t len, bool forward)
{
    int32_t n = len > INT32_MAX ? INT32_MAX : (int32_t)len;
    return forward ? n : -n;
}

static bool read_block(struct block *b, struct log_reader *reader)
{
    struct log_packet packet;
    uint32_t n = 0;
    bool timeless = false;
    while (n < BLOCK && log_next_packet(reader, &packet)) {
        b->time[n] = packet.time_ns;
        b->ip[n] = signed_length(packet.ip_len, packet.forward);
        b->payload[n] = signed_length(packet.payload_len, packet.forward);
        b->direction[n] = packet.forward ? 1 : -1;
        if (b->extras)
            log_next_extras(reader, b->extras, &b->extra[n]);
        timeless |= packet.time_ns == LOG_NO_TIME;
        n++;
    }
    b->timeless |= timeless;
    b->n = n;
    return n != 0;
}

/* ---- one list each ---- */

static int32_t *end32(const struct column *item) { return (int32_t *)item->data.data + item->length; }
static int64_t *end64(const struct column *item) { return (int64_t *)item->data.data + item->length; }

static void put_ip_lengths(struct column *item, struct block *b)
{
    memcpy(end32(item), b->ip, b->n * sizeof *b->ip);
    item->length += b->n;
}

static void put_ip_times(struct column *item, struct block *b)
{
    memcpy(end64(item), b->time, b->n * sizeof *b->time);
    item->length += b->n;
}

/* A payload is written first and counted after, so that the loop does not branch: it needs room for one more.
 */
static void put_payload_lengths(struct column *item, struct block *b)
{
    int32_t *to = end32(item);
    for (uint32_t i = 0; i < b->n; i++) {
        *to = b->payload[i];
        to += b->payload[i] != 0;
    }
    item->length = to - (int32_t *)item->data.data;
}

static void put_payload_times(struct column *item, struct block *b)
{
    int64_t *to = end64(item);
    for (uint32_t i = 0; i < b->n; i++) {
        *to = b->time[i];
        to += b->payload[i] != 0;
    }
    item->length = to - (int64_t *)item->data.data;
}

/* The time since the packet before; 0 for a flow's first packet, which `before` is then equal to. */
static int64_t gap(int64_t time, int64_t before)
{
    return time == LOG_NO_TIME || before == LOG_NO_TIME ? LOG_NO_TIME
                                                        : (int64_t)((uint64_t)time - (uint64_t)before);
}

static void put_ip_gaps(struct column *item, struct block *b)
{
    int64_t *to = end64(item);
    int64_t before = b->is_first ? b->time[0] : b->before;
    for (uint32_t i = 0; i < b->n; i++) {
        to[i] = gap(b->time[i], before);
        before = b->time[i];
    }
    b->before = before;
    item->length += b->n;
}

static void put_payload_gaps(struct column *item, struct block *b)
{
    int64_t *to = end64(item);
    for (uint32_t i = 0; i < b->n; i++) {
        if (!b->payload[i])
            continue;
        *to++ = gap(b->time[i], b->has_payload ? b->payload_before : b->time[i]);
        b->payload_before = b->time[i];
        b->has_payload = true;
    }
    item->length = to - (int64_t *)item->data.data;
}

static void put_directions(struct column *item, struct block *b)
{
    memcpy(item->data.data + item->length, b->direction, b->n);
    item->length += b->n;
}

static void put_tcp_flags(struct column *item, struct block *b)
{
    uint16_t *to = (uint16_t *)item->data.data + item->length;
    for (uint32_t i = 0; i < b->n; i++)
        to[i] = (uint16_t)b->extra[i].tcp_flags;
    item->length += b->n;
}

static void put_frames(struct column *item, struct block *b)
{
    uint32_t *to = (uint32_t *)item->data.data + item->length;
    for (uint32_t i = 0; i < b->n; i++)
        to[i] = b->extra[i].frame;
    item->length += b->n;
}

static void put_frame_lengths(struct column *item, struct block *b)
{
    uint32_t *to = (uint32_t *)item->data.data + item->length;
    for (uint32_t i = 0; i < b->n; i++)
        to[i] = b->extra[i].frame_len;
    item->length += b->n;
}

static const struct sequence {
    enum flow_column column;
    bool payload;   /* over the packets with payload alone */
    bool timed;     /* its items are null where they are LOG_NO_TIME */
    unsigned extra; /* that it needs */
    void (*put)(struct column *item, struct block *block);
} sequences[] = {
    {FLOW_IP_LENGTHS, false, false, 0, put_ip_lengths},
    {FLOW_IP_TIMESTAMPS, false, true, 0, put_ip_times},
    {FLOW_PAYLOAD_LENGTHS, true, false, 0, put_payload_lengths},
    {FLOW_PAYLOAD_TIMESTAMPS, true, true, 0, put_payload_times},
    {FLOW_IP_GAPS, false, true, 0, put_ip_gaps},
    {FLOW_PAYLOAD_GAPS, true, true, 0, put_payload_gaps},
    {FLOW_DIRECTIONS, false, false, 0, put_directions},
    {FLOW_TCP_FLAGS, false, false, LOG_TCP_FLAGS, put_tcp_flags},
    {FLOW_FRAMES, false, false, LOG_FRAME, put_frames},
    {FLOW_FRAME_LENGTHS, false, false, LOG_FRAME_LENGTH, put_frame_lengths},
};
enum { N_SEQUENCES = sizeof sequences / sizeof *sequences };

/* ---- all of them ---- */

bool sequences_wanted(const struct wanted *wanted)
{
    for (size_t i = 0; i < N_SEQUENCES; i++)
        if (wanted_has(wanted, sequences[i].column))
            return true;
    return false;
}

unsigned sequences_extras(const struct wanted *wanted)
{
    unsigned extras = 0;
    for (size_t i = 0; i < N_SEQUENCES; i++)
        if (wanted_has(wanted, sequences[i].column))
            extras |= sequences[i].extra;
    return extras;
}

/* The lists that the table has; their number. False when memory ends. */
static bool take_lists(const struct columns *columns, const struct log *packets,
                       const struct sequence *lists[N_SEQUENCES], size_t *n)
{
    for (size_t i = 0; i < N_SEQUENCES; i++) {
        const struct sequence *s = &sequences[i];
        struct column *list = columns->base[s->column];
        if (!list)
            continue;
        if (packets &&
            !column_room(list->children, (s->payload ? packets->n_payloads : packets->n_packets) + 1))
            return false;
        lists[(*n)++] = s;
    }
    return true;
}

static bool null_times(struct column *item, int64_t from)
{
    int64_t *time = (int64_t *)item->data.data;
    for (int64_t i = from; i < item->length; i++) {
        if (time[i] != LOG_NO_TIME)
            continue;
        time[i] = 0;
        if (!column_set_null(item, i))
            return false;
    }
    return true;
}

static bool end_lists(const struct columns *columns, const struct sequence *const *lists, size_t n,
                      bool timeless, bool tcp)
{
    for (size_t i = 0; i < n; i++) {
        struct column *list = columns->base[lists[i]->column];
        if (timeless && lists[i]->timed && !null_times(list->children, column_list_start(list)))
            return false;
        bool none = lists[i]->column == FLOW_TCP_FLAGS && !tcp;
        if (none)
            list->children->length = column_list_start(list);
        if (none ? !column_put_null(list) : !column_put_list(list))
            return false;
    }
    return true;
}

bool sequences_put(struct columns *columns, const struct log *packets, bool tcp)
{
    const struct sequence *lists[N_SEQUENCES];
    struct block block;
    size_t n = 0;
    if (!take_lists(columns, packets, lists, &n))
        return false;
    if (!n)
        return true;
    block.timeless = block.has_payload = false;
    block.is_first = true;
    block.extras = columns->extras;
    struct log_reader reader = log_read(packets, columns->log_start_ns);
    while (read_block(&block, &reader)) {
        for (size_t i = 0; i < n; i++)
            lists[i]->put(columns->base[lists[i]->column]->children, &block);
        block.is_first = false;
    }
    columns->n_elements += packets ? packets->n_packets : 0;
    return end_lists(columns, lists, n, block.timeless, tcp);
}
