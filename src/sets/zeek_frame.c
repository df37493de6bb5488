/* Frames to IP packets as Zeek's packet analysis makes them: link headers, IP in IP, extension headers,
 * fragments. A packet with a wrong IP checksum does not exist. */
#include <string.h>

#include "base/memory.h"
#include "base/rd.h"
#include "sets/zeek.h"

enum {
    IP4 = 0x0800,
    IP6 = 0x86dd,
    PPPOE = 0x8864,
    VLAN = 0x8100,
    SERVICE_VLAN = 0x88a8,
    OLD_VLAN = 0x9100,
    LEAST_IP = 20,
    IP6_HEADER = 40,
    MOST_DEPTH = 4,
    FRAGMENT_HEADER = 8,
    PROTO_IPIP = 4,
    PROTO_IP6 = 41
};

#define FRAGMENTS_NS INT64_C(300000000000) /* an incomplete datagram is dropped then */
/* Bytes of one datagram's fragments: more than one datagram can have, less than an attack may cost. */
enum { MOST_FRAGMENT_BYTES = 1 << 18 };

/* The present IP packet. */
struct ip {
    struct rd r;         /* from the IP header on */
    uint32_t at, wire;   /* its place in the frame, and the length of that on the wire */
    uint32_t offset, id; /* of a fragment */
    bool is_fragment, more;
};

struct fragment_key {
    uint8_t src[16], dst[16];
    uint32_t id, version;
};

/* A piece of a datagram: `n` bytes that belong to `offset`, kept at `at`. */
struct piece {
    uint32_t offset, n, at;
};

struct datagram {
    struct set_entry entry;
    struct fragment_key key;
    int64_t time_ns;      /* of the first fragment that came */
    struct piece *pieces; /* ascending offsets, each once */
    uint8_t *bytes;
    size_t n_pieces, pieces_capacity, n_bytes, bytes_capacity;
    uint32_t size; /* 0: the last fragment did not come yet */
};

bool zeek_fragments_init(struct zeek_fragments *f)
{
    return set_table_init(&f->table, sizeof(struct fragment_key), sizeof(struct datagram));
}

static void drop(struct zeek_fragments *f, struct datagram *d)
{
    memory_free(d->pieces);
    memory_free(d->bytes);
    set_table_remove(&f->table, d);
}

void zeek_fragments_free(struct zeek_fragments *f)
{
    while (f->table.first)
        drop(f, (struct datagram *)f->table.first);
    set_table_free(&f->table);
    memory_free(f->whole);
}

/* Where the IP header begins; false: the frame holds none. */
static bool ethernet(struct rd *r)
{
    unsigned type = 0;
    if (!rd_skip(r, 12))
        return false;
    while (rd_has(r, 2)) {
        type = rd_u16(r);
        if (type != VLAN && type != SERVICE_VLAN && type != OLD_VLAN)
            break;
        if (!rd_has(r, 2))
            return false;
        rd_skip(r, 2);
    }
    if (type == PPPOE && rd_has(r, 8)) {
        unsigned protocol = rd_peek16(r, 6);
        return rd_skip(r, 8) && (protocol == 0x21 || protocol == 0x57);
    }
    return type == IP4 || type == IP6;
}

static bool link_header(struct rd *r, uint32_t link_type)
{
    unsigned type;
    switch (link_type) {
    case 1:
        return ethernet(r);
    case 12:
    case 14:
    case 101:
    case 228:
    case 229:
        return true;
    case 0:
    case 108:
        return rd_skip(r, 4);
    case 113:
        type = rd_peek16(r, 14);
        return rd_has(r, 17) && rd_skip(r, 16) && (type == IP4 || type == IP6);
    default:
        return false;
    }
}

static uint32_t fold(uint64_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint32_t)sum;
}

/* RFC 1071: the sum does not depend on the width and the order of the bytes of its words, so the words of the
 * processor are added, and the sum gets the order of the network at the end. */
static uint32_t sum_bytes(uint64_t sum, const uint8_t *data, uint32_t n)
{
    uint64_t words = 0;
    uint8_t last[4] = {0}, ordered[2];
    for (; n >= 4; data += 4, n -= 4) {
        uint32_t word;
        memcpy(&word, data, sizeof word);
        words += word;
    }
    for (uint32_t i = 0; i < n; i++)
        last[i] = data[i];
    uint32_t word;
    memcpy(&word, last, sizeof word);
    uint16_t folded = (uint16_t)fold(words + word);
    memcpy(ordered, &folded, sizeof ordered);
    return fold(sum + rd_be16(ordered));
}

