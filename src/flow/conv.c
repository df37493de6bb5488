/* The table of conversations: open addressing over 8-byte slots, so that a look-up touches one cache line of
 * the table and one of the conversation.
 * Invariant: a pair of endpoints has one current conversation; a new TCP stream on the same pair replaces it.
 * An index never changes while its conversation is remembered.
 * Source: the rules for stream numbers were observed (tshark 4.0.17). */
#include "flow/conv.h"

#include <string.h>

#include "base/memory.h"
#include "base/spill.h"
#include "flow/conv_rules.h"
#include "flow/tcp_analysis.h"

enum { BLOCK = 256, FIRST_SLOTS = 256, WILDCARD = 0x80 };
/* Conversations that are looked at for each new one: the old ones among 3 of 4 places are found in time. */
enum { LOOKS = 4 };

_Static_assert(sizeof(struct conv) == 64, "a conversation of a brief table is a cache line");

static size_t conv_size(const struct conv_table *t)
{
    return sizeof(struct conv) + (t->brief ? 0 : sizeof(struct conv_more));
}

static struct conv *conv_at(const struct conv_table *t, uint32_t index)
{
    return (struct conv *)(void *)(t->blocks[index / BLOCK] + index % BLOCK * conv_size(t));
}

struct conv *conv_numbered(const struct conv_table *t, uint32_t index)
{
    struct conv *conv = conv_at(t, index);
    return conv->side[0].kind == CONV_TCP || conv->side[0].kind == CONV_UDP ? conv : NULL;
}

static uint32_t conv_hash(const struct conv_table *t, const struct endpoint side[2])
{
    return (uint32_t)hash_bytes(&t->key, side, 2 * sizeof *side);
}
_Static_assert(2 * sizeof(struct endpoint) == HASH_PIECE, "two endpoints are hashed as one piece");

static bool conv_rehash(struct conv_table *t)
{
    size_t n = t->n_slots ? t->n_slots * 2 : FIRST_SLOTS;
    spill_look(t->spill, n * sizeof(struct conv_slot));
    struct conv_slot *slots = memory_zero(n, sizeof *slots);
    if (!slots) {
        memory_ended(t->memory);
        return false;
    }
    if (!t->n_slots)
        hash_key_make(&t->key);
    for (size_t i = 0; i < t->n_slots; i++) {
        if (!t->slots[i].index)
            continue;
        size_t at = t->slots[i].hash & (n - 1);
        while (slots[at].index)
            at = (at + 1) & (n - 1);
        slots[at] = t->slots[i];
    }
    memory_free(t->slots);
    t->slots = slots;
    t->n_slots = n;
    return true;
}

/* Returns the slot of this pair, or the empty slot where it belongs. */
static struct conv_slot *conv_slot(const struct conv_table *t, const struct endpoint side[2], uint32_t hash)
{
    size_t at = hash & (t->n_slots - 1);
    for (;; at = (at + 1) & (t->n_slots - 1)) {
        struct conv_slot *slot = &t->slots[at];
        if (!slot->index)
            return slot;
        if (slot->hash == hash && !memcmp(conv_at(t, slot->index - 1)->side, side, 2 * sizeof *side))
            return slot;
    }
}

/* Makes room for one more conversation; false when memory ends. */
static bool conv_reserve(struct conv_table *t)
{
    if (t->n_convs / BLOCK < t->n_blocks)
        return true;
    uint8_t *block = NULL;
    if (memory_reserve((void **)&t->blocks, &t->blocks_capacity, t->n_blocks + 1, sizeof *t->blocks))
        block = spill_take(t->spill, BLOCK * conv_size(t));
    if (block)
        t->blocks[t->n_blocks++] = block;
    else
        memory_ended(t->memory);
    return block != NULL;
}

/* A place for one more conversation, and its index; NULL when memory ends. */
static struct conv *conv_place(struct conv_table *t, uint32_t *index)
{
    if (t->unused) {
        *index = t->unused - 1;
        t->unused = conv_at(t, *index)->flow;
        t->n_unused--;
        return conv_at(t, *index);
    }
    if (!conv_reserve(t))
        return NULL;
    *index = t->n_convs++;
    return conv_at(t, *index);
}

