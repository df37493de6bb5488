/* The columns of CICFlowMeter: 84 of the classic program, 94 of the corrected one. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/address.h"
#include "sets/cic.h"

struct spec {
    const char *name;
    const char *classic, *corrected; /* Arrow formats; NULL: the program has no such column */
    const char *unit, *description;
};

#define BOTH(name, format, unit, description) {name, format, format, unit, description}
#define LATER(name, format, unit, description) {name, NULL, format, unit, description}
#define FOUR(name, unit, of)                                                                                 \
    BOTH(name " Max", "g", unit, "largest " of), BOTH(name " Min", "g", unit, "least " of),                  \
        BOTH(name " Mean", "g", unit, "mean of " of),                                                        \
        BOTH(name " Std", "g", unit, "deviation (n - 1) of " of)
#define TAIL(name, of)                                                                                       \
    BOTH(name " Mean", "g", "us", "mean of " of), BOTH(name " Std", "g", "us", "deviation (n - 1) of " of),  \
        BOTH(name " Max", "g", "us", "largest " of), BOTH(name " Min", "g", "us", "least " of)
#define BULK(name, of)                                                                                       \
    {name " Bytes/Bulk Avg", "l", "g", "bytes", "bytes of a bulk transfer " of},                             \
        {name " Packet/Bulk Avg", "l", "g", "packets", "packets of a bulk transfer " of},                    \
    {                                                                                                        \
        name " Bulk Rate Avg", "l", "g", "bytes/s", "rate of the bulk transfers " of                         \
    }
#define SUBFLOW(name, unit, of)                                                                              \
    {"Subflow " name, "l", "g", unit, of " by the number of pauses of more than 1 s"}

static const struct spec SPECS[] = {
    BOTH("Flow ID", "u", "", "source, destination, their ports and the protocol of the flow's first packet"),
    BOTH("Src IP", "u", "", "source address"),
    BOTH("Src Port", "l", "", "source port; 0 without TCP and UDP"),
    BOTH("Dst IP", "u", "", "destination address"),
    BOTH("Dst Port", "l", "", "destination port; 0 without TCP and UDP"),
    BOTH("Protocol", "l", "", "6, 17, or 0 for others; corrected also 1, 2 and 132"),
    BOTH("Timestamp", "u", "", "time of the first packet, UTC"),
    BOTH("Flow Duration", "l", "us", "last packet minus first packet"),
    BOTH("Total Fwd Packet", "l", "packets", "forward packets"),
    BOTH("Total Bwd packets", "l", "packets", "backward packets"),
    BOTH("Total Length of Fwd Packet", "g", "bytes", "captured payload of forward packets"),
    BOTH("Total Length of Bwd Packet", "g", "bytes", "captured payload of backward packets"),
    FOUR("Fwd Packet Length", "bytes", "payload of forward packets"),
    FOUR("Bwd Packet Length", "bytes", "payload of backward packets"),
    BOTH("Flow Bytes/s", "g", "bytes/s", "payload by duration"),
    BOTH("Flow Packets/s", "g", "packets/s", "packets by duration"),
    TAIL("Flow IAT", "gaps between packets"),
    BOTH("Fwd IAT Total", "g", "us", "sum of gaps between forward packets"),
    TAIL("Fwd IAT", "gaps between forward packets"),
    BOTH("Bwd IAT Total", "g", "us", "sum of gaps between backward packets"),
    TAIL("Bwd IAT", "gaps between backward packets"),
    BOTH("Fwd PSH Flags", "l", "packets", "forward packets with PSH; classic: of the first packet alone"),
    BOTH("Bwd PSH Flags", "l", "packets", "backward packets with PSH; classic: always 0"),
    BOTH("Fwd URG Flags", "l", "packets", "forward packets with URG; classic: of the first packet alone"),
    BOTH("Bwd URG Flags", "l", "packets", "backward packets with URG; classic: always 0"),
    LATER("Fwd RST Flags", "l", "packets", "forward packets with RST"),
    LATER("Bwd RST Flags", "l", "packets", "backward packets with RST"),
    BOTH("Fwd Header Length", "l", "bytes", "sum of forward TCP and UDP header lengths, without IP"),
    BOTH("Bwd Header Length", "l", "bytes", "sum of backward TCP and UDP header lengths, without IP"),
    BOTH("Fwd Packets/s", "g", "packets/s", "forward packets by duration; 0 where it is 0"),
    BOTH("Bwd Packets/s", "g", "packets/s", "backward packets by duration; 0 where it is 0"),
    BOTH("Packet Length Min", "g", "bytes", "least payload"),
    BOTH("Packet Length Max", "g", "bytes", "largest payload"),
    BOTH("Packet Length Mean", "g", "bytes", "mean payload; classic: the first packet counts twice"),
    BOTH("Packet Length Std", "g", "bytes",
         "deviation (n - 1) of the payload; classic: the first packet counts twice"),
    BOTH("Packet Length Variance", "g", "",
         "variance (n - 1) of the payload; classic: the first packet counts twice"),
    BOTH("FIN Flag Count", "l", "packets", "packets with FIN"),
    BOTH("SYN Flag Count", "l", "packets", "packets with SYN"),
    BOTH("RST Flag Count", "l", "packets", "packets with RST"),
    BOTH("PSH Flag Count", "l", "packets", "packets with PSH"),
    BOTH("ACK Flag Count", "l", "packets", "packets with ACK"),
    BOTH("URG Flag Count", "l", "packets", "packets with URG"),
    BOTH("CWR Flag Count", "l", "packets", "packets with CWR"),
    BOTH("ECE Flag Count", "l", "packets", "packets with ECE"),
    BOTH("Down/Up Ratio", "g", "", "backward by forward packets; classic: without its fraction"),
    BOTH("Average Packet Size", "g", "bytes",
         "payload by packets; classic: the first payload is in it twice"),
    BOTH("Fwd Segment Size Avg", "g", "bytes", "mean payload of forward packets"),
    BOTH("Bwd Segment Size Avg", "g", "bytes", "mean payload of backward packets"),
    BULK("Fwd", "forward; classic: always 0"),
    BULK("Bwd", "backward; classic: of both directions"),
    SUBFLOW("Fwd Packets", "packets", "forward packets"),
    SUBFLOW("Fwd Bytes", "bytes", "forward payload"),
    SUBFLOW("Bwd Packets", "packets", "backward packets"),
    SUBFLOW("Bwd Bytes", "bytes", "backward payload"),
    BOTH("FWD Init Win Bytes", "l", "", "window of the first packet, not scaled"),
    BOTH("Bwd Init Win Bytes", "l", "",
         "first backward window that is not 0; classic: the last backward window"),
    BOTH("Fwd Act Data Pkts", "l", "packets",
         "forward packets with payload; classic: without the first packet"),
    LATER("Bwd Act Data Pkts", "l", "packets", "backward packets with payload"),
    BOTH("Fwd Seg Size Min", "l", "bytes", "least forward header length"),
    LATER("Bwd Seg Size Min", "l", "bytes", "least backward header length; as published 0 in most flows"),
    TAIL("Active", "active periods, but for the last one"),
    TAIL("Idle", "pauses of more than 5 s"),
    LATER("ICMP Code", "l", "", "code of the first packet; -1 where it is not ICMP"),
    LATER("ICMP Type", "l", "", "type of the first packet; -1 where it is not ICMP"),
    LATER("Fwd TCP Retrans. Count", "l", "packets", "forward segments that were seen before"),
    LATER("Bwd TCP Retrans. Count", "l", "packets", "backward segments that were seen before"),
    LATER("Total TCP Retrans. Count", "l", "packets", "segments that were seen before"),
    LATER("Total Connection Flow Time", "l", "us", "time of the connection through all its flows"),
    BOTH("Label", "u", "", "NeedManualLabel"),
};