uint32_t zeek_sum(const struct zeek_packet *p, const uint8_t *data, uint32_t n, bool pseudo_header)
{
    uint32_t length = p->is_ip4 ? 4 : 16, sum = 0;
    if (pseudo_header) {
        sum = sum_bytes(sum, p->src, length);
        sum = sum_bytes(sum, p->dst, length);
        sum = sum_bytes((uint64_t)sum + p->protocol + (n & 0xffff) + (n >> 16), data, 0);
    }
    return sum_bytes(sum, data, n);
}

static bool is_extension(unsigned protocol)
{
    return protocol == 0 || protocol == 43 || protocol == 44 || protocol == 50 || protocol == 51 ||
           protocol == 60 || protocol == 135;
}

/* Walks the extension headers, up to a fragment's. */
static void extensions(struct zeek_packet *p, struct ip *ip)
{
    const struct rd *r = &ip->r;
    while (is_extension(p->protocol) && rd_has(r, p->header + 8)) {
        unsigned kind = p->protocol;
        uint32_t n = rd_peek8(r, p->header + 1);
        uint32_t size = kind == 44 ? FRAGMENT_HEADER : kind == 51 ? (n + 2) * 4 : (n + 1) * 8;
        if (kind == 50 || kind == 135 || !rd_has(r, p->header + size))
            return;
        if (kind == 44) {
            ip->is_fragment = true;
            ip->more = rd_peek16(r, p->header + 2) & 1;
            ip->offset = rd_peek16(r, p->header + 2) & 0xfff8;
            ip->id = rd_peek32(r, p->header + 4);
        }
        p->protocol = rd_peek8(r, p->header);
        p->header += size;
        if (kind == 44)
            return;
    }
}

static bool ip_header(struct zeek_packet *p, struct ip *ip)
{
    const struct rd *r = &ip->r;
    *p = (struct zeek_packet){.is_ip4 = rd_peek8(r, 0) >> 4 == 4, .wire = ip->wire};
    if (!rd_has(r, LEAST_IP))
        return false;
    if (p->is_ip4) {
        unsigned word = rd_peek16(r, 6);
        p->header = (rd_peek8(r, 0) & 15) * 4;
        p->total = rd_peek16(r, 2);
        p->protocol = rd_peek8(r, 9);
        memcpy(p->src, r->data + 12, 4);
        memcpy(p->dst, r->data + 16, 4);
        ip->is_fragment = word & 0x3fff;
        ip->more = word & 0x2000;
        ip->offset = (word & 0x1fff) * 8;
        ip->id = rd_peek16(r, 4);
        return true;
    }
    if (rd_peek8(r, 0) >> 4 != 6 || !rd_has(r, IP6_HEADER))
        return false;
    p->total = rd_peek16(r, 4) + IP6_HEADER;
    p->header = IP6_HEADER;
    p->protocol = rd_peek8(r, 6);
    memcpy(p->src, r->data + 8, 16);
    memcpy(p->dst, r->data + 24, 16);
    extensions(p, ip);
    return true;
}

/* Keeps a piece, unless one with its offset is kept already. */
static bool keep(struct datagram *d, uint32_t offset, const uint8_t *data, uint32_t n)
{
    size_t at = d->n_pieces;
    while (at && d->pieces[at - 1].offset > offset)
        at--;
    if (at && d->pieces[at - 1].offset == offset)
        return true;
    if (!memory_reserve((void **)&d->pieces, &d->pieces_capacity, d->n_pieces + 1, sizeof *d->pieces) ||
        !memory_reserve((void **)&d->bytes, &d->bytes_capacity, d->n_bytes + n, 1))
        return false;
    memmove(d->pieces + at + 1, d->pieces + at, (d->n_pieces - at) * sizeof *d->pieces);
    d->pieces[at] = (struct piece){offset, n, (uint32_t)d->n_bytes};
    d->n_pieces++;
    if (n)
        memcpy(d->bytes + d->n_bytes, data, n);
    d->n_bytes += n;
    return true;
}

/* Puts the pieces one after the other behind `header` bytes that are left free. Returns the length of the
 * payload, 0 while a piece is missing. */
static uint32_t join(struct zeek_fragments *f, const struct datagram *d, uint32_t header, bool *good)
{
    uint32_t at = 0;
    *good = memory_reserve((void **)&f->whole, &f->whole_capacity, header + d->n_bytes + 1, 1);
    for (size_t i = 0; *good && i < d->n_pieces; i++) {
        const struct piece *piece = &d->pieces[i];
        if (piece->offset > at)
            return 0;
        uint32_t known = at - piece->offset;
        if (known >= piece->n)
            continue;
        memcpy(f->whole + header + at, d->bytes + piece->at + known, piece->n - known);
        at = piece->offset + piece->n;
    }
    return *good && d->size && at >= d->size ? at : 0;
}