/* Makes the current conversation of a pair, to which `slot` leads from now on; NULL: no slot does. */
static struct conv *conv_make(struct conv_table *t, const struct endpoint side[2], bool numbered,
                              struct conv_slot *slot, uint32_t hash)
{
    struct tcp_state *tcp = NULL;
    uint32_t index = 0;
    bool has_state = numbered && side[0].kind == CONV_TCP && !t->brief;
    if (has_state && !(tcp = tcp_state_make(&t->tcp_states)))
        return NULL;
    struct conv *conv = conv_place(t, &index);
    if (!conv)
        return NULL;
    *conv =
        (struct conv){.flow = NO_FLOW, .syn_from = -1, .synack_from = -1, .touched = t->second, .tcp = tcp};
    memcpy(conv->side, side, 2 * sizeof *side);
    if (!t->brief)
        *conv_more(conv) = (struct conv_more){.app = NULL};
    if (numbered) {
        conv->stream = t->next_stream[side[0].kind]++;
        conv->rule = conv_rule(side);
    }
    if (slot && slot->index)
        conv_at(t, slot->index - 1)->is_current = false;
    if (slot) {
        *slot = (struct conv_slot){hash, index + 1};
        conv->is_current = true;
    }
    t->n_to_look_at += LOOKS;
    return conv;
}

/* ---- wildcards: a TFTP server may answer from any port ---- */

static void wildcard_key(struct endpoint key[2], const struct endpoint *client, const struct endpoint *server)
{
    key[0] = *client;
    key[1] = *server;
    key[0].kind = key[1].kind = CONV_UDP | WILDCARD;
    key[1].port = 0;
}

void conv_add_wildcard(struct conv_table *t, const struct endpoint *client, const struct endpoint *server)
{
    struct endpoint key[2];
    wildcard_key(key, client, server);
    uint32_t hash = conv_hash(t, key);
    struct conv_slot *slot = conv_slot(t, key, hash); /* conv_find left room for one more */
    if (conv_make(t, key, false, slot, hash))
        t->has_wildcards = true;
}

/* Returns the conversation of a pair that has none of its own but matches a wildcard, and corrects
 * out->direction for it. Returns NULL if no wildcard matches. */
static struct conv *find_wildcard(struct conv_table *t, const struct endpoint ends[2], struct conv_ref *out)
{
    for (uint8_t client = 0; client < 2; client++) {
        struct endpoint key[2];
        wildcard_key(key, &ends[client], &ends[1 - client]);
        const struct conv_slot *slot = conv_slot(t, key, conv_hash(t, key));
        if (!slot->index)
            continue;
        struct conv *wildcard = conv_at(t, slot->index - 1);
        wildcard->touched = t->second;
        if (!wildcard->answers) {
            if ((wildcard->answers = conv_make(t, ends, true, NULL, 0)))
                wildcard->answers->touched = CONV_STAYS;
            out->is_new = true;
        } else if (memcmp(&wildcard->answers->side[client], &ends[client], sizeof *ends)) {
            out->direction = 1 - out->direction;
        }
        return wildcard->answers;
    }
    return NULL;
}

static int conv_kind(const struct layer *layer)
{
    switch (layer->kind) {
    case LAYER_TCP:
        return CONV_TCP;
    case LAYER_UDP:
    case LAYER_UDPLITE:
        return CONV_UDP;
    case LAYER_SCTP:
        return CONV_SCTP;
    case LAYER_ICMP:
        return CONV_ICMP;
    case LAYER_ICMP6:
        return CONV_ICMP6;
    case LAYER_GRE:
        return CONV_GRE;
    case LAYER_ESP:
        return CONV_ESP;
    default:
        return -1;
    }
}

