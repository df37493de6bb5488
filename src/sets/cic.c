/* CICFlowMeter's two flow tables: which packet belongs to which flow, and when a flow ends. */
#include "sets/cic.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/time.h"
#include "sets/csv.h"
#include "sets/families.h"

enum { TCP = 6, UDP = 17, IS_ICMP = 1 };
#define TIMEOUT_US INT64_C(120000000) /* since the flow's start */

static enum fc_status cic_open(struct set **out, const struct set_options *options, bool corrected,
                               const struct set_family *family, struct fc_error *err)
{
    struct cic *cic = memory_zero(1, sizeof *cic);
    *out = NULL;
    if (!cic || !set_table_init(&cic->flows, sizeof(struct cic_key), sizeof(struct cic_flow))) {
        memory_free(cic);
        return error_memory(err);
    }
    unsigned faults = corrected ? CIC_ZERO_SEGMENT
                                : CIC_FIRST_TWICE | CIC_FIRST_FLAGS | CIC_LAST_WINDOW | CIC_FIRST_NO_DATA |
                                      CIC_ONE_BULK | CIC_WHOLE_RATIOS;
    cic->rules = corrected ? CIC_IS_CORRECTED : CIC_NO_EXCHANGE;
    if (options->faults == FC_FAULTS_AS_PUBLISHED)
        cic->rules |= faults;
    cic->phantoms = !options->no_phantoms;
    hash_key_make(&cic->seen_key);
    cic->set.family = family;
    cic->set.n_columns = cic_columns(cic->columns, cic->rules);
    cic->set.columns = cic->columns;
    *out = &cic->set;
    return FC_OK;
}

static void drop(struct cic *cic, struct cic_flow *f)
{
    memory_free(f->seen.slots);
    set_table_remove(&cic->flows, f);
}

static struct cic_flow *add(struct cic *cic, const struct cic_key *key, const struct cic_ends *id)
{
    struct cic_flow *f = set_table_add(&cic->flows, key);
    if (f)
        f->id = *id;
    return f;
}

/* A flow without forerunner. ends: where they are not those of the packet. */
static bool begin(struct cic *cic, const struct cic_key *key, const struct cic_packet *p,
                  const struct cic_ends *id, const struct cic_ends *ends)
{
    struct cic_flow *f = add(cic, key, id);
    return f && cic_flow_begin(cic, f, p, ends, (struct cic_seen){0});
}

/* The first matching rule for a packet of an open flow. */
static bool classic_step(struct cic *cic, struct cic_flow *f, const struct cic_packet *p,
                         const struct set_sink *sink)
{
    if (time_diff(p->time_us, f->start) > TIMEOUT_US) {
        struct cic_key key = f->key;
        struct cic_ends id = f->id, ends = f->ends;
        bool good = cic_packets(f) <= 1 || cic_row(cic, f, sink);
        drop(cic, f);
        return good && begin(cic, &key, p, &id, &ends);
    }
    bool from_source = f->ends.src == p->src, fin = p->flags & CIC_FIN;
    if (fin && from_source && ++f->originator_fins > 1) {
        cic->set.left_out++; /* later FINs of the source are not counted */
        return true;
    }
    bool ends = fin ? !from_source : (p->flags & CIC_RST) != 0;
    if (!ends)
        cic_flow_activity(f, p->time_us);
    if (!cic_flow_add(cic, f, p))
        return false;
    if (!ends)
        return true;
    bool good = cic_row(cic, f, sink);
    drop(cic, f);
    return good;
}

static bool is_syn_ack(const struct cic_packet *p)
{
    return (p->flags & (CIC_SYN | CIC_ACK)) == (CIC_SYN | CIC_ACK);
}

/* A flow that begins with a SYN-ACK has lost its SYN: its ends are exchanged. */
static bool begin_exchanged(struct cic *cic, const struct cic_key *key, const struct cic_packet *p,
                            const struct cic_ends *id)
{
    struct cic_ends turned = {p->dst, p->src, p->dport, p->sport};
    return begin(cic, key, p, id, is_syn_ack(p) ? &turned : NULL);
}

static bool print_ended(struct cic *cic, struct cic_flow *f, const struct set_sink *sink)
{
    if (f->protocol == TCP || f->protocol == UDP)
        f->cumulative += f->last - f->start;
    return cic_row(cic, f, sink);
}

static bool corrected_end(struct cic *cic, struct cic_flow *f, const struct cic_packet *p, bool reopened,
                          const struct set_sink *sink)
{
    bool good = print_ended(cic, f, sink);
    struct cic_key key = f->key;
    struct cic_ends id = f->id, ends = f->ends;
    bool is_new = reopened || (f->protocol == UDP && time_diff(p->time_us, f->last) > TIMEOUT_US) ||
                  (p->protocol != TCP && p->protocol != UDP);
    int64_t cumulative = f->cumulative + time_diff(p->time_us, f->last);
    struct cic_seen seen = is_new ? (struct cic_seen){0} : f->seen;
    if (!is_new)
        f->seen.slots = NULL; /* the flow that continues it has them now */
    drop(cic, f);
    if (good && is_new)
        return begin_exchanged(cic, &key, p, &id);
    f = good ? add(cic, &key, &id) : NULL;
    if (!f) {
        memory_free(seen.slots);
        return false;
    }
    good = cic_flow_begin(cic, f, p, &ends, seen);
    f->cumulative = cumulative;
    return good;
}

