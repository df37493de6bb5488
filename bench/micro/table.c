/* The time and memory of a packet on its way through the log of its flow and into Arrow columns.
 *
 * cc -O2 -D_GNU_SOURCE -Iinclude -Isrc bench/micro/table.c build/libflowcontainer.a -o table && ./table
 *
 * There are 1.5 million packets in 50,000 flows, interleaved as in a capture of many users. The flows get
 * random places, so that appending misses the cache as it does there. Each figure is the best of 7 rounds, in
 * processor time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "field/row.h"
#include "table/flows.h"
#include "table/packets.h"
#include "table/values.h"

enum { FLOWS = 50000, PACKETS = 1500000, ROUNDS = 7 };

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static uint32_t seed = 1;
static uint32_t any(uint32_t n)
{
    seed = seed * 1664525 + 1013904223;
    return (uint32_t)((uint64_t)seed * n >> 32);
}

static struct plan {
    uint32_t flow, ip_len, payload_len;
    int64_t time_ns;
    bool forward;
} *plan;

/* Bursts of a few packets of one flow, with sizes as in web traffic: acknowledgements, full segments, some
 * between. */
static void make_plan(void)
{
    int64_t time = 1700000000000000000;
    plan = malloc(PACKETS * sizeof *plan);
    for (uint32_t i = 0; i < PACKETS;) {
        uint32_t flow = any(FLOWS), burst = 1 + any(8);
        for (uint32_t j = 0; j < burst && i < PACKETS; j++, i++) {
            uint32_t kind = any(10), payload = kind < 4 ? 0 : kind < 8 ? 1448 : 1 + any(1400);
            time += 200 + any(2000);
            plan[i] = (struct plan){flow, 52 + payload, payload, time, any(2)};
        }
    }
}

static struct log *logs, *values;
static struct log_pool pool;

static double append(void)
{
    double start = now_ns();
    for (uint32_t i = 0; i < PACKETS; i++) {
        const struct plan *p = &plan[i];
        log_put_packet(&logs[p->flow], &pool, p->time_ns, p->forward, p->ip_len, p->payload_len);
    }
    return now_ns() - start;
}

static int64_t batches, batch_bytes;

static void hand_out(struct flows *flows)
{
    struct ArrowArray array;
    if (flows_finish(flows, &array))
        abort();
    batches++;
    batch_bytes += array.length;
    array.release(&array);
}

static double convert(const struct wanted *wanted)
{
    struct flow_row row = {.protocol = "tcp",
                           .client_by = "syn",
                           .end = "capture",
                           .sport = 50000,
                           .dport = 443,
                           .src = {4, {10, 1, 2, 3}},
                           .dst = {4, {142, 250, 185, 78}}};
    double start = now_ns();
    struct flows *flows = flows_new(wanted);
    if (!flows)
        abort();
    flows_capture(flows, "bench.pcap");
    if (flows_expect(flows, FLOWS, PACKETS, PACKETS))
        abort();
    for (uint32_t i = 0; i < FLOWS; i++) {
        if (!logs[i].n_packets)
            continue;
        row.stream = i;
        row.packets = &logs[i];
        row.values = &values[i];
        if (flows_add(flows, &row))
            abort();
        if (flows_full(flows))
            hand_out(flows);
    }
    hand_out(flows);
    flows_free(flows);
    return now_ns() - start;
}

static double put_values(struct row *row, const struct wanted *wanted, const enum field_type *types)
{
    double start = now_ns();
    static uint32_t counts[FLOWS];
    memset(counts, 0, sizeof counts);
    for (uint32_t i = 0; i < PACKETS; i++) {
        row_reset(row);
        for (size_t f = 0; f < wanted->n_fields; f++)
            put_uint(row, wanted->fields[f], i >> f & 0xff);
        values_put(&values[plan[i].flow], &pool, counts[plan[i].flow]++, row, types);
    }
    return now_ns() - start;
}

static double packets(const struct wanted *wanted)
{
    struct packet_row row = {.protocol = "tcp",
                             .sport = 50000,
                             .dport = 443,
                             .direction = 1,
                             .src = {4, {10, 1, 2, 3}},
                             .dst = {4, {142, 250, 185, 78}}};
    double start = now_ns();
    struct packets *table = packets_new(wanted);
    if (!table)
        abort();
    packets_capture(table, "bench.pcap");
    for (uint32_t i = 0; i < PACKETS; i++) {
        row.frame = i + 1;
        row.time_ns = plan[i].time_ns;
        row.flow = row.stream = plan[i].flow;
        row.ip_length = plan[i].ip_len;
        if (packets_add(table, &row, NULL))
            abort();
        if (packets_full(table) || i == PACKETS - 1) {
            struct ArrowArray array;
            if (packets_finish(table, &array))
                abort();
            array.release(&array);
        }
    }
    packets_free(table);
    return now_ns() - start;
}

static void keep_least(double *least, double t)
{
    if (*least <= 0 || t < *least)
        *least = t;
}

int main(void)
{
    struct wanted plain = {0}, fields = {0};
    enum field_id ids[2] = {field_find("ip.ttl"), field_find("tcp.window_size_value")};
    struct field picked[2];
    enum field_type types[2];
    int16_t slot_of[F_COUNT];
    struct row row = {.slot_of = slot_of};
    double t_append = 0, t_convert = 0, t_values = 0, t_both = 0, t_packets = 0;
    size_t bytes = 0;

    memset(slot_of, 0xff, sizeof slot_of);
    for (int16_t f = 0; f < 2; f++) {
        picked[f] = field_table[ids[f]];
        types[f] = picked[f].type;
        slot_of[ids[f]] = f;
    }
    fields.fields = picked;
    fields.n_fields = 2;
    logs = calloc(FLOWS, sizeof *logs);
    values = calloc(FLOWS, sizeof *values);
    make_plan();
    for (int round = 0; round < ROUNDS; round++) {
        memset(logs, 0, FLOWS * sizeof *logs);
        memset(values, 0, FLOWS * sizeof *values);
        log_pool_reset(&pool);
        keep_least(&t_append, append());
        bytes = 0;
        for (uint32_t i = 0; i < FLOWS; i++)
            bytes += logs[i].held;
        keep_least(&t_convert, convert(&plain));
        keep_least(&t_values, put_values(&row, &fields, types));
        keep_least(&t_both, convert(&fields));
        keep_least(&t_packets, packets(&plain));
    }
    printf("append to logs        %6.1f ns a packet, %.1f bytes (with unused tails)\n", t_append / PACKETS,
           (double)bytes / PACKETS);
    printf("flows into Arrow      %6.1f ns a packet, %.1f ms in all\n", t_convert / PACKETS, t_convert / 1e6);
    printf("two values to a log   %6.1f ns a packet\n", t_values / PACKETS);
    printf("flows with two fields %6.1f ns a packet, %.1f ms in all\n", t_both / PACKETS, t_both / 1e6);
    printf("packets into Arrow    %6.1f ns a packet\n", t_packets / PACKETS);
    row_free(&row);
    log_pool_free(&pool);
    free(logs);
    free(values);
    free(plan);
    return 0;
}
