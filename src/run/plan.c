/* Looks up what the options name, and chooses the engine: native where it answers every field and the filter,
 * else libwireshark. What the chosen one does not know is an error that says so; it is never answered
 * approximately. */
#include "run/plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/optional.h"
#include "run/catalog.h"
#include "run/guide.h"
#include "run/matrices.h"
#include "run/select.h"
#include "run/sets.h"
#include "shark/start.h"
#include "table/schema.h"

enum {
    ALL_PROTOCOLS = FC_TCP | FC_UDP | FC_SCTP | FC_ICMP | FC_ICMP6 | FC_GRE | FC_ESP,
    DEFAULT_BATCH_ROWS = 65536,
    MAX_BATCH_ROWS = 1 << 24,
    MAX_PACKETS = UINT16_MAX,
    MOST_OPTIONS = 1 << 16 /* no header has so many; a size above it is a struct that nobody filled in */
};

/* ---- options of callers that know more or fewer members ---- */

static const struct fc_options defaults = {.size = sizeof defaults,
                                           .level = FC_LEVEL_FLOWS,
                                           .style = FC_STYLE_CLEAN,
                                           .drop = FC_DROP_DEFAULT,
                                           .protocols = FC_TCP | FC_UDP,
                                           .policy = FC_POLICY_STREAM,
                                           .idle_ns = 120 * INT64_C(1000000000),
                                           .active_ns = 1800 * INT64_C(1000000000),
                                           .tunnel = FC_TUNNEL_INNER,
                                           .jobs = 1,
                                           .batch_rows = DEFAULT_BATCH_ROWS};

/* A member that is added later must not lie in what was padding: callers leave that as it is. */
_Static_assert(offsetof(struct fc_options, wireshark) + sizeof defaults.wireshark == sizeof defaults,
               "fc_options ends with padding");

void fc_options_init_sized(struct fc_options *options, size_t size)
{
    size_t known = size < sizeof defaults ? size : sizeof defaults;
    memset(options, 0, size);
    memcpy(options, &defaults, known);
    memcpy(options, &size, sizeof size);
}