/* Ratios that keep their fractions are reals in both programs. */
static const char *format_of(const struct spec *s, unsigned rules)
{
    bool is_real = s->classic && !(rules & CIC_WHOLE_RATIOS);
    return rules & CIC_IS_CORRECTED || is_real ? s->corrected : s->classic;
}

size_t cic_columns(struct set_column columns[CIC_MOST_COLUMNS], unsigned rules)
{
    size_t n = 0;
    for (size_t i = 0; i < sizeof SPECS / sizeof SPECS[0]; i++) {
        const struct spec *s = &SPECS[i];
        const char *format = format_of(s, rules);
        if (format)
            columns[n++] = (struct set_column){s->name, format, s->description, s->unit, 0};
    }
    return n;
}

struct row {
    struct set_value values[CIC_MOST_COLUMNS];
    size_t n;
    const struct cic *cic;
    const struct cic_flow *flow;
    char id[96], src[ADDRESS_TEXT_CAP], dst[ADDRESS_TEXT_CAP], time[64];
};

static bool has(const struct row *r, enum cic_rule rule) { return r->cic->rules & rule; }
static void put(struct row *r, struct set_value v) { r->values[r->n++] = v; }
static void integer(struct row *r, int64_t v) { put(r, set_integer(v)); }
static void real(struct row *r, double v) { put(r, set_real(v)); }
static void undefined(struct row *r, size_t n, int64_t filling)
{
    for (size_t i = 0; i < n; i++)
        put(r, set_undefined(filling));
}

/* The same where the original writes the 0 of an undefined value as 0.0. */
static void undefined_real(struct row *r, size_t n)
{
    for (size_t i = 0; i < n; i++)
        put(r, (struct set_value){.kind = SET_REAL, .undefined = true});
}

