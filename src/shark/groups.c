/* Invariant: the state that dissection of one packet leaves for another packet stays within a group. A group
 * joins all packets between two addresses; packets of a tunnel and the packets that it carries; an ICMP error
 * and the packet that it quotes; QUIC packets that carry each other's connection ids (RFC 9000 sections 5.1
 * and 17.2), from any address; and all packets of SCTP. Addresses that an application announces (SDP and
 * others) are not followed: the examiner notices them, and such captures are not divided. */
#include "shark/groups.h"

#include <stdio.h>
#include <string.h>

#include "base/address.h"
#include "base/hash.h"
#include "base/memory.h"

enum {
    NO_IP = 0,
    LONGEST_ID = 20,
    SHORTEST_ID = 4,
    MOST_IDS = 1 << 20 /* no more are added then: they take 40 MB */
};

struct pair {
    uint8_t family, is_id, len, pad;
    uint8_t low[16], high[16]; /* the lower and the higher address; or a connection id */
};

struct group {
    struct pair key;
    uint32_t parent;
};

struct group_table {
    struct hash_key hash_key;
    struct group *groups;
    size_t cap;
    uint32_t n;
    uint32_t *slots; /* index + 1 */
    uint32_t n_slots, n_ids;
    uint32_t id_lens;           /* bits: lengths of the ids in the table */
    struct memory_state memory; /* asked once a frame */
};

uint32_t groups_find(struct group_table *t, uint32_t g)
{
    while (t->groups[g].parent != g) {
        t->groups[g].parent = t->groups[t->groups[g].parent].parent;
        g = t->groups[g].parent;
    }
    return g;
}

static uint32_t join(struct group_table *t, uint32_t a, uint32_t b)
{
    a = groups_find(t, a);
    b = groups_find(t, b);
    if (a > b) {
        uint32_t c = a;
        a = b;
        b = c;
    }
    t->groups[b].parent = a;
    return a;
}

static uint32_t slot_of(const struct group_table *t, const struct pair *key, uint32_t n_slots)
{
    return (uint32_t)hash_bytes(&t->hash_key, key, sizeof *key) & (n_slots - 1);
}

static bool slots_grow(struct group_table *t)
{
    uint32_t n = t->n_slots ? t->n_slots * 2 : 1024, *slots = memory_zero(n, sizeof *slots);
    if (!slots)
        return false;
    for (uint32_t g = 1; g < t->n; g++) {
        uint32_t at = slot_of(t, &t->groups[g].key, n);
        while (slots[at])
            at = (at + 1) & (n - 1);
        slots[at] = g + 1;
    }
    memory_free(t->slots);
    t->slots = slots;
    t->n_slots = n;
    return true;
}

/* The group of a key; a new one if `add`, else UINT32_MAX when there is none. */
static uint32_t look_up(struct group_table *t, const struct pair *key, bool add)
{
    if (t->n * 2 >= t->n_slots && !slots_grow(t)) {
        memory_ended(&t->memory);
        return UINT32_MAX;
    }
    uint32_t at = slot_of(t, key, t->n_slots);
    for (; t->slots[at]; at = (at + 1) & (t->n_slots - 1))
        if (!memcmp(&t->groups[t->slots[at] - 1].key, key, sizeof *key))
            return t->slots[at] - 1;
    if (!add)
        return UINT32_MAX;
    if (!memory_reserve((void **)&t->groups, &t->cap, t->n + 1, sizeof *t->groups)) {
        memory_ended(&t->memory);
        return UINT32_MAX;
    }
    t->groups[t->n] = (struct group){*key, t->n};
    t->slots[at] = t->n + 1;
    return t->n++;
}

/* An association of SCTP may have many addresses and is identified by tags (RFC 9260 section 8.5), so all of
 * SCTP is one group. */
static uint32_t join_sctp(struct group_table *t, uint32_t group)
{
    struct pair key = {.is_id = 1, .pad = 1}; /* no connection id is like this */
    uint32_t found = look_up(t, &key, true);
    return found == UINT32_MAX ? group : join(t, group, found);
}

static struct pair pair_of(const struct layer *net)
{
    bool ip6 = net->kind == LAYER_IP6;
    size_t size = ip6 ? 16 : 4;
    const uint8_t *src = net->data + (ip6 ? 8 : 12), *dst = src + size;
    bool ordered = memcmp(src, dst, size) <= 0;
    struct pair key = {.family = ip6 ? 6 : 4};
    memcpy(key.low, ordered ? src : dst, size);
    memcpy(key.high, ordered ? dst : src, size);
    return key;
}

/* ---- QUIC ---- */