/* The caller's options as this library has them. */
static enum fc_status take_options(struct fc_options *out, const struct fc_options *given,
                                   struct fc_error *err)
{
    const uint8_t *bytes = (const uint8_t *)given;
    if (given->size < offsetof(struct fc_options, fields) || given->size > MOST_OPTIONS)
        return error_set(err, FC_USAGE, -1, "the options have no size: fc_options_init was not called");
    for (size_t i = sizeof *out; i < given->size; i++)
        if (bytes[i])
            return error_set(err, FC_UNSUPPORTED, -1,
                             "an option is set that this library, which is %s, does not know", FC_VERSION);
    *out = defaults;
    memcpy(out, given, given->size < sizeof *out ? given->size : sizeof *out);
    out->size = sizeof *out;
    return FC_OK;
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
        {"retransmission", FC_DROP_RETRANSMISSION},
        {"out_of_order", FC_DROP_OUT_OF_ORDER},
        {"mdns", FC_DROP_MDNS},
        {"ssdp", FC_DROP_SSDP},
        {"icmp", FC_DROP_ICMP},
        {"default", FC_DROP_DEFAULT},
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

enum { N_NEAR = 3 };

/* "; near it: ip.ttl, user_agent (http.user_agent)" or nothing: the short names near to `name`, behind the
 * `n` fields. */
static void write_near(char *out, size_t cap, const char *name, const char *const *fields, size_t n)
{
    struct field_search search;
    size_t used = 0;
    field_search_begin(&search, name, N_NEAR);
    for (size_t i = 0; i < fc_n_short_names(); i++)
        field_search_take(&search, fc_short_name_at(i)->name);
    *out = 0;
    for (size_t i = 0; i < n && used < cap; i++)
        used += (size_t)snprintf(out + used, cap - used, "%s%s", used ? ", " : "; near it: ", fields[i]);
    for (size_t i = 0; i < search.found && n + i < N_NEAR && used < cap; i++)
        used += (size_t)snprintf(out + used, cap - used, "%s%s (%s)",
                                 used ? ", " : "; near it: ", search.names[i],
                                 schema_short_name(search.names[i])->field);
}

static void near_names(char *out, size_t cap, const char *name)
{
    const char *near[N_NEAR];
    write_near(out, cap, name, near, field_nearest(near, N_NEAR, name));
}

/* Out of all that the worker's libwireshark knows. */
static void near_names_of_all(char *out, size_t cap, const char *name, struct shark *shark)
{
    const char *near[N_NEAR];
    struct fc_fields *all = NULL;
    *out = 0;
    if (!catalog_load(&all, worker_version(shark_worker(shark)), NULL))
        write_near(out, cap, name, near, fc_fields_nearest(near, N_NEAR, all, name));
    fc_fields_free(all);
}

static enum fc_status unknown_field(const char *name, struct fc_error *err)
{
    char hint[256];
    near_names(hint, sizeof hint, name);
    return error_set(
        err, FC_FIELD, -1,
        "field \"%s\" is not answered by the native engine, which knows header fields of frame, eth, "
        "vlan, ip, ipv6, icmp, tcp and udp, and those of TLS, DTLS, X.509, QUIC, DNS, HTTP, SSH, NTP and "
        "DHCP that docs/fields.md lists%s",
        name, hint);
}

enum fc_status plan_check_release(const struct field *field, enum release release, struct fc_error *err)
{
    char range[48];
    if (release_in(field->releases, release))
        return FC_OK;
    release_range_text(range, sizeof range, field->releases);
    return error_set(err, FC_FIELD, -1, "\"%s\" is a field of %s; this query is answered as Wireshark %s",
                     field->name, range, release_name(release));
}

/* Whether this build has the library that the field needs. */
static enum fc_status check_parts(field_id id, struct fc_error *err)
{
    if (!field_is_left_out(id))
        return FC_OK;
    return error_set(err, FC_UNSUPPORTED, -1, "\"%s\" is not native: " NO_CRYPTO_TEXT, field_table[id].name);
}

/* ---- native ---- */

static enum fc_status native_fields(struct query *q, const char *const *names, struct fc_error *err)
{
    for (size_t i = 0; i < q->n_fields; i++) {
        field_id id = field_find(names[i]);
        if (id == F_COUNT)
            return unknown_field(names[i], err);
        enum fc_status status = plan_check_release(&field_table[id], q->release, err);
        if (status || (status = check_parts(id, err)))
            return status;
        q->slot_of[id] = (int16_t)i;
        q->fields[i] = field_table[id];
    }
    return FC_OK;
}

/* Compiles the filter, if there is one. FC_UNSUPPORTED: it is not native, and err says why. */
static enum fc_status native_filter(struct query *q, const struct fc_options *o, struct fc_error *err)
{
    if (!q->has_filter)
        return FC_OK;
    for (size_t i = 0; i < o->n_fields; i++)
        if (!strcmp(o->fields[i], "frame.time_delta_displayed")) /* counted from the last frame that passed */
            return error_set(err, FC_UNSUPPORTED, -1, "frame.time_delta_displayed with a filter");
    return filter_compile(&q->filter, o->filter, err);
}

static enum fc_status native_query(struct query *q, const struct fc_options *o, struct fc_error *err)
{
    struct fc_error why;
    enum fc_status status = native_fields(q, o->fields, err);
    if (status || (status = native_filter(q, o, &why)) == FC_OK)
        return status;
    if (status != FC_UNSUPPORTED)
        return error_set(err, status, why.offset, "%s", why.text);
    return error_set(err, status, why.offset,
                     "the native engine, which was asked for, does not answer this filter: %s", why.text);
}

/* ---- libwireshark ---- */

/* The one of the names that the worker's message says it does not know, or NULL. */
static const char *unknown_name(const char *text, const char *const *names, size_t n)
{
    char quoted[256];
    for (size_t i = 0; strstr(text, "knows no field") && i < n; i++) {
        snprintf(quoted, sizeof quoted, "\"%.250s\"", names[i]);
        if (strstr(text, quoted))
            return names[i];
    }
    return NULL;
}

/* Adds to "knows no field" which releases have the field, or which names are near to it. */
static enum fc_status worker_refusal(const struct query *q, enum fc_status status, const char *const *names,
                                     struct fc_error *err)
{
    char hint[256] = "", text[1024];
    const char *name = err && status == FC_FIELD ? unknown_name(err->text, names, q->n_fields) : NULL;
    field_id id = name ? field_find(name) : F_COUNT;
    if (id != F_COUNT)
        status = plan_check_release(&field_table[id], q->release, err);
    else if (name)
        near_names_of_all(hint, sizeof hint, name, q->shark);
    if (id != F_COUNT || !*hint)
        return status ? status : FC_FIELD;
    snprintf(text, sizeof text, "%.700s%s", err->text, hint);
    return error_set(err, status, err->offset, "%s", text);
}

/* The content of a key log file; the worker's processes open no files. */
static enum fc_status read_keylog(char **out, const char *path, struct fc_error *err)
{
    enum { MOST = 64 << 20 };
    FILE *file = path ? fopen(path, "re") : NULL;
    char *text = path ? memory_zero(1, MOST + 1) : NULL;
    enum fc_status status = FC_OK;
    if (path && !text)
        status = error_memory(err);
    else if (path && !file)
        status = error_set(err, FC_NOT_FOUND, -1, "key log %s: %s", path, strerror(errno));
    else if (path && fread(text, 1, MOST + 1, file) > MOST)
        status = error_set(err, FC_USAGE, -1, "key log %s: more than %d MB", path, MOST >> 20);
    if (!status && file && ferror(file))
        status = error_set(err, FC_IO, -1, "key log %s: %s", path, strerror(errno));
    if (file)
        fclose(file);
    if (status)
        memory_free(text);
    else
        *out = text;
    return status;
}

/* Says why the worker was wanted, and what may have been meant. */
static enum fc_status no_worker(const struct query *q, enum fc_status status, const char *const *names,
                                struct fc_error *err)
{
    char missing[1024], hint[256] = "";
    for (size_t i = 0; !*hint && q->reason == q->why_text && i < q->n_fields; i++)
        if (field_find(names[i]) == F_COUNT)
            near_names(hint, sizeof hint, names[i]);
    snprintf(missing, sizeof missing, "%s%s, and %.600s", q->reason, hint, err ? err->text : "");
    return error_set(err, status, -1, "%s", missing);
}

/* Whether libwireshark is of the release that the answer must have. */
static enum fc_status check_pinned(const struct query *q, const struct fc_options *o, struct fc_error *err)
{
    enum release there = shark_release(q->shark);
    if (!o->wireshark || there == release_of(o->wireshark))
        return FC_OK;
    return error_set(err, FC_UNSUPPORTED, -1, "%s; libwireshark is that of Wireshark %s, not %s", q->reason,
                     release_name(there), o->wireshark);
}

static enum fc_status wireshark_fields(struct query *q, const struct fc_options *o, struct fc_error *err)
{
    char *keylog = NULL;
    enum fc_status status = read_keylog(&keylog, o->keylog, err);
    if (status)
        return status;
    if ((status = shark_start(q->shark, err)) == FC_CANCELLED) {
        memory_free(keylog);
        return status;
    }
    if (status)
        status = no_worker(q, status, o->fields, err);
    else if (!(status = check_pinned(q, o, err))) {
        q->release = shark_release(q->shark);
        if ((status = shark_ask(q->shark, o, keylog, q->fields, err)))
            status = worker_refusal(q, status, o->fields, err);
    }
    memory_free(keylog);
    return status;
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

static enum fc_status check_release_asked(const struct query *q, const struct fc_options *o,
                                          enum fc_engine engine, struct fc_error *err)
{
    if (!o->wireshark)
        return FC_OK;
    if (strcmp(release_name(release_of(o->wireshark)), o->wireshark))
        return error_set(err, FC_USAGE, -1, "wireshark is a release, 4.0, 4.2, 4.4 or 4.6, not \"%.40s\"",
                         o->wireshark);
    if (engine == FC_ENGINE_NATIVE && release_of(o->wireshark) != q->release)
        return error_set(err, FC_USAGE, -1,
                         "the native engine, which was asked for, has the values of Wireshark %s, not %s",
                         release_name(q->release), o->wireshark);
    return FC_OK;
}

/* Why a query is libwireshark's whatever it asks; NULL: it need not be. */
static const char *reason_of(const struct query *q, const struct fc_options *o, enum fc_engine engine)
{
    return engine == FC_ENGINE_WIRESHARK ? "it was asked for"
           : o->wireshark && release_of(o->wireshark) != q->release
               ? "another release of Wireshark is asked for than the native engine's"
           : o->n_preferences           ? "preferences are set"
           : o->n_decode_as             ? "decode-as rules are set"
           : o->n_dissectors            ? "protocols are turned on or off"
           : o->keylog                  ? "a key log is given"
           : o->passes >= FC_PASSES_TWO ? "two passes are asked for"
                                        : NULL;
}

/* Whether every field is native; *headers: and known in every capture. */
static bool are_native(struct query *q, const struct fc_options *o, bool *headers)
{
    *headers = true;
    for (size_t i = 0; i < q->n_fields; i++) {
        field_id id = field_find(o->fields[i]);
        if (id == F_COUNT || field_table[id].looks_ahead) {
            snprintf(q->why_text, sizeof q->why_text,
                     id == F_COUNT ? "field \"%.100s\" is none of the native engine's"
                                   : "field \"%.60s\" may depend on later frames",
                     o->fields[i]);
            q->reason = q->why_text;
            return false;
        }
        struct fc_error why;
        if (plan_check_release(&field_table[id], q->release, &why) || check_parts(id, &why)) {
            snprintf(q->why_text, sizeof q->why_text, "%.150s", why.text);
            q->reason = q->why_text;
            return false;
        }
        *headers &= field_is_header(id);
    }
    return true;
}

/* Sets q->engine, and why where that is libwireshark; or refuses a filter that no engine takes. */
static enum fc_status choose(struct query *q, const struct fc_options *o, enum fc_engine engine,
                             struct fc_error *err)
{
    struct fc_error why;
    bool headers;
    q->engine = ENGINE_WIRESHARK;
    if ((q->reason = reason_of(q, o, engine)) || !are_native(q, o, &headers))
        return FC_OK;
    enum fc_status status = native_filter(q, o, &why);
    if (status == FC_UNSUPPORTED) {
        snprintf(q->why_text, sizeof q->why_text, "the filter is not native: %.120s", why.text);
        q->reason = q->why_text;
        return FC_OK;
    }
    if (status)
        return error_set(err, status, why.offset, "%s", why.text);
    q->headers_only = headers && !(q->filter && filter_wants_apps(q->filter));
    q->engine = q->n_fields || q->filter ? ENGINE_BOTH : ENGINE_NATIVE;
    return FC_OK;
}

static enum fc_status look_up(struct query *q, const struct fc_options *o, struct fc_error *err)
{
    enum fc_engine engine = FC_ENGINE_AUTO;
    enum fc_status status = engine_asked(&engine, o->engine, err);
    if (status || (status = check_release_asked(q, o, engine, err)))
        return status;
    memset(q->slot_of, 0xff, sizeof q->slot_of);
    q->n_fields = o->n_fields;
    q->fields = memory_zero(o->n_fields, sizeof *q->fields);
    q->has_filter = o->filter && o->filter[strspn(o->filter, " \t\r\n")];
    if (engine != FC_ENGINE_NATIVE)
        q->shark = shark_new(o);
    if (!q->fields || (engine != FC_ENGINE_NATIVE && !q->shark))
        return error_memory(err);
    if (q->shark)
        shark_watch(q->shark, &(struct message_stop){o->interrupted, o->interrupted_context});
    if (engine == FC_ENGINE_NATIVE &&
        (o->n_preferences || o->n_decode_as || o->n_dissectors || o->keylog || o->passes == FC_PASSES_TWO))
        return error_set(
            err, FC_USAGE, -1,
            "preferences, decode-as rules, protocols that are turned on or off, key logs, and two passes are "
            "not for the native engine, which was asked for");
    if (engine == FC_ENGINE_NATIVE)
        return native_query(q, o, err);
    enum release native = q->release;
    if ((status = choose(q, o, engine, err)))
        return status;
    status = q->engine == ENGINE_WIRESHARK ? wireshark_fields(q, o, err) : native_fields(q, o->fields, err);
    return status ? status : guide_plan(q, o, q->release != native, err);
}

static enum fc_status check_options(struct fc_options *o, struct fc_error *err)
{
    if (o->level > FC_LEVEL_FRAMES || o->style > FC_STYLE_CLASSIC || o->policy > FC_POLICY_TIMEOUT ||
        o->tunnel > FC_TUNNEL_OUTER || o->engine > FC_ENGINE_WIRESHARK || o->passes > FC_PASSES_READ ||
        o->close > FC_CLOSE_FIN || o->values > FC_VALUES_SET || o->taking > FC_TAKING_PAYLOAD ||
        o->limit > FC_LIMIT_ALL)
        return error_set(err, FC_USAGE, -1, "an option has a value that does not exist");
    if (!o->protocols || (o->protocols & ~(uint32_t)ALL_PROTOCOLS))
        return error_set(err, FC_USAGE, -1, "no such protocols");
    if (o->drop & ~(uint32_t)FC_DROP_DEFAULT)
        return error_set(err, FC_USAGE, -1, "no such clean-up rules");
    if ((o->policy == FC_POLICY_TIMEOUT && (o->idle_ns <= 0 || o->active_ns <= 0)) ||
        (o->close && o->idle_ns <= 0))
        return error_set(err, FC_USAGE, -1, "time-outs must be longer than zero");
    if (o->close && o->policy == FC_POLICY_TIMEOUT)
        return error_set(
            err, FC_USAGE, -1,
            "close is for the policy stream; with the policy timeout, closed flows always leave");
    if (o->packets > MAX_PACKETS)
        return error_set(err, FC_USAGE, -1, "packets: the first 1 to %d of a flow, not %u", MAX_PACKETS,
                         o->packets);
    if (o->level != FC_LEVEL_FLOWS && (o->packets || o->taking || o->limit))
        return error_set(err, FC_USAGE, -1, "%s is for the level of flows",
                         o->packets  ? "a number of packets"
                         : o->taking ? "the choice of packets with payload"
                                     : "a limit on the packets of all columns");
    if (o->limit == FC_LIMIT_ALL && !o->packets && !o->taking)
        return error_set(err, FC_USAGE, -1,
                         "the limit \"all\" has no effect without a number of packets or payload only");
    if (!o->batch_rows)
        o->batch_rows = DEFAULT_BATCH_ROWS;
    if (o->batch_rows > MAX_BATCH_ROWS)
        return error_set(err, FC_USAGE, -1, "a batch has at most %d rows", MAX_BATCH_ROWS);
    if (o->protocols & (FC_ICMP | FC_ICMP6)) /* whoever asks for ICMP flows does not want them dropped */
        o->drop &= ~(uint32_t)FC_DROP_ICMP;
    return FC_OK;
}

/* The query does not keep texts of the caller. */
static void forget_texts(struct fc_options *o)
{
    o->fields = NULL;
    o->filter = NULL;
    o->preferences = o->decode_as = o->dissectors = NULL;
    o->keylog = NULL;
    o->wireshark = NULL;
    o->columns = NULL;
    o->features = NULL;
    o->sets = NULL;
    o->bytes = NULL;
    o->interrupted = NULL;
    o->interrupted_context = NULL;
}

/* A query for feature sets of other programs. */
static enum fc_status plan_sets(struct query *q, struct fc_error *err)
{
    enum fc_status status = sets_plan(q, &q->options, &defaults, err);
    forget_texts(&q->options);
    if (status)
        plan_free(q);
    return status;
}

/* q->reason may point into *out: it is not to be moved. */
enum fc_status plan_make_as(struct query *out, const struct fc_options *options, enum release native,
                            struct fc_error *err)
{
    *out = (struct query){.release = native};
    const char **fields = NULL;
    enum fc_status status = options ? take_options(&out->options, options, err) : FC_OK;
    if (!options)
        out->options = defaults;
    if (!status)
        status = check_options(&out->options, err);
    if (!status && sets_asked(&out->options))
        return plan_sets(out, err);
    struct fc_set_options none;
    if (!status)
        status = set_options_take(&none, out->options.sets, 0, "flowcontainer's own flows", err);
    struct fc_options asked = out->options;
    if (!status)
        status = matrices_make(out, &out->options, err);
    if (!status)
        status = select_columns(out, &out->options, &fields, &asked.n_fields, err);
    asked.fields = fields;
    if (!status)
        status = look_up(out, &asked, err);
    memory_free(fields);
    forget_texts(&out->options);
    if (status)
        plan_free(out);
    return status;
}

enum fc_status plan_make(struct query *out, const struct fc_options *options, struct fc_error *err)
{
    return plan_make_as(out, options, RELEASE_NATIVE, err);
}

void plan_free(struct query *q)
{
    sets_forget(q);
    guide_forget(q);
    shark_free(q->shark);
    filter_free(q->filter);
    memory_free(q->columns);
    memory_free(q->feature_ids);
    memory_free(q->matrices);
    arena_free(&q->texts);
    memory_free(q->fields);
    q->shark = NULL;
    q->filter = NULL;
    q->fields = NULL;
    q->n_fields = 0;
    q->columns = NULL;
    q->n_columns = 0;
    q->feature_ids = NULL;
    q->n_features = 0;
    q->matrices = NULL;
    q->n_matrices = 0;
}

void plan_explain(char *out, size_t cap, const struct query *q)
{
    const struct worker *worker = q->engine == ENGINE_WIRESHARK ? shark_worker(q->shark) : NULL;
    const char *passes = !worker || !worker_dissects_twice(worker) ? ""
                         : !q->has_filter || q->options.passes == FC_PASSES_READ
                             ? ", two passes"
                             : ", two passes, of which the second "
                               "decides the filter";
    const char *lacks = worker ? worker_lacks(worker) : "";
    const char *handed_over =
        q->engine == ENGINE_BOTH && !q->headers_only
            ? "; where a capture holds what it does not read, and for pipes, libwireshark goes on"
            : "";
    if (q->n_sets)
        sets_explain(out, cap, q);
    else if (worker)
        snprintf(out, cap, "wireshark engine (libwireshark %s%s): %s%s%s", worker_version(worker), passes,
                 q->reason, *lacks ? "; its jail is without " : "", lacks);
    else if (q->n_fields)
        snprintf(out, cap, "native engine, as Wireshark %s: it answers %s, and %s%s",
                 release_name(q->release), q->n_fields == 1 ? "the field" : "all fields",
                 q->filter ? "the filter" : "there is no filter", handed_over);
    else
        snprintf(out, cap, "native engine, as Wireshark %s: no fields%s%s", release_name(q->release),
                 q->filter ? ", and it answers the filter" : " and no filter are asked for", handed_over);
}
