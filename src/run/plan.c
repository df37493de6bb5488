/* Looks up what the options name, and chooses the engine: native where it answers every field and there is no
 * filter, else libwireshark. What the chosen one does not know is an error that says so; it is never answered
 * approximately. */
#include "run/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "engine/worker.h"

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

/* "; near it: ip.ttl, ..." or nothing. */
static void near_names(char *out, size_t cap, const char *name)
{
    const char *near[3];
    size_t n = field_nearest(near, 3, name), used = 0;
    *out = 0;
    for (size_t i = 0; i < n && used < cap; i++)
        used += (size_t)snprintf(out + used, cap - used, "%s%s", i ? ", " : "; near it: ", near[i]);
}

static enum fc_status unknown_field(const char *name, struct fc_error *err)
{
    char hint[256];
    near_names(hint, sizeof hint, name);
    return error_set(err, FC_FIELD, -1,
                     "field \"%s\" is not answered by the native engine, which knows header fields of frame, eth, "
                     "vlan, ip, ipv6, tcp and udp, and those of TLS and certificates (docs/fields.md)%s",
                     name, hint);
}

/* ---- native ---- */

static enum fc_status native_fields(struct query *q, const char *const *names, struct fc_error *err)
{
    for (size_t i = 0; i < q->n_fields; i++) {
        enum field_id id = field_find(names[i]);
        if (id == F_COUNT)
            return unknown_field(names[i], err);
        q->slot_of[id] = (int16_t)i;
        q->fields[i] = field_table[id];
    }
    return FC_OK;
}

static enum fc_status no_filter(const char *filter, struct fc_error *err)
{
    return error_set(err, FC_FILTER, (int64_t)strspn(filter, " \t\r\n"),
                     "display filters are not answered by the native engine, which was asked for: \"%s\"",
                     filter);
}

/* ---- libwireshark ---- */

static enum fc_status keep_names(struct query *q, const char *const *names, struct fc_error *err)
{
    q->names = memory_zero(q->n_fields, sizeof *q->names);
    for (size_t i = 0; q->names && i < q->n_fields; i++)
        if (!(q->names[i] = memory_text(names[i])))
            return error_memory(err);
    return q->names ? FC_OK : error_memory(err);
}

/* Adds what helps: the native engine's table is the only list of names at hand here. */
static enum fc_status worker_refusal(const struct query *q, enum fc_status status, struct fc_error *err)
{
    char hint[256] = "", text[1024];
    for (size_t i = 0; err && status == FC_FIELD && i < q->n_fields; i++)
        if (strstr(err->text, q->names[i]) && field_find(q->names[i]) == F_COUNT)
            near_names(hint, sizeof hint, q->names[i]);
    if (!err || !*hint)
        return status;
    snprintf(text, sizeof text, "%.700s%s", err->text, hint);
    return error_set(err, status, err->offset, "%s", text);
}

static enum fc_status wireshark_fields(struct query *q, const char *const *names, const char *filter,
                                       struct fc_error *err)
{
    enum fc_status status = keep_names(q, names, err);
    if (!status && (status = worker_start(&q->worker, err))) {
        char missing[1024], hint[256] = "";
        for (size_t i = 0; !*hint && i < q->n_fields; i++)
            if (field_find(names[i]) == F_COUNT)
                near_names(hint, sizeof hint, names[i]);
        snprintf(missing, sizeof missing, "%s%s, and %.600s", q->reason, hint, err ? err->text : "");
        return error_set(err, status, -1, "%s", missing);
    }
    if (!status)
        status = worker_query(q->worker, filter ? filter : "", (const char *const *)q->names, q->n_fields,
                              q->fields, err);
    return status ? worker_refusal(q, status, err) : FC_OK;
}

/* ---- the choice ---- */