/* Wireshark counts a TCP header if at least 16 bytes of it were captured, a UDP header if 8 bytes were. */
static bool conv_ports(int kind, const struct layer *layer, uint16_t *sport, uint16_t *dport)
{
    struct rd r = rd_make(layer->data, layer->cap, layer->len);
    *sport = *dport = 0;
    if (kind > CONV_SCTP)
        return true;
    const uint8_t *bytes = rd_bytes(&r, kind == CONV_TCP ? 16 : kind == CONV_UDP ? 8 : 4);
    if (!bytes)
        return false;
    *sport = rd_be16(bytes);
    *dport = rd_be16(bytes + 2);
    if (kind != CONV_UDP || layer->kind != LAYER_UDP)
        return true;
    uint16_t length = rd_be16(bytes + 4);
    return length >= 8 || length == 0;
}

bool conv_ends(const struct packet *p, const struct layer *layer, struct endpoint out[2])
{
    int kind = conv_kind(layer);
    const struct layer *net = &p->layers[layer->net];
    uint16_t sport, dport;
    if (kind < 0 || !conv_ports(kind, layer, &sport, &dport))
        return false;
    struct rd r = rd_make(layer->data, layer->cap, layer->len);
    if (kind == CONV_UDP && layer->kind == LAYER_UDP && net->kind == LAYER_IP4 && rd_peek16(&r, 4) < 8)
        return false;
    r = rd_make(net->data, net->cap, net->len);
    memset(out, 0, 2 * sizeof *out);
    bool ip6 = net->kind == LAYER_IP6;
    uint32_t size = ip6 ? 16 : 4;
    rd_skip(&r, ip6 ? 8 : 12);
    const uint8_t *addresses = rd_bytes(&r, 2 * size);
    if (!addresses)
        return false;
    for (int i = 0; i < 2; i++) {
        memcpy(out[i].address, addresses + (uint32_t)i * size, size);
        out[i].family = ip6 ? 6 : 4;
        out[i].kind = (uint8_t)kind;
    }
    out[0].port = sport;
    out[1].port = dport;
    return true;
}

/* A SYN without ACK starts a new stream if its sequence number differs from the base of its direction. */
static bool conv_starts_stream(const struct conv *conv, const struct layer *layer, uint8_t direction)
{
    struct rd r = rd_make(layer->data, layer->cap, layer->len);
    uint8_t flags = rd_peek8(&r, 13);
    return (flags & (TCP_FLAG_SYN | TCP_FLAG_ACK)) == TCP_FLAG_SYN &&
           tcp_base_differs(conv->tcp, direction, rd_peek32(&r, 4));
}

void conv_keep_first(struct conv_table *t, const struct conv_ref *ref, const struct tcp_segment *segment)
{
    struct tcp_segment *first = arena_take(&t->tcp_states, sizeof *first);
    if (!first)
        return;
    *first = *segment;
    ref->conv->first = first;
    ref->conv->has_first = true;
    ref->conv->is_first_forth = !ref->direction;
}

/* Makes the state of a TCP conversation that has had one packet; false when memory ends. */
static bool conv_begin_state(struct conv_table *t, struct conv *conv)
{
    struct tcp_state *tcp = tcp_state_make(&t->tcp_states);
    if (!tcp)
        return false;
    if (conv->has_first) {
        tcp_replay(tcp, !conv->is_first_forth, conv->first);
        arena_give(&t->tcp_states, conv->first, sizeof *conv->first);
    }
    conv->has_first = false;
    conv->tcp = tcp;
    return true;
}

bool conv_find(struct conv_table *t, const struct packet *p, const struct layer *layer, struct conv_ref *out)
{
    struct endpoint ends[2];
    *out = (struct conv_ref){0};
    if (!conv_ends(p, layer, ends))
        return false;
    if (memcmp(&ends[0], &ends[1], sizeof *ends) > 0) {
        struct endpoint swap = ends[0];
        ends[0] = ends[1];
        ends[1] = swap;
        out->direction = 1;
    }
    if ((t->n_convs + 2) * 4 >= t->n_slots * 3 && !conv_rehash(t))
        return false;
    uint32_t hash = conv_hash(t, ends);
    struct conv_slot *slot = conv_slot(t, ends, hash);
    bool superseded = false;
    if (slot->index) {
        out->conv = conv_at(t, slot->index - 1);
        bool begins = layer->kind == LAYER_TCP && (out->conv->has_first || !out->conv->tcp);
        if (begins && !conv_begin_state(t, out->conv))
            return false;
        out->reused_ports = layer->kind == LAYER_TCP && conv_starts_stream(out->conv, layer, out->direction);
        superseded = conv_is_superseded(out->conv);
        out->conv->touched = t->second;
    } else if (t->has_wildcards && ends[0].kind == CONV_UDP) {
        out->conv = find_wildcard(t, ends, out);
    }
    if (out->conv && !out->reused_ports && !superseded)
        return true;
    if (!(out->conv = conv_make(t, ends, true, slot, hash)))
        return false;
    if (superseded)
        conv_settle(out->conv);
    out->is_new = true;
    return true;
}