static struct pair id_of(const uint8_t *bytes, uint32_t len)
{
    struct pair key = {.is_id = 1, .len = (uint8_t)len};
    memcpy(key.low, bytes, len < 16 ? len : 16);
    if (len > 16)
        memcpy(key.high, bytes + 16, len - 16);
    return key;
}

static uint32_t note_id(struct group_table *t, struct rd *r, uint32_t group)
{
    uint32_t len = rd_u8(r);
    const uint8_t *bytes = len <= LONGEST_ID ? rd_bytes(r, len) : NULL;
    if (!bytes || len < SHORTEST_ID)
        return group;
    struct pair key = id_of(bytes, len);
    uint32_t known = look_up(t, &key, t->n_ids < MOST_IDS), before = t->n - 1;
    if (known == UINT32_MAX)
        return group;
    t->n_ids += known == before;
    t->id_lens |= 1u << len;
    return join(t, group, known);
}

/* Versions 1 and 2, drafts, those of Google and Facebook, and reserved ones. */
static bool is_version(uint32_t v)
{
    return v == 1 || v == 0x6b3343cf || v >> 8 == 0xff0000 || v >> 24 == 'Q' || v >> 24 == 'T' ||
           v >> 4 == 0xfaceb00 || (v & 0x0f0f0f0f) == 0x0a0a0a0a;
}

static uint32_t note_quic(struct group_table *t, struct rd r, uint32_t group)
{
    uint8_t first = rd_u8(&r);
    if (first & 0x80) { /* a long header: version, both ids */
        uint32_t version = rd_u32(&r);
        if (!rd_ok(&r) || !is_version(version))
            return group;
        group = note_id(t, &r, group);
        return note_id(t, &r, group);
    }
    if (!(first & 0x40) || !t->id_lens)
        return group;
    uint32_t left = rd_cap_left(&r);
    const uint8_t *bytes = rd_bytes(&r, left);
    for (uint32_t len = SHORTEST_ID; bytes && len <= LONGEST_ID && len <= left; len++) {
        if (!(t->id_lens >> len & 1))
            continue;
        struct pair key = id_of(bytes, len);
        uint32_t known = look_up(t, &key, false);
        if (known != UINT32_MAX)
            group = join(t, group, known);
    }
    return group;
}

/* ---- a frame ---- */

uint32_t groups_note(struct group_table *t, const struct packet *p)
{
    uint32_t group = UINT32_MAX;
    for (uint8_t i = 0; i < p->n_layers && !t->memory.ended; i++) {
        const struct layer *l = &p->layers[i];
        if (l->kind == LAYER_IP4 || l->kind == LAYER_IP6) {
            struct pair key = pair_of(l);
            uint32_t found = look_up(t, &key, true);
            if (found != UINT32_MAX)
                group = group == UINT32_MAX ? groups_find(t, found) : join(t, group, found);
        } else if (l->kind == LAYER_SCTP && group != UINT32_MAX) {
            group = join_sctp(t, group);
        } else if (l->kind == LAYER_UDP && group != UINT32_MAX && l->cap > 8) {
            struct rd r = rd_make(l->data, l->cap, l->len);
            rd_skip(&r, 8);
            group = note_quic(t, r, group);
        }
    }
    if (t->memory.ended)
        return UINT32_MAX;
    return group == UINT32_MAX ? NO_IP : group;
}

uint32_t groups_count(const struct group_table *t) { return t->n; }

void groups_name(char *out, size_t cap, const struct group_table *t, uint32_t group)
{
    char low[ADDRESS_TEXT_CAP], high[ADDRESS_TEXT_CAP];
    const struct pair *key = &t->groups[group].key;
    struct address a = {.family = key->family}, b = a;
    memcpy(a.bytes, key->low, sizeof a.bytes);
    memcpy(b.bytes, key->high, sizeof b.bytes);
    if (!key->family)
        snprintf(out, cap, "frames without IP");
    else
        snprintf(out, cap, "%.*s and %.*s", (int)address_text(low, &a), low, (int)address_text(high, &b),
                 high);
}

struct group_table *groups_new(void)
{
    struct group_table *t = memory_zero(1, sizeof *t);
    if (!t)
        return NULL;
    if (!memory_reserve((void **)&t->groups, &t->cap, 1, sizeof *t->groups) || !slots_grow(t)) {
        groups_free(t);
        return NULL;
    }
    hash_key_make(&t->hash_key);
    t->groups[NO_IP] = (struct group){.parent = NO_IP};
    t->n = 1;
    return t;
}

void groups_free(struct group_table *t)
{
    if (!t)
        return;
    memory_free(t->groups);
    memory_free(t->slots);
    memory_free(t);
}