static enum fc_status engine_asked(enum fc_engine *out, enum fc_engine option, struct fc_error *err)
{
    static const struct word words[] = {
        {"auto", FC_ENGINE_AUTO}, {"native", FC_ENGINE_NATIVE}, {"wireshark", FC_ENGINE_WIRESHARK}};
    const char *named = option == FC_ENGINE_AUTO ? getenv("FLOWCONTAINER_ENGINE") : NULL;
    *out = option;
    if (!named || !*named)
        return FC_OK;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strcmp(words[i].text, named)) {
            *out = (enum fc_engine)words[i].bits;
            return FC_OK;
        }
    return error_set(err, FC_USAGE, -1, "FLOWCONTAINER_ENGINE is one of auto, native, wireshark, not \"%s\"",
                     named);
}

/* Whether the query has to go to libwireshark, and why. */
static bool needs_wireshark(struct query *q, const char *const *names, enum fc_engine engine)
{
    if (engine == FC_ENGINE_WIRESHARK) {
        q->reason = "it was asked for";
        return true;
    }
    for (size_t i = 0; i < q->n_fields; i++)
        if (field_find(names[i]) == F_COUNT) {
            snprintf(q->why_text, sizeof q->why_text, "field \"%.100s\" is none of the native engine's",
                     names[i]);
            q->reason = q->why_text;
            return true;
        }
    if (q->has_filter)
        q->reason = "display filters are not answered natively";
    return q->has_filter;
}

static enum fc_status check_names(const struct fc_options *o, struct fc_error *err)
{
    if (o->n_fields > INT16_MAX)
        return error_set(err, FC_USAGE, -1, "too many fields");
    for (size_t i = 0; i < o->n_fields; i++)
        for (size_t j = 0; j < i; j++)
            if (!strcmp(o->fields[i], o->fields[j]))
                return error_set(err, FC_USAGE, -1, "field \"%s\" is asked for twice", o->fields[i]);
    return FC_OK;
}

static enum fc_status look_up(struct query *q, const struct fc_options *o, struct fc_error *err)
{
    enum fc_engine engine = FC_ENGINE_AUTO;
    enum fc_status status = check_names(o, err);
    if (!status)
        status = engine_asked(&engine, o->engine, err);
    if (status)
        return status;
    memset(q->slot_of, 0xff, sizeof q->slot_of);
    q->n_fields = o->n_fields;
    q->fields = memory_zero(o->n_fields, sizeof *q->fields);
    q->has_filter = o->filter && o->filter[strspn(o->filter, " \t\r\n")];
    if (!q->fields)
        return error_memory(err);
    if (engine == FC_ENGINE_NATIVE && q->has_filter)
        return no_filter(o->filter, err);
    if (engine != FC_ENGINE_NATIVE && needs_wireshark(q, o->fields, engine))
        return wireshark_fields(q, o->fields, o->filter, err);
    return native_fields(q, o->fields, err);
}

static enum fc_status check_options(struct fc_options *o, struct fc_error *err)
{
    if (o->level > FC_LEVEL_FRAMES || o->style > FC_STYLE_CLASSIC || o->policy > FC_POLICY_TIMEOUT ||
        o->tunnel > FC_TUNNEL_OUTER || o->engine > FC_ENGINE_WIRESHARK)
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

/* q->reason may point into *out: it is not to be moved. */
enum fc_status plan_make(struct query *out, const struct fc_options *options, struct fc_error *err)
{
    *out = (struct query){.options = *options};
    enum fc_status status = check_options(&out->options, err);
    if (!status)
        status = look_up(out, options, err);
    out->options.fields = NULL;
    out->options.filter = NULL;
    if (status)
        plan_free(out);
    return status;
}

void plan_free(struct query *q)
{
    worker_stop(q->worker);
    for (size_t i = 0; q->names && i < q->n_fields; i++)
        memory_free(q->names[i]);
    memory_free(q->names);
    memory_free(q->fields);
    q->worker = NULL;
    q->names = NULL;
    q->fields = NULL;
    q->n_fields = 0;
}

void plan_explain(char *out, size_t cap, const struct query *q)
{
    if (q->worker)
        snprintf(out, cap, "wireshark engine (libwireshark %s): %s", worker_version(q->worker), q->reason);
    else if (q->n_fields)
        snprintf(out, cap, "native engine: it answers all %zu fields, and there is no filter", q->n_fields);
    else
        snprintf(out, cap, "native engine: no fields and no filter are asked for");
}