/* ---- forgotten conversations ---- */

struct conv *conv_next_silent(struct conv_table *t, uint32_t second)
{
    if (t->n_convs - t->n_unused <= CONVS_KEPT)
        t->n_to_look_at = 0;
    for (; t->n_to_look_at; t->n_to_look_at--) {
        t->hand = t->hand + 1 < t->n_convs ? t->hand + 1 : 0;
        struct conv *conv = conv_at(t, t->hand);
        if (conv->touched < second && conv->side[0].family) {
            t->n_to_look_at--;
            return conv;
        }
    }
    return NULL;
}

/* Empties a slot of open addressing: later members of its run move up, so that no look-up stops too early
 * (Knuth, The Art of Computer Programming, volume 3, 6.4, algorithm R). */
static void slot_empty(struct conv_table *t, size_t at)
{
    size_t mask = t->n_slots - 1;
    for (size_t next = (at + 1) & mask; t->slots[next].index; next = (next + 1) & mask) {
        size_t home = t->slots[next].hash & mask;
        if (((next - home) & mask) < ((next - at) & mask))
            continue;
        t->slots[at] = t->slots[next];
        at = next;
    }
    t->slots[at].index = 0;
}

void conv_forget(struct conv_table *t, struct conv *conv)
{
    if (conv->side[0].kind & WILDCARD && conv->answers)
        conv->answers->touched = conv->touched; /* nothing leads to it any more */
    if (conv->is_current)
        slot_empty(t, (size_t)(conv_slot(t, conv->side, conv_hash(t, conv->side)) - t->slots));
    if (conv->has_first) {
        arena_give(&t->tcp_states, conv->first, sizeof *conv->first);
    } else if (conv->side[0].kind == CONV_TCP && conv->tcp) {
        tcp_flight_forget(&t->flights, &t->tcp_states, conv->tcp);
        arena_give(&t->tcp_states, conv->tcp, sizeof *conv->tcp);
    }
    *conv = (struct conv){.flow = t->unused};
    t->unused = t->hand + 1;
    t->n_unused++;
    t->n_forgotten++;
}

void conv_reset(struct conv_table *t)
{
    /* A table that grew with one large capture would slow down every small capture after it. */
    if (t->n_slots > 16 * FIRST_SLOTS) {
        memory_free(t->slots);
        t->slots = NULL;
        t->n_slots = 0;
    } else if (t->n_slots) {
        memset(t->slots, 0, t->n_slots * sizeof *t->slots);
    }
    while (t->n_blocks > 1)
        spill_give(t->spill, t->blocks[--t->n_blocks], BLOCK * conv_size(t));
    arena_reset(&t->tcp_states);
    t->flights.unused = NULL;
    memset(t->next_stream, 0, sizeof t->next_stream);
    t->n_convs = t->n_unused = t->unused = t->hand = t->n_to_look_at = t->second = 0;
    t->n_forgotten = 0;
    t->has_wildcards = false;
    t->numbers_may_differ = false;
}

void conv_free(struct conv_table *t)
{
    memory_free(t->slots);
    for (size_t i = 0; i < t->n_blocks; i++)
        spill_give(t->spill, t->blocks[i], BLOCK * conv_size(t));
    memory_free(t->blocks);
    arena_free(&t->tcp_states);
    *t = (struct conv_table){0};
}
