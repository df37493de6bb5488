/* Reassembly of IPv4 and IPv6 fragments (RFC 791, RFC 8200 4.5). Fragments belong together by their
 * addresses, protocol, identification and VLAN. Where fragments overlap, the bytes of the fragment with the
 * lower offset count, and at equal offsets those of the fragment that came first (observed, tshark 4.0.17).
 */
#include "stream/defrag.h"

#include <string.h>

#include "base/memory.h"
#include "stream/waiting.h"

/* A datagram has at most 8,191 offsets, so pieces beyond this number are repetitions. */
enum { FIRST_BUCKETS = 64, MAX_PIECES = 8192 };

struct key {
    uint8_t addresses[32];
    uint32_t id;
    uint16_t tag;
    uint8_t protocol, kind;
};
_Static_assert(sizeof(struct key) == 40, "no padding: keys are compared as bytes");

struct pending {
    struct pending *next;          /* in its bucket */
    struct pending *older, *newer; /* by first fragment */
    struct key key;
    struct waiting pieces;
    uint32_t second; /* of the packet clock, at the first fragment */
    uint32_t total;  /* length of the datagram, when has_total */
    bool has_total, multiple_tails;
};

/* The most bytes that the system's allocator adds to an allocation: its header and the rounding to 16 bytes.
 */
enum { ALLOCATION = 32 };

static size_t cost_of(const struct waiting_piece *piece)
{
    return waiting_size(piece->n_levels, piece->len) + ALLOCATION;
}
enum { COST_OF_DATAGRAM = sizeof(struct pending) + 2 * sizeof(struct pending *) + ALLOCATION };

static struct key key_of(const struct packet *p)
{
    const struct layer *net = &p->layers[p->fragment.net];
    struct key key = {
        .id = p->fragment.id, .tag = net->tag, .protocol = p->fragment.protocol, .kind = net->kind};
    bool ip6 = net->kind == LAYER_IP6;
    uint32_t len = ip6 ? 32 : 8;
    struct rd r = rd_make(net->data, net->whole_cap, net->whole_cap);
    rd_skip(&r, ip6 ? 8 : 12);
    const uint8_t *addresses = rd_bytes(&r, len);
    if (addresses) /* always: a fragment's header is whole */
        memcpy(key.addresses, addresses, len);
    return key;
}

static size_t bucket_of(const struct defrag *d, const struct key *key, size_t n_buckets)
{
    return hash_bytes(&d->hash_key, key, sizeof *key) & (n_buckets - 1);
}

/* Makes the table of datagrams four times as large. */
static bool grow(struct defrag *d)
{
    size_t n = d->n_buckets ? d->n_buckets * 4 : FIRST_BUCKETS;
    struct pending **buckets = memory_zero(n, sizeof *buckets);
    if (!buckets)
        return false;
    if (!d->n_buckets)
        hash_key_make(&d->hash_key);
    for (size_t i = 0; i < d->n_buckets; i++)
        for (struct pending *p = d->buckets[i], *next; p; p = next) {
            next = p->next;
            size_t at = bucket_of(d, &p->key, n);
            p->next = buckets[at];
            buckets[at] = p;
        }
    memory_free(d->buckets);
    d->buckets = buckets;
    d->n_buckets = n;
    return true;
}

static void pending_free(struct defrag *d, struct pending *p)
{
    for (struct waiting_piece *piece = p->pieces.first[0], *next; piece; piece = next) {
        next = piece->next[0];
        d->held -= cost_of(piece);
        memory_free(piece);
    }
    *(p->older ? &p->older->newer : &d->oldest) = p->newer;
    *(p->newer ? &p->newer->older : &d->newest) = p->older;
    memory_free(p);
    d->held -= COST_OF_DATAGRAM;
    d->n_pending--;
}

/* Returns the link to the datagram with this key, or the link that is NULL where it belongs. */
static struct pending **find(const struct defrag *d, const struct key *key)
{
    struct pending **link = &d->buckets[bucket_of(d, key, d->n_buckets)];
    while (*link && memcmp(&(*link)->key, key, sizeof *key))
        link = &(*link)->next;
    return link;
}

/* Gives up the oldest datagrams until the others are within the limit, and those that may be forgotten: their
 * fragments are counted as fragments that no frame completes, and not as refused. */
static void make_room(struct defrag *d)
{
    while (d->oldest && (d->held > d->limit || d->oldest->second < d->age.limit)) {
        struct pending *p = d->oldest, **link = find(d, &p->key);
        if (d->held > d->limit)
            d->refused += p->pieces.n;
        *link = p->next;
        pending_free(d, p);
    }
}

static bool add_piece(struct defrag *d, struct pending *p, uint32_t frame, const struct fragment *f)
{
    uint8_t n_levels = waiting_levels(&p->pieces, &d->hash_key, frame);
    struct waiting_piece *piece = memory_alloc(waiting_size(n_levels, f->data.len));
    if (!piece)
        return false;
    *piece =
        (struct waiting_piece){.frame = frame, .offset = f->offset, .len = f->data.len, .n_levels = n_levels};
    memcpy(waiting_bytes(piece), f->data.data, f->data.len);
    waiting_insert(&p->pieces, piece);
    d->held += cost_of(piece);
    uint32_t end = f->offset + f->data.len;
    if (!f->more) {
        if (p->has_total && p->total != end)
            p->multiple_tails = true;
        else
            p->total = end;
        p->has_total = true;
    }
    return true;
}