static void corrected_state(struct cic_flow *f, unsigned flags)
{
    if (flags & CIC_FIN) {
        if (f->state == CIC_OPEN)
            f->state = CIC_FIN_ONE;
        else if (f->state == CIC_FIN_ONE && f->side[0].fin > 0 && f->side[1].fin > 0)
            f->state = CIC_FIN_BOTH;
    } else if (flags & CIC_RST || (flags & CIC_ACK && f->state == CIC_FIN_BOTH)) {
        f->state = CIC_READY;
    }
}

static bool corrected_step(struct cic *cic, struct cic_flow *f, const struct cic_packet *p,
                           const struct set_sink *sink)
{
    bool reopened = f->state == CIC_READY && p->flags & CIC_SYN;
    if (time_diff(p->time_us, f->start) > TIMEOUT_US || reopened)
        return corrected_end(cic, f, p, reopened, sink);
    bool other_icmp = f->protocol == IS_ICMP && f->icmp_code != p->icmp_code && f->icmp_type != p->icmp_type;
    if (other_icmp && !(p->flags & (CIC_FIN | CIC_RST | CIC_ACK))) {
        struct cic_key key = f->key;
        struct cic_ends id = f->id;
        bool good = cic_row(cic, f, sink);
        drop(cic, f);
        return good && begin(cic, &key, p, &id, NULL);
    }
    cic_flow_activity(f, p->time_us);
    bool good = cic_flow_add(cic, f, p);
    corrected_state(f, p->flags);
    return good;
}

static bool cic_packet(struct set *set, const struct set_view *view, const struct set_sink *sink)
{
    struct cic *cic = (struct cic *)set;
    bool corrected = cic->rules & CIC_IS_CORRECTED;
    struct cic_packet p;
    if (!cic_decode(&p, view, corrected, cic->phantoms)) {
        set->left_out++;
        return true;
    }
    bool up = p.src < p.dst || (p.src == p.dst && p.sport <= p.dport);
    struct cic_key key = up ? (struct cic_key){p.src, p.dst, p.sport, p.dport, p.protocol}
                            : (struct cic_key){p.dst, p.src, p.dport, p.sport, p.protocol};
    struct cic_flow *f = set_table_find(&cic->flows, &key);
    if (f)
        return corrected ? corrected_step(cic, f, &p, sink) : classic_step(cic, f, &p, sink);
    struct cic_ends id = {p.src, p.dst, p.sport, p.dport}, turned = {p.dst, p.src, p.dport, p.sport};
    if (corrected)
        return begin_exchanged(cic, &key, &p, is_syn_ack(&p) ? &turned : &id);
    return begin(cic, &key, &p, &id, NULL);
}

/* The flows that are still open, in the order in which they began. */
static bool cic_finish(struct set *set, const struct set_sink *sink)
{
    struct cic *cic = (struct cic *)set;
    bool corrected = cic->rules & CIC_IS_CORRECTED, good = true;
    while (cic->flows.first) {
        struct cic_flow *f = (struct cic_flow *)cic->flows.first;
        if (good && corrected)
            good = print_ended(cic, f, sink);
        else if (good && cic_packets(f) > 1)
            good = cic_row(cic, f, sink);
        drop(cic, f);
    }
    return good;
}

static void cic_close(struct set *set)
{
    struct cic *cic = (struct cic *)set;
    if (!cic)
        return;
    while (cic->flows.first)
        drop(cic, (struct cic_flow *)cic->flows.first);
    set_table_free(&cic->flows);
    memory_free(cic);
}

static const struct set_csv csv = {.separator = ',', .null = "", .real = set_number_java};
enum { USES = SET_USES_FAULTS | SET_USES_PHANTOMS | SET_USES_NAMES };

static enum fc_status classic_open(struct set **out, const struct set_options *options, struct fc_error *err)
{
    return cic_open(out, options, false, &set_cic_classic, err);
}

static enum fc_status corrected_open(struct set **out, const struct set_options *options,
                                     struct fc_error *err)
{
    return cic_open(out, options, true, &set_cic_corrected, err);
}

const struct set_family set_cic_classic = {
    .name = "cic-classic",
    .description = "CICFlowMeter, ahlashkari 98a5eba",
    .row = "flow",
    .uses = USES,
    .faults = set_faults_cic_classic,
    .n_faults = SET_FAULTS_CIC_CLASSIC,
    .open = classic_open,
    .packet = cic_packet,
    .finish = cic_finish,
    .close = cic_close,
    .csv = &csv,
};

const struct set_family set_cic_corrected = {
    .name = "cic-corrected",
    .description = "CICFlowMeter, corrected by Engelen and others, GintsEngelen 4dd5319",
    .row = "flow",
    .uses = USES,
    .faults = set_faults_cic_corrected,
    .n_faults = SET_FAULTS_CIC_CORRECTED,
    .open = corrected_open,
    .packet = cic_packet,
    .finish = cic_finish,
    .close = cic_close,
    .csv = &csv,
};
