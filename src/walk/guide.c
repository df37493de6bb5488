/* Stream numbers and retransmissions as libwireshark sees them. It is asked from the first frame where
 * preferences, decode-as rules or switches of protocols are given, or where libwireshark of another release
 * than the native engine's answers; otherwise from the frame after which the native stream numbers may differ
 * from Wireshark's. Invariant: from that frame on, a packet belongs to the conversation whose number
 * libwireshark gives; all earlier frames have their native numbers, which are Wireshark's. */
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "shark/start.h"
#include "walk/inner.h"

/* ---- conversations by number ---- */

static bool reserve(struct guide *g, int kind, uint32_t stream)
{
    size_t had = g->capacity[kind];
    if (!memory_reserve((void **)&g->by_stream[kind], &g->capacity[kind], (size_t)stream + 1,
                        sizeof **g->by_stream))
        return false;
    memset(g->by_stream[kind] + had, 0, (g->capacity[kind] - had) * sizeof **g->by_stream);
    return true;
}

/* The conversations of the frames so far keep their numbers. */
static bool take_native(struct walk *w)
{
    const struct conv_table *convs = &w->tables.examiner.convs;
    for (uint32_t i = 0; i < convs->n_convs; i++) {
        struct conv *conv = conv_numbered(convs, i);
        if (!conv)
            continue;
        if (!reserve(&w->capture.guide, conv->side[0].kind, conv->stream))
            return false;
        w->capture.guide.by_stream[conv->side[0].kind][conv->stream] = conv;
    }
    return true;
}

/* A conversation of libwireshark's number: the known one, or a copy of the native one. NULL when memory ends.
 */
static struct conv *conversation(struct walk *w, uint32_t stream, const struct conv *native)
{
    struct guide *g = &w->capture.guide;
    int kind = native->side[0].kind;
    if (!reserve(g, kind, stream)) {
        memory_ended(&w->memory);
        return NULL;
    }
    struct conv **place = &g->by_stream[kind][stream];
    if (*place)
        return *place;
    if (!(*place = arena_alloc(&w->tables.extras, sizeof **place + sizeof(struct conv_more))))
        return NULL;
    memset(*place, 0, sizeof **place + sizeof(struct conv_more));
    memcpy((*place)->side, native->side, sizeof native->side);
    (*place)->stream = stream;
    (*place)->flow = NO_FLOW;
    (*place)->syn_from = (*place)->synack_from = -1;
    return *place;
}

/* The direction of a packet in a conversation that may have been made for other endpoints. */
static uint8_t direction_in(const struct conv *conv, const struct endpoint *from, const struct endpoint *to)
{
    for (uint8_t side = 0; side < 2; side++)
        if (!memcmp(&conv->side[side], from, sizeof *from) || !memcmp(&conv->side[1 - side], to, sizeof *to))
            return side;
    return 0;
}

static void take_stream(struct walk *w, struct transport *t, uint32_t stream)
{
    const struct conv *native = t->ref.conv;
    struct conv *conv = conversation(w, stream, native);
    if (!conv)
        return;
    uint8_t from = t->ref.direction;
    uint8_t direction = direction_in(conv, &native->side[from], &native->side[1 - from]);
    bool turned = direction != from;
    if (conv != native && conv->syn_from < 0 && native->syn_from >= 0)
        conv->syn_from = turned ? !native->syn_from : native->syn_from & 1;
    if (conv != native && conv->synack_from < 0 && native->synack_from >= 0)
        conv->synack_from = turned ? !native->synack_from : native->synack_from & 1;
    t->told = (struct conv_ref){.conv = conv, .direction = direction, .reused_ports = t->ref.reused_ports};
    t->stream = stream;
}

/* ---- a frame ---- */

static int kind_of(const struct transport *t)
{
    int kind = t->has_ref ? t->ref.conv->side[0].kind : -1;
    return kind == CONV_TCP || kind == CONV_UDP ? kind : -1;
}

/* Gives the layers of a kind the numbers of a slot, in order. False: libwireshark sees more of them, or
 * fewer. */
static bool take_streams(struct walk *w, int kind, uint16_t slot)
{
    const struct row *row = &w->capture.guide.row;
    struct examined *x = &w->examined;
    uint32_t at = 0;
    for (int i = 0; i < x->packet.n_layers; i++) {
        if (kind_of(&x->transports[i]) != kind)
            continue;
        while (at < row->n_values && row->values[at].slot != slot)
            at++;
        if (at == row->n_values || row->values[at].u > w->capture.guide.most)
            return false;
        take_stream(w, &x->transports[i], (uint32_t)row->values[at++].u);
    }
    while (at < row->n_values && row->values[at].slot != slot)
        at++;
    return at == row->n_values;
}

static bool has_slot(const struct row *row, uint16_t slot)
{
    for (uint32_t i = 0; i < row->n_values; i++)
        if (row->values[i].slot == slot)
            return true;
    return false;
}

static void take_flags(struct walk *w)
{
    const struct row *row = &w->capture.guide.row;
    uint32_t *flags = &w->examined.tcp_flags;
    *flags &= ~(uint32_t)(TCP_RETRANSMISSION | TCP_OUT_OF_ORDER);
    *flags |= has_slot(row, GUIDE_RETRANSMISSION) ? TCP_RETRANSMISSION : 0;
    *flags |= has_slot(row, GUIDE_OUT_OF_ORDER) ? TCP_OUT_OF_ORDER : 0;
}

static void keep_native(struct walk *w)
{
    struct examined *x = &w->examined;
    for (int i = 0; i < x->packet.n_layers; i++)
        if (x->transports[i].has_ref)
            x->transports[i].told = x->transports[i].ref;
}