/* Years, months and days of the Gregorian calendar of a count of days since 1970-01-01. */
static void date_of(int64_t days, int64_t *year, int *month, int *day)
{
    int64_t shifted = days + 719468, era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int64_t of_era = shifted - era * 146097;
    int64_t years = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * years + years / 4 - years / 100), month0 = (5 * of_year + 2) / 153;
    *day = (int)(of_year - (153 * month0 + 2) / 5 + 1);
    *month = (int)(month0 < 10 ? month0 + 3 : month0 - 9);
    *year = years + era * 400 + (*month <= 2);
}

/* Classic: dd/MM/yyyy hh:mm:ss a. Corrected: YYYY-MM-DD HH:MM:SS and as many of 0, 3 or 6 decimals as it has.
 */
static size_t time_text(char out[64], int64_t us, bool corrected)
{
    int64_t fraction = us % 1000000, seconds = us / 1000000;
    if (fraction < 0) {
        fraction += 1000000;
        seconds--;
    }
    int64_t days = seconds / 86400 - (seconds % 86400 < 0), year;
    int month, day, of_day = (int)(seconds - days * 86400), hour = of_day / 3600;
    int minute = of_day / 60 % 60, second = of_day % 60;
    date_of(days, &year, &month, &day);
    if (!corrected)
        return (size_t)snprintf(out, 64, "%02d/%02d/%04lld %02d:%02d:%02d %s", day, month, (long long)year,
                                hour % 12 ? hour % 12 : 12, minute, second, hour < 12 ? "AM" : "PM");
    int n = snprintf(out, 64, "%04lld-%02d-%02d %02d:%02d:%02d", (long long)year, month, day, hour, minute,
                     second);
    if (fraction % 1000)
        n += snprintf(out + n, 64 - (size_t)n, ".%06d", (int)fraction);
    else if (fraction)
        n += snprintf(out + n, 64 - (size_t)n, ".%03d", (int)(fraction / 1000));
    return (size_t)n;
}

static void put_ends(struct row *r)
{
    const struct cic_flow *f = r->flow;
    size_t n = address_ipv4(r->id, f->id.src);
    r->id[n++] = '-';
    n += address_ipv4(r->id + n, f->id.dst);
    n += (size_t)snprintf(r->id + n, sizeof r->id - n, "-%d-%d-%d", f->id.sport, f->id.dport, f->protocol);
    put(r, set_text(r->id, n));
    put(r, set_text(r->src, address_ipv4(r->src, f->ends.src)));
    integer(r, f->ends.sport);
    put(r, set_text(r->dst, address_ipv4(r->dst, f->ends.dst)));
    integer(r, f->ends.dport);
    integer(r, f->protocol);
    put(r, set_text(r->time, time_text(r->time, f->start, has(r, CIC_IS_CORRECTED))));
}

static void put_lengths(struct row *r, const struct cic_moments *m)
{
    if (!m->n) {
        undefined(r, 4, 0);
        return;
    }
    real(r, m->max);
    real(r, m->min);
    real(r, m->mean);
    real(r, cic_deviation(m));
}

/* Mean, deviation, largest, least. */
static void put_tail(struct row *r, const struct cic_moments *m)
{
    if (!m->n) {
        undefined(r, 4, 0);
        return;
    }
    real(r, m->mean);
    real(r, cic_deviation(m));
    real(r, m->max);
    real(r, m->min);
}

static void put_gaps(struct row *r, const struct cic_side *s)
{
    if (s->lengths.n <= 1) {
        undefined(r, 5, 0);
        return;
    }
    real(r, s->gaps.sum);
    put_tail(r, &s->gaps);
}

static void put_rate(struct row *r, int64_t count, int64_t duration)
{
    if (duration) {
        real(r, (double)count / ((double)duration / 1000000.0));
    } else if (has(r, CIC_IS_CORRECTED)) {
        undefined(r, 1, -1);
    } else {
        real(r, count ? INFINITY : NAN);
        r->values[r->n - 1].undefined = true;
    }
}

/* Of one direction: 0 where the duration is not positive. */
static void put_side_rate(struct row *r, int64_t count, int64_t duration)
{
    if (duration > 0)
        put_rate(r, count, duration);
    else
        undefined_real(r, 1);
}

static void undefined_ratio(struct row *r)
{
    if (has(r, CIC_WHOLE_RATIOS))
        undefined(r, 1, 0);
    else
        undefined_real(r, 1);
}

/* count / divisor, in the classic program without the fraction; 0 where the divisor is 0. */
static void put_ratio(struct row *r, int64_t count, int64_t divisor)
{
    if (!divisor)
        undefined_ratio(r);
    else if (has(r, CIC_WHOLE_RATIOS))
        integer(r, count / divisor);
    else
        real(r, (double)count / (double)divisor);
}

