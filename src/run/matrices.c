/* Checks the bytes of packets that a caller asks for. Invariant: a matrix of a query has a number of packets
 * at the level of flows, and a row of it has at most MOST_BYTES. */
#include "run/matrices.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "feature/feature.h"
#include "table/schema.h"

enum { MOST = 65535, MOST_BYTES = 1 << 24, ALL_MASKS = FC_MASK_TIMESTAMPS * 2 - 1 };

/* ---- words ---- */

struct word {
    const char *text;
    uint32_t value;
};

static const struct word starts[] = {{"link", FC_START_LINK},
                                     {"ip", FC_START_IP},
                                     {"transport", FC_START_TRANSPORT},
                                     {"payload", FC_START_PAYLOAD}};
static const struct word masks[] = {
    {"addresses", FC_MASK_ADDRESSES},  {"ports", FC_MASK_PORTS},
    {"checksums", FC_MASK_CHECKSUMS},  {"ip_id", FC_MASK_IP_ID},
    {"sequence", FC_MASK_SEQUENCE},    {"acknowledgement", FC_MASK_ACKNOWLEDGEMENT},
    {"timestamps", FC_MASK_TIMESTAMPS}};
enum { N_STARTS = sizeof starts / sizeof *starts, N_MASKS = sizeof masks / sizeof *masks };

static enum fc_status unknown_word(const struct word *words, size_t n_words, const char *noun,
                                   const char *text, size_t n, struct fc_error *err)
{
    char typed[64], list[128] = "", near[80] = "";
    struct field_search search;
    snprintf(typed, sizeof typed, "%.*s", (int)(n < sizeof typed ? n : sizeof typed - 1), text);
    field_search_begin(&search, typed, 1);
    for (size_t i = 0; i < n_words; i++) {
        field_search_take(&search, words[i].text);
        size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", words[i].text);
    }
    if (search.found)
        snprintf(near, sizeof near, "; near it: %s", search.names[0]);
    return error_set(err, FC_USAGE, -1, "unknown %s \"%s\"%s; there are %s", noun, typed, near, list);
}

/* The word of n letters at `text`; NULL: there is none. */
static const struct word *find(const struct word *words, size_t n_words, const char *text, size_t n)
{
    for (size_t i = 0; i < n_words; i++)
        if (strlen(words[i].text) == n && !memcmp(words[i].text, text, n))
            return &words[i];
    return NULL;
}

enum fc_status fc_start_parse(enum fc_start *out, const char *text, struct fc_error *err)
{
    const struct word *word = find(starts, N_STARTS, text, strlen(text));
    if (!word)
        return unknown_word(starts, N_STARTS, "start", text, strlen(text), err);
    *out = (enum fc_start)word->value;
    return FC_OK;
}

enum fc_status fc_mask_parse(uint32_t *out, const char *text, struct fc_error *err)
{
    uint32_t mask = 0;
    for (const char *p = text; *p;) {
        size_t n = strcspn(p, "+, ");
        const struct word *word = find(masks, N_MASKS, p, n);
        if (n && !word)
            return unknown_word(masks, N_MASKS, "mask", p, n, err);
        if (word && mask & word->value)
            return error_set(err, FC_USAGE, -1, "mask \"%s\" is asked for twice", word->text);
        mask |= word ? word->value : 0;
        p += n + (p[n] != 0);
    }
    *out = mask;
    return FC_OK;
}

/* ---- one matrix ---- */

static bool is_taken_name(const char *name, enum fc_level level)
{
    size_t n;
    const struct schema_column *columns = schema_columns(level, &n);
    bool taken = strchr(name, '.') || schema_short_name(name) || !strcmp(name, "default") ||
                 !strcmp(name, "basic") || feature_find(name) != SIZE_MAX;
    for (size_t i = 0; !taken && i < n; i++)
        taken = !strcmp(columns[i].info.name, name) || !strcmp(columns[i].info.group, name);
    for (size_t i = 0; !taken && i < feature_count(); i++)
        taken = !strcmp(feature_at(i)->info.group, name);
    return taken;
}