/* ---- messages of frames that are left out ---- */

bool guide_completes(const struct walk *w, enum reason reason)
{
    bool is_late = reason == REASON_RETRANSMISSION || reason == REASON_OUT_OF_ORDER;
    return is_late && w->query->keeps_completions && has_slot(&w->capture.guide.row, GUIDE_REASSEMBLED);
}

static bool is_word(const char *word, size_t n, const char *text)
{
    return strlen(text) == n && !memcmp(word, text, n);
}

/* The bytes of "eth:ethertype:ip:tcp:tls" up to the last "tcp". */
static size_t headers_len(const char *protocols, size_t len)
{
    size_t end = 0;
    for (size_t at = 0, n; at < len; at += n + 1) {
        const char *colon = memchr(protocols + at, ':', len - at);
        n = colon ? (size_t)(colon - protocols) - at : len - at;
        if (is_word(protocols + at, n, "tcp"))
            end = at + n;
    }
    return end;
}

/* Whether the field belongs to a header, or to the frame, by the first part of its name. */
static bool is_of_header(const char *field, const char *protocols, size_t len)
{
    size_t n = strcspn(field, ".");
    if (is_word(field, n, "frame") || is_word(field, n, "_ws") || is_word(field, n, "text"))
        return true;
    for (size_t at = 0; at + n <= len; at++)
        if ((!at || protocols[at - 1] == ':') && (at + n == len || protocols[at + n] == ':') &&
            !memcmp(protocols + at, field, n))
            return true;
    return false;
}

void guide_sift_above(const struct walk *w, struct row *row)
{
    const struct row *told = &w->capture.guide.row;
    const char *protocols = "";
    size_t len = 0;
    for (uint32_t i = 0; i < told->n_values; i++)
        if (told->values[i].slot == GUIDE_PROTOCOLS) {
            protocols = (const char *)told->values[i].bytes;
            len = headers_len(protocols, told->values[i].len);
        }
    uint32_t kept = 0;
    for (uint32_t i = 0; i < row->n_values; i++)
        if (!is_of_header(w->query->fields[row->values[i].slot].name, protocols, len))
            row->values[kept++] = row->values[i];
    row->n_values = kept;
}

/* ---- beginning ---- */

static enum fc_status begin(struct walk *w, bool from_first)
{
    struct capture *c = &w->capture;
    struct guide *g = &c->guide;
    const struct query *q = w->query;
    struct worker *worker = shark_answering(q->guide->shark, q->guide);
    struct input input = w->inputs[w->input];
    const char *copy = c->oracle ? oracle_path(c->oracle) : NULL;
    if (copy) {
        input.place = (struct source_place){.kind = SOURCE_PATH, .name = copy};
        input.reads_once = input.is_live = false;
    }
    g->was_tried = true;
    g->row.arena = &w->tables.examiner.arena;
    if (!worker && from_first)
        return error_set(&c->failure, FC_IO, -1, "flowcontainer-worker has ended");
    if (!worker || input.reads_once || input.is_live || input.parts)
        return FC_OK;
    enum fc_status status = oracle_open(&g->oracle, worker, q->guide, &input, w->progress, &c->failure);
    if (!status && !take_native(w))
        status = FC_MEMORY;
    w->tables.examiner.convs.forgets = false;
    return status;
}

/* libwireshark cannot go on. Where native numbers were to be corrected, they stay, and the report says so. */
static enum fc_status give_up(struct walk *w, enum fc_status status)
{
    if (w->query->is_guided || status == FC_MEMORY || status == FC_CANCELLED)
        return status;
    guide_close(&w->capture.guide);
    w->capture.guide.is_doubtful = true;
    w->capture.failure = (struct fc_error){0};
    return FC_OK;
}

static bool is_due(const struct walk *w)
{
    const struct query *q = w->query;
    if (!q->guide || w->capture.guide.was_tried)
        return false;
    return q->is_guided || (w->tables.examiner.convs.numbers_may_differ && !w->tables.examiner.convs.forgets);
}

enum fc_status guide_frame(struct walk *w, const struct frame *frame)
{
    struct guide *g = &w->capture.guide;
    enum verdict verdict;
    enum fc_status status = is_due(w) ? begin(w, w->query->is_guided) : FC_OK;
    if (status || !g->oracle)
        return status ? give_up(w, status) : FC_OK;
    row_reset(&g->row);
    if ((status = oracle_frame(g->oracle, frame->number, &g->row, &verdict, &w->capture.failure)))
        return give_up(w, status);
    keep_native(w);
    g->most = w->capture.frames * MAX_LAYERS;
    bool tcp = take_streams(w, CONV_TCP, GUIDE_TCP_STREAM), udp = take_streams(w, CONV_UDP, GUIDE_UDP_STREAM);
    if (w->query->is_guided)
        take_flags(w);
    if (tcp && udp)
        return FC_OK;
    g->is_doubtful = true;
    if (!w->query->rules)
        return FC_OK;
    return error_set(
        &w->capture.failure, FC_UNSUPPORTED, -1,
        "frame %u: with these preferences, decode-as rules or protocols, Wireshark finds other TCP or UDP "
        "headers than the native decoder, which makes the flows; they cannot be told",
        frame->number);
}

void guide_close(struct guide *g)
{
    oracle_close(g->oracle);
    g->oracle = NULL;
    for (size_t kind = 0; kind < sizeof g->by_stream / sizeof *g->by_stream; kind++) {
        memory_free(g->by_stream[kind]);
        g->by_stream[kind] = NULL;
        g->capacity[kind] = 0;
    }
    row_free(&g->row);
    g->row = (struct row){0};
}