/* Copies the piece's bytes from `reached` on, compares its bytes before `reached` with those already there,
 * and returns the new end. */
static uint32_t lay(const struct waiting_piece *piece, uint8_t *data, uint32_t reached, uint32_t total,
                    bool *overlaps, bool *conflicts)
{
    uint32_t offset = (uint32_t)piece->offset, end = offset + piece->len;
    const uint8_t *bytes = waiting_bytes(piece);
    if (end > total)
        end = total;
    if (offset < reached) {
        uint32_t stop = end < reached ? end : reached;
        *overlaps = stop > offset;
        *conflicts = *overlaps && memcmp(data + offset, bytes, stop - offset);
    }
    if (end > reached) {
        memcpy(data + reached, bytes + (reached - offset), end - reached);
        reached = end;
    }
    return reached;
}

static bool assemble(const struct pending *p, struct arena *arena, struct datagram *out)
{
    uint32_t n = p->pieces.n;
    uint8_t *data = arena_alloc(arena, p->total);
    uint32_t *frames = arena_alloc(arena, n * sizeof *frames);
    bool *overlaps = arena_alloc(arena, n), *conflicts = arena_alloc(arena, n);
    if (!data || !frames || !overlaps || !conflicts)
        return false;
    memset(overlaps, 0, n);
    memset(conflicts, 0, n);
    *out = (struct datagram){.data = data,
                             .len = p->total,
                             .n_frames = n,
                             .frames = frames,
                             .overlaps = overlaps,
                             .conflicts = conflicts,
                             .multiple_tails = p->multiple_tails};
    uint32_t reached = 0, i = 0;
    for (const struct waiting_piece *piece = p->pieces.first[0]; piece; piece = piece->next[0], i++) {
        frames[i] = piece->frame;
        if (piece->offset + piece->len > p->total)
            out->too_long = true;
        if (piece->offset < p->total)
            reached = lay(piece, data, reached, p->total, &overlaps[i], &conflicts[i]);
        out->overlap |= overlaps[i];
        out->conflict |= conflicts[i];
    }
    return true;
}

/* The pending datagram that the fragment belongs to, made when it is new; NULL when memory ends. */
static struct pending **find_or_make(struct defrag *d, const struct key *key)
{
    struct pending **link = find(d, key);
    if (*link || !(*link = memory_zero(1, sizeof **link)))
        return *link ? link : NULL;
    struct pending *p = *link;
    p->key = *key;
    p->second = d->age.now;
    p->older = d->newest;
    *(d->newest ? &d->newest->newer : &d->oldest) = p;
    d->newest = p;
    d->held += COST_OF_DATAGRAM;
    d->n_pending++;
    return link;
}

/* Returns the datagram if it is whole; otherwise DEFRAG_PENDING. */
static enum defrag_outcome finish(struct defrag *d, struct pending **link, struct arena *arena,
                                  struct datagram *out)
{
    struct pending *p = *link;
    if (!p->has_total || p->pieces.reached < p->total)
        return DEFRAG_PENDING;
    *link = p->next;
    bool ok = assemble(p, arena, out);
    pending_free(d, p);
    return ok ? DEFRAG_COMPLETE : DEFRAG_PENDING;
}

enum defrag_outcome defrag_push(struct defrag *d, const struct packet *p, struct arena *arena,
                                struct datagram *out)
{
    const struct fragment *f = &p->fragment;
    if (f->data.cap < f->data.len)
        return DEFRAG_UNUSABLE;
    struct pending **link = NULL;
    struct key key = key_of(p);
    if (!d->limit)
        d->limit = DEFRAG_LIMIT;
    make_room(d);
    if (d->n_pending < d->n_buckets || grow(d)) {
        const struct pending *known = *find(d, &key);
        if (known && known->pieces.n == MAX_PIECES) {
            d->refused++;
            return DEFRAG_PENDING;
        }
        link = find_or_make(d, &key);
    }
    if (!link || !add_piece(d, *link, p->frame->number, f)) {
        memory_ended(d->memory);
        return DEFRAG_PENDING;
    }
    return finish(d, link, arena, out);
}

void defrag_reset(struct defrag *d)
{
    for (size_t i = 0; d->n_pending && i < d->n_buckets; i++)
        for (struct pending *p = d->buckets[i], *next; p; p = next) {
            next = p->next;
            pending_free(d, p);
        }
    if (d->n_buckets)
        memset(d->buckets, 0, d->n_buckets * sizeof *d->buckets);
    d->refused = 0;
    d->age = (struct age){0};
}

void defrag_free(struct defrag *d)
{
    defrag_reset(d);
    memory_free(d->buckets);
    *d = (struct defrag){.limit = d->limit};
}