static struct datagram *datagram_of(struct zeek_fragments *f, const struct zeek_packet *p,
                                    const struct ip *ip, int64_t now_ns)
{
    struct fragment_key key = {.id = ip->id, .version = p->is_ip4 ? 4 : 6};
    memcpy(key.src, p->src, 16);
    memcpy(key.dst, p->dst, 16);
    while (f->table.first && now_ns - ((struct datagram *)f->table.first)->time_ns >= FRAGMENTS_NS)
        drop(f, (struct datagram *)f->table.first);
    struct datagram *d = set_table_find(&f->table, &key);
    if (d && d->n_bytes > MOST_FRAGMENT_BYTES) {
        drop(f, d);
        d = NULL;
    }
    if (!d && (d = set_table_add(&f->table, &key)))
        d->time_ns = now_ns;
    return d;
}

/* Adds a whole fragment. When its datagram is whole then, the packet becomes the datagram. */
static enum zeek_found reassemble(struct zeek_packet *p, struct ip *ip, struct zeek_fragments *f,
                                  int64_t now_ns)
{
    struct datagram *d = datagram_of(f, p, ip, now_ns);
    bool good;
    uint32_t n = p->total - p->header;
    if (!d || !keep(d, ip->offset, ip->r.data + p->header, n))
        return ZEEK_NO_MEMORY;
    if (!ip->more && !d->size)
        d->size = ip->offset + n;
    uint32_t header = p->is_ip4 ? p->header : p->header - FRAGMENT_HEADER,
             payload = join(f, d, header, &good);
    if (!good)
        return ZEEK_NO_MEMORY;
    if (!payload)
        return ZEEK_WAITS;
    drop(f, d);
    memset(f->whole, 0, header);
    p->header = header;
    p->total = header + payload;
    *ip = (struct ip){.r = rd_make(f->whole, p->total, p->total), .wire = p->total};
    p->wire = ip->wire;
    return ZEEK_PACKET;
}

/* The IP packet at ip->r; afterwards ip->r lies over its payload. */
static enum zeek_found one_packet(struct zeek_packet *p, struct ip *ip, struct zeek_fragments *f,
                                  int64_t now_ns, bool ignore)
{
    if (!ip_header(p, ip) || (p->total == 0 && !ignore))
        return ZEEK_NONE;
    uint32_t total = p->total ? p->total : ip->r.cap;
    if ((uint64_t)ip->wire < (uint64_t)total + ip->at || p->header > total || !rd_has(&ip->r, p->header) ||
        p->header < LEAST_IP)
        return ZEEK_NONE;
    if (p->is_ip4 && !ignore && sum_bytes(0, ip->r.data, p->header) != 0xffff)
        return ZEEK_NONE;
    if (ip->is_fragment && !rd_has(&ip->r, total)) {
        if (ip->offset)
            return ZEEK_NONE;
    } else if (ip->is_fragment) {
        uint32_t said = p->total;
        p->total = total;
        enum zeek_found found = reassemble(p, ip, f, now_ns);
        if (found != ZEEK_PACKET) {
            p->total = said;
            return found;
        }
    }
    p->n_payload = p->total ? p->total - p->header : 0;
    rd_skip(&ip->r, p->header);
    struct rd body = rd_rest(&ip->r);
    if (p->n_payload && body.cap > p->n_payload)
        body.cap = p->n_payload;
    p->body = body.data;
    p->n_body = body.cap;
    return ZEEK_PACKET;
}

enum zeek_found zeek_decode(struct zeek_packet *out, struct zeek_fragments *f, const struct set_view *view,
                            bool ignore)
{
    struct rd r = rd_make(view->data, view->cap_len, view->cap_len);
    if (!link_header(&r, view->link_type))
        return ZEEK_NONE;
    struct ip ip = {.r = rd_rest(&r), .at = r.pos, .wire = view->len};
    for (int depth = 0; depth <= MOST_DEPTH; depth++) {
        enum zeek_found found = one_packet(out, &ip, f, view->time_ns, ignore);
        if (found != ZEEK_PACKET || (out->protocol != PROTO_IPIP && out->protocol != PROTO_IP6))
            return found;
        uint32_t before = ip.at + out->header, wire = ip.wire > before ? ip.wire - before : 0;
        ip = (struct ip){.r = rd_make(out->body, out->n_body, out->n_body), .wire = wire};
    }
    return ZEEK_NONE;
}