static void put_bulk(struct row *r, const struct cic_bulk *b)
{
    put_ratio(r, b->size, b->states);
    put_ratio(r, b->packets, b->states);
    if (!b->duration) {
        undefined_ratio(r);
        return;
    }
    double rate = (double)b->size / ((double)b->duration / 1000000.0);
    if (has(r, CIC_WHOLE_RATIOS))
        integer(r, (int64_t)rate);
    else
        real(r, rate);
}

static void put_times(struct row *r, int64_t duration)
{
    const struct cic_side *fwd = &r->flow->side[0], *bwd = &r->flow->side[1];
    put_rate(r, fwd->bytes + bwd->bytes, duration);
    put_rate(r, cic_packets(r->flow), duration);
    if (r->flow->gaps.n)
        put_tail(r, &r->flow->gaps);
    else
        undefined_real(r, 4);
    put_gaps(r, fwd);
    put_gaps(r, bwd);
    integer(r, fwd->psh);
    integer(r, bwd->psh);
    integer(r, fwd->urg);
    integer(r, bwd->urg);
    if (has(r, CIC_IS_CORRECTED)) {
        integer(r, fwd->rst);
        integer(r, bwd->rst);
    }
    integer(r, fwd->header);
    integer(r, bwd->header);
    put_side_rate(r, fwd->lengths.n, duration);
    put_side_rate(r, bwd->lengths.n, duration);
}

static void put_packets(struct row *r)
{
    const struct cic_flow *f = r->flow;
    static const uint8_t order[] = {0, 1, 2, 3, 4, 5, 7, 6}; /* CWR before ECE */
    real(r, f->lengths.min);
    real(r, f->lengths.max);
    real(r, f->lengths.mean);
    real(r, cic_deviation(&f->lengths));
    real(r, cic_variance(&f->lengths));
    for (size_t i = 0; i < sizeof order; i++)
        integer(r, f->flags[order[i]]);
    if (!f->side[0].lengths.n)
        undefined_real(r, 1);
    else if (has(r, CIC_WHOLE_RATIOS))
        real(r, (double)(f->side[1].lengths.n / f->side[0].lengths.n));
    else
        real(r, (double)f->side[1].lengths.n / (double)f->side[0].lengths.n);
    real(r, f->lengths.sum / (double)cic_packets(f));
    for (int i = 0; i < 2; i++) {
        const struct cic_moments *m = &f->side[i].lengths;
        put(r, set_real(m->n ? m->sum / (double)m->n : 0.0));
        r->values[r->n - 1].undefined = !m->n;
    }
}

static void put_sizes(struct row *r)
{
    const struct cic_flow *f = r->flow;
    const struct cic_side *fwd = &f->side[0], *bwd = &f->side[1];
    put_bulk(r, &fwd->bulk);
    put_bulk(r, &bwd->bulk);
    put_ratio(r, fwd->lengths.n, f->subflows);
    put_ratio(r, fwd->bytes, f->subflows);
    put_ratio(r, bwd->lengths.n, f->subflows);
    put_ratio(r, bwd->bytes, f->subflows);
    integer(r, fwd->window);
    integer(r, bwd->window);
    integer(r, fwd->data_packets);
    if (has(r, CIC_IS_CORRECTED))
        integer(r, bwd->data_packets);
    integer(r, fwd->least_header);
    if (has(r, CIC_IS_CORRECTED))
        integer(r, bwd->least_header);
}

static void put_connection(struct row *r)
{
    const struct cic_flow *f = r->flow;
    integer(r, f->icmp_code);
    r->values[r->n - 1].undefined = f->icmp_code < 0;
    integer(r, f->icmp_type);
    r->values[r->n - 1].undefined = f->icmp_type < 0;
    integer(r, f->side[0].retransmissions);
    integer(r, f->side[1].retransmissions);
    integer(r, f->side[0].retransmissions + f->side[1].retransmissions);
    integer(r, f->cumulative);
}

bool cic_row(const struct cic *cic, const struct cic_flow *f, const struct set_sink *sink)
{
    struct row r = {.cic = cic, .flow = f};
    int64_t duration = f->last - f->start;
    put_ends(&r);
    integer(&r, duration);
    integer(&r, f->side[0].lengths.n);
    integer(&r, f->side[1].lengths.n);
    real(&r, f->side[0].lengths.sum);
    real(&r, f->side[1].lengths.sum);
    put_lengths(&r, &f->side[0].lengths);
    put_lengths(&r, &f->side[1].lengths);
    put_times(&r, duration);
    put_packets(&r);
    put_sizes(&r);
    put_tail(&r, &f->active);
    put_tail(&r, &f->idle);
    if (has(&r, CIC_IS_CORRECTED))
        put_connection(&r);
    put(&r, set_text("NeedManualLabel", 15));
    return sink->row(sink->to, r.values);
}
