/* Looks up what the options name. Only one engine is at hand, so what the native one does not know is an error that
 * says so; it is never answered approximately. */
#include "run/plan.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

enum { ALL_PROTOCOLS = FC_TCP | FC_UDP | FC_SCTP | FC_ICMP | FC_ICMP6 | FC_GRE | FC_ESP,
       DEFAULT_BATCH_ROWS = 65536, MAX_BATCH_ROWS = 1 << 24 };

void fc_options_init(struct fc_options *options)
{
    *options = (struct fc_options){.level = FC_LEVEL_FLOWS,
                                   .style = FC_STYLE_CLEAN,
                                   .drop = FC_DROP_DEFAULT,
                                   .protocols = FC_TCP | FC_UDP,
                                   .policy = FC_POLICY_STREAM,
                                   .idle_ns = 120 * INT64_C(1000000000),
                                   .active_ns = 1800 * INT64_C(1000000000),
                                   .tunnel = FC_TUNNEL_INNER,
                                   .jobs = 1,
                                   .batch_rows = DEFAULT_BATCH_ROWS};
}

struct word {
    const char *text;
    uint32_t bits;
};

static enum fc_status parse_words(uint32_t *out, const char *text, const struct word *words, size_t n_words,
                                  const char *what, struct fc_error *err)
{
    uint32_t bits = 0;
    for (const char *p = text; *p;) {
        size_t n = strcspn(p, ", ");
        size_t i = 0;
        while (n && i < n_words && (strlen(words[i].text) != n || memcmp(words[i].text, p, n)))
            i++;
        if (i == n_words)
            return error_set(err, FC_USAGE, p - text, "unknown %s \"%.*s\"", what, (int)n, p);
        if (n)
            bits |= words[i].bits;
        p += n + (p[n] != 0);
    }
    *out = bits;
    return FC_OK;
}

enum fc_status fc_drop_parse(uint32_t *out, const char *text, struct fc_error *err)
{
    static const struct word words[] = {
        {"retransmission", FC_DROP_RETRANSMISSION}, {"out_of_order", FC_DROP_OUT_OF_ORDER},
        {"mdns", FC_DROP_MDNS},                     {"ssdp", FC_DROP_SSDP},
        {"icmp", FC_DROP_ICMP},                     {"default", FC_DROP_DEFAULT},
        {"none", 0},
    };
    return parse_words(out, text, words, sizeof words / sizeof *words, "clean-up rule", err);
}

enum fc_status fc_protocols_parse(uint32_t *out, const char *text, struct fc_error *err)
{
    static const struct word words[] = {
        {"tcp", FC_TCP},      {"udp", FC_UDP}, {"sctp", FC_SCTP}, {"icmp", FC_ICMP},
        {"icmpv6", FC_ICMP6}, {"gre", FC_GRE}, {"esp", FC_ESP},
    };
    return parse_words(out, text, words, sizeof words / sizeof *words, "protocol", err);
}

static enum fc_status unknown_field(const char *name, struct fc_error *err)
{
    const char *near[3];
    size_t n = field_nearest(near, 3, name);
    char hint[256] = "";
    size_t used = 0;
    for (size_t i = 0; i < n && used < sizeof hint; i++)
        used += (size_t)snprintf(hint + used, sizeof hint - used, "%s%s", i ? ", " : "; near it: ", near[i]);
    return error_set(err, FC_FIELD, -1,
                     "field \"%s\" is not answered: this version knows header fields of frame, eth, vlan, ip, "
                     "ipv6, tcp and udp (docs/fields.md)%s",
                     name, hint);
}

static enum fc_status look_up_fields(struct query *q, struct fc_error *err)
{
    const struct fc_options *o = &q->options;
    memset(q->slot_of, 0xff, sizeof q->slot_of);
    if (o->n_fields > INT16_MAX)
        return error_set(err, FC_USAGE, -1, "too many fields");
    q->fields = memory_alloc(o->n_fields * sizeof *q->fields);
    if (!q->fields)
        return error_memory(err);
    for (size_t i = 0; i < o->n_fields; i++) {
        enum field_id id = field_find(o->fields[i]);
        if (id == F_COUNT)
            return unknown_field(o->fields[i], err);
        if (q->slot_of[id] >= 0)
            return error_set(err, FC_USAGE, -1, "field \"%s\" is asked for twice", o->fields[i]);
        q->slot_of[id] = (int16_t)i;
        q->fields[q->n_fields++] = id;
    }
    return FC_OK;
}

static enum fc_status check_filter(const char *filter, struct fc_error *err)
{
    size_t blank = filter ? strspn(filter, " \t\r\n") : 0;
    if (!filter || !filter[blank])
        return FC_OK;
    return error_set(err, FC_FILTER, (int64_t)blank,
                     "display filters are not answered by this version: \"%s\"",
                     filter);
}

static enum fc_status check_options(struct fc_options *o, struct fc_error *err)
{
    if (o->level > FC_LEVEL_FRAMES || o->style > FC_STYLE_CLASSIC || o->policy > FC_POLICY_TIMEOUT ||
        o->tunnel > FC_TUNNEL_OUTER)
        return error_set(err, FC_USAGE, -1, "an option has a value that does not exist");
    if (!o->protocols || (o->protocols & ~(uint32_t)ALL_PROTOCOLS))
        return error_set(err, FC_USAGE, -1, "no such protocols");
    if (o->drop & ~(uint32_t)FC_DROP_DEFAULT)
        return error_set(err, FC_USAGE, -1, "no such clean-up rules");
    if (o->policy == FC_POLICY_TIMEOUT && (o->idle_ns <= 0 || o->active_ns <= 0))
        return error_set(err, FC_USAGE, -1, "time-outs must be longer than zero");
    if (!o->batch_rows)
        o->batch_rows = DEFAULT_BATCH_ROWS;
    if (o->batch_rows > MAX_BATCH_ROWS)
        return error_set(err, FC_USAGE, -1, "a batch has at most %d rows", MAX_BATCH_ROWS);
    if (o->protocols & (FC_ICMP | FC_ICMP6)) /* whoever asks for ICMP flows does not want them dropped */
        o->drop &= ~(uint32_t)FC_DROP_ICMP;
    return FC_OK;
}

enum fc_status plan_make(struct query *out, const struct fc_options *options, struct fc_error *err)
{
    *out = (struct query){.options = *options};
    enum fc_status status = check_options(&out->options, err);
    if (!status)
        status = check_filter(options->filter, err);
    if (!status)
        status = look_up_fields(out, err);
    out->options.fields = NULL;
    out->options.filter = NULL;
    if (status)
        plan_free(out);
    return status;
}

void plan_free(struct query *q)
{
    memory_free(q->fields);
    q->fields = NULL;
    q->n_fields = 0;
}

void plan_explain(char *out, size_t cap, const struct query *q)
{
    if (q->n_fields)
        snprintf(out, cap, "native engine: it answers all %zu fields, and there is no filter", q->n_fields);
    else
        snprintf(out, cap, "native engine: no fields and no filter are asked for");
}
