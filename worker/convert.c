/* SPDX-License-Identifier: GPL-2.0-or-later
 * A capture of any format that wiretap reads, written as pcapng (draft-ietf-opsawg-pcapng section 4): one
 * interface for each kind of link, times in nanoseconds. Invariant: as many packet blocks as wiretap has
 * records, so that frame numbers are the same in both. */
#include "session.h"

#include <errno.h>
#include <unistd.h>

#include <wiretap/pcap-encap.h>

enum {
    MOST_LINKS = 64,
    NO_LINK_TYPE = 65535,
    MOST_LINK_TYPE = 400 /* the registry has no higher number so far */
};

struct converter {
    int fd;
    int encaps[MOST_LINKS];
    uint32_t n_encaps;
    bool has_link_type;
};

static void put(struct converter *c, const void *bytes, size_t n)
{
    for (const char *at = bytes; n;) {
        ssize_t written = write(c->fd, at, n);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            _exit(0); /* the library has closed the pipe */
        at += written;
        n -= (size_t)written;
    }
}

static void put_section(struct converter *c)
{
    const uint32_t block[] = {0x0a0d0d0a, 28, 0x1a2b3c4d, 1, UINT32_MAX, UINT32_MAX, 28};
    put(c, block, sizeof block);
}

/* Wiretap translates only in the other direction, so all numbers are tried. */
static uint32_t link_type_of(int encap)
{
    for (uint32_t type = MOST_LINK_TYPE; type > 0; type--)
        if (wtap_pcap_encap_to_wtap_encap((int)type) == encap)
            return type;
    return wtap_pcap_encap_to_wtap_encap(0) == encap ? 0 : NO_LINK_TYPE;
}

static void put_interface(struct converter *c, int encap)
{
    uint32_t type = link_type_of(encap);
    bool known = type != NO_LINK_TYPE;
    uint32_t resolution = 9 | 1 << 16; /* if_tsresol: 1 byte */
    const uint32_t block[] = {1, 32, type, 0, resolution, 9, 0, 32};
    c->has_link_type |= known;
    put(c, block, sizeof block);
}

static uint32_t interface_of(struct converter *c, int encap)
{
    for (uint32_t i = 0; i < c->n_encaps; i++)
        if (c->encaps[i] == encap)
            return i;
    if (c->n_encaps == MOST_LINKS)
        return 0;
    put_interface(c, encap);
    c->encaps[c->n_encaps] = encap;
    return c->n_encaps++;
}

/* The link type below a header that wiretap has taken off. Captures of HP-UX have numbers of their own for
 * it. */
static int encap_below(int encap)
{
    switch (encap) {
    case WTAP_ENCAP_NETTL_ETHERNET:
        return WTAP_ENCAP_ETHERNET;
    case WTAP_ENCAP_NETTL_FDDI:
        return WTAP_ENCAP_FDDI_BITSWAPPED;
    case WTAP_ENCAP_NETTL_TOKEN_RING:
        return WTAP_ENCAP_TOKEN_RING;
    case WTAP_ENCAP_NETTL_RAW_IP:
        return WTAP_ENCAP_RAW_IP;
    default:
        return encap;
    }
}

/* Records of Endace's cards hold frames of other links, mostly Ethernet. */
static int encap_of(const wtap_rec *rec)
{
    enum { ETH = 2, COLOR_ETH = 11, DSM_COLOR_ETH = 16, COLOR_HASH_ETH = 20 };
    if (rec->rec_type != REC_TYPE_PACKET)
        return WTAP_ENCAP_UNKNOWN;
    int encap = rec->rec_header.packet_header.pkt_encap, type = 0;
    if (encap == WTAP_ENCAP_ERF)
        type = rec->rec_header.packet_header.pseudo_header.erf.phdr.type & 0x7f;
    bool ethernet = type == ETH || type == COLOR_ETH || type == DSM_COLOR_ETH || type == COLOR_HASH_ETH;
    return ethernet ? WTAP_ENCAP_ETHERNET : encap_below(encap);
}

static void put_record(struct converter *c, struct record *r)
{
    bool packet = r->rec.rec_type == REC_TYPE_PACKET;
    uint32_t cap = packet ? r->rec.rec_header.packet_header.caplen : 0,
             len = packet ? r->rec.rec_header.packet_header.len : 0, padded = (cap + 3) & ~3u;
    uint32_t interface = interface_of(c, encap_of(&r->rec));
    uint64_t ns = (uint64_t)r->rec.ts.secs * 1000000000 + (uint64_t)r->rec.ts.nsecs;
    const uint32_t head[] = {6, 32 + padded, interface, (uint32_t)(ns >> 32), (uint32_t)ns, cap, len};
    put(c, head, sizeof head);
    put(c, record_bytes(r), cap);
    put(c, "\0\0\0", padded - cap);
    put(c, &head[1], sizeof head[1]);
}

void ws_convert(const struct ws_job *job, int to)
{
    struct converter c = {.fd = to};
    struct record record;
    const char *message;
    wtap *wth = capture_open(job->fd, &message);
    int err = 0;
    char *info = NULL;
    int64_t offset;
    if (!wth)
        return;
    put_section(&c);
    record_init(&record);
    for (uint32_t n = 1; record_read(&record, wth, &err, &info, &offset); n++) {
        put_record(&c, &record);
        job->page->frame = n;
        wtap_rec_reset(&record.rec);
    }
    g_free(info);
    record_free(&record);
    wtap_close(wth);
    const uint32_t cut[] = {6, 64}; /* damage: the native reader reports the block that ends too early */
    if (err)
        put(&c, cut, sizeof cut);
    job->page->n_numbers = c.has_link_type;
}