static enum fc_status check(struct fc_bytes *b, const struct fc_options *o, struct fc_error *err)
{
    bool flows = o->level == FC_LEVEL_FLOWS;
    if (!b->name || !*b->name)
        return error_set(err, FC_USAGE, -1, "bytes of packets need a name");
    if (is_taken_name(b->name, o->level))
        return error_set(err, FC_USAGE, -1,
                         "bytes \"%.60s\": the name belongs to a column, a group of columns or a field",
                         b->name);
    if (b->start > FC_START_PAYLOAD || (b->mask & ~(uint32_t)ALL_MASKS))
        return error_set(err, FC_USAGE, -1, "bytes \"%.60s\": no such start or mask", b->name);
    if (!b->length || b->length > MOST)
        return error_set(err, FC_USAGE, -1, "bytes \"%.60s\": 1 to %d bytes of a packet, not %u", b->name,
                         MOST, b->length);
    if (!flows && b->packets)
        return error_set(
            err, FC_USAGE, -1,
            "bytes \"%.60s\": a number of packets is for the level of flows; a row of another level "
            "has the bytes of its own packet",
            b->name);
    if (flows && !b->packets && !o->packets)
        return error_set(
            err, FC_USAGE, -1,
            "bytes \"%.60s\": the number of packets is missing; give it with the bytes, such as 5x80, "
            "or as the option packets",
            b->name);
    if (!flows)
        b->packets = 1;
    else if (!b->packets)
        b->packets = o->packets;
    if (!b->packets || b->packets > MOST)
        return error_set(err, FC_USAGE, -1, "bytes \"%.60s\": the first 1 to %d packets of a flow, not %u",
                         b->name, MOST, b->packets);
    if ((uint64_t)b->packets * b->length > MOST_BYTES)
        return error_set(err, FC_USAGE, -1,
                         "bytes \"%.60s\": %u packets of %u bytes are more than the %d bytes that a flow may "
                         "have in a matrix",
                         b->name, b->packets, b->length, MOST_BYTES);
    return FC_OK;
}

static bool name_columns(struct query *q, struct matrix *m, enum fc_level level)
{
    static const char *const of_flows[] = {"", "_sizes", "_count", "_hash"}, *const of_packets[] = {
                                                                                 "", "_size", "", ""};
    const char *name = m->asked.name;
    for (int part = 0; part < N_MATRIX_PARTS; part++) {
        const char *suffix = (level == FC_LEVEL_FLOWS ? of_flows : of_packets)[part];
        size_t cap = strlen(name) + strlen(suffix) + 1;
        char *text = arena_alloc(&q->texts, cap);
        if (!text)
            return false;
        snprintf(text, cap, "%s%s", name, suffix);
        m->names[part] = text;
    }
    m->asked.name = m->names[MATRIX_BYTES];
    return true;
}

enum fc_status matrices_make(struct query *q, const struct fc_options *o, struct fc_error *err)
{
    q->matrices = memory_zero(o->n_bytes, sizeof *q->matrices);
    if (!q->matrices)
        return error_memory(err);
    for (size_t i = 0; i < o->n_bytes; i++) {
        struct matrix *m = &q->matrices[q->n_matrices++];
        m->asked = o->bytes[i];
        enum fc_status status = check(&m->asked, o, err);
        for (size_t j = 0; !status && j < i; j++)
            if (!strcmp(q->matrices[j].asked.name, m->asked.name))
                status = error_set(err, FC_USAGE, -1, "bytes \"%.60s\" are asked for twice", m->asked.name);
        if (status)
            return status;
        if (!name_columns(q, m, o->level))
            return error_memory(err);
        snprintf(m->packets_format, sizeof m->packets_format, "+w:%u", m->asked.packets);
        snprintf(m->length_format, sizeof m->length_format, o->level == FC_LEVEL_FLOWS ? "+w:%u" : "w:%u",
                 m->asked.length);
    }
    return FC_OK;
}
