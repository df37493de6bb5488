/* What CICFlowMeter finds in a frame. Its packet library (jnetpcap 1.4: r1425 classic, r1500 corrected) scans
 * every frame from byte 0 as Ethernet, whatever the link type is, and lists the headers that it meets, up to
 * the ports that an ICMP error quotes. CICFlowMeter then takes the first header of each kind from that list,
 * so addresses and ports may come from different packets. */
#include "base/rd.h"
#include "sets/cic.h"

enum header { NONE, ETH, VLAN, LLC, SNAP, IP4, IP6, TCP, UDP, SCTP, ICMP, N_HEADERS };

enum {
    ETHERTYPE_IP4 = 0x0800,
    ETHERTYPE_IP6 = 0x86dd,
    ETHERTYPE_VLAN = 0x8100,
    LEAST_ETHERTYPE = 0x600,
    SNAP_SAP = 0xaa,
    LEAST_SECOND_SCAN = 6, /* a frame of fewer bytes is not scanned again */
    NOT_FIRST_FRAGMENT = 0x1fff,
    ANY_FRAGMENT = 0x3fff
};

struct found {
    bool there;
    uint32_t at;
    int64_t length, payload;
};

struct scan {
    struct rd r;   /* position: the present header; cap: the end of what belongs to the packet */
    uint32_t wire; /* bytes on the wire */
    bool corrected;
    enum header before;
    struct found first[N_HEADERS];
};

/* One header: its length (0: the scan stops), what it says of its payload (0: nothing), the next header. */
struct step {
    int64_t length, payload;
    enum header next;
};

static enum header of_ethertype(unsigned type)
{
    if (type < LEAST_ETHERTYPE)
        return LLC;
    switch (type) {
    case ETHERTYPE_IP4:
        return IP4;
    case ETHERTYPE_IP6:
        return IP6;
    case ETHERTYPE_VLAN:
        return VLAN;
    default:
        return NONE;
    }
}

static enum header of_protocol(unsigned number)
{
    switch (number) {
    case 1:
        return ICMP;
    case 4:
        return IP4;
    case 6:
        return TCP;
    case 17:
        return UDP;
    case 132:
        return SCTP;
    default:
        return NONE;
    }
}

static struct step snap_step(const struct rd *r)
{
    uint32_t oui = rd_peek32(r, 0) >> 8;
    unsigned type = rd_peek16(r, 3);
    bool known = (oui == 0 || oui == 0xf8) && (type == ETHERTYPE_IP4 || type == ETHERTYPE_IP6);
    return (struct step){5, 0, known ? of_ethertype(type) : NONE};
}

static struct step ip4_step(struct scan *s)
{
    struct rd *r = &s->r;
    int64_t left = rd_cap_left(r), length = (rd_peek8(r, 0) & 15) * 4, total = rd_peek16(r, 2);
    if (s->corrected && total == 0)
        total = left; /* segmentation offload */
    if (s->corrected && length > left)
        return (struct step){0};
    if (s->before == ETH && total <= r->cap && left > total)
        r->cap = r->pos + (uint32_t)total; /* the padding of the frame */
    unsigned fragment = rd_be16(r->data + r->pos + 6);
    int64_t payload = total - length;
    if (fragment & ANY_FRAGMENT)
        payload = (int64_t)r->cap - length - r->pos;
    enum header next = fragment & NOT_FIRST_FRAGMENT ? NONE : of_protocol(r->data[r->pos + 9]);
    return (struct step){length, payload, next};
}

static struct step icmp_step(const struct rd *r)
{
    unsigned type = rd_peek8(r, 0);
    return (struct step){8, 0, type == 3 || type == 12 ? IP4 : NONE};
}

/* The bytes that must be there for a header to be recognised. */
static const uint8_t LEAST[N_HEADERS] = {[ETH] = 14, [VLAN] = 4, [LLC] = 3, [SNAP] = 5,  [IP4] = 20,
                                         [IP6] = 40, [TCP] = 20, [UDP] = 8, [SCTP] = 12, [ICMP] = 4};

static struct step step(struct scan *s, enum header header)
{
    struct rd *r = &s->r;
    if (!rd_has(r, LEAST[header]))
        return (struct step){0};
    switch (header) {
    case ETH:
        return (struct step){14, 0, of_ethertype(rd_peek16(r, 12))};
    case VLAN:
        return (struct step){4, 0, of_ethertype(rd_peek16(r, 2))};
    case LLC: /* the original tests bit 0 of the control field alone */
        return (struct step){rd_peek8(r, 2) & 1 ? 3 : 4, 0, rd_peek8(r, 0) == SNAP_SAP ? SNAP : NONE};
    case SNAP:
        return snap_step(r);
    case IP4:
        return ip4_step(s);
    case IP6:
        return (struct step){40, rd_peek16(r, 4), of_protocol(rd_peek8(r, 6))};
    case TCP:
        return (struct step){(rd_peek8(r, 12) >> 4) * 4, 0, NONE};
    case UDP:
        return (struct step){8, 0, NONE};
    case SCTP:
        return (struct step){12, 0, NONE};
    case ICMP:
        return icmp_step(r);
    default:
        return (struct step){0};
    }
}

static void scan(struct scan *s, const struct set_view *view, enum header header, bool corrected)
{
    *s = (struct scan){
        .r = rd_make(view->data, view->cap_len, view->cap_len), .wire = view->len, .corrected = corrected};
    while (header != NONE) {
        struct step now = step(s, header);
        if (now.length == 0)
            return;
        if (s->r.cap > s->wire)
            s->r.cap = s->wire;
        int64_t at = s->r.pos, limit = s->r.cap, rest = limit - (at + now.length);
        if (now.payload == 0)
            now.payload = rest > 0 ? rest : 0;
        if (at + now.length + now.payload > limit) {
            now.payload = rest > 0 ? rest : 0;
            now.length = now.length < limit - at ? now.length : limit > at ? limit - at : 0;
        }
        if (!s->first[header].there)
            s->first[header] = (struct found){true, (uint32_t)at, now.length, now.payload};
        if (at + now.length >= limit)
            return;
        s->r.pos = (uint32_t)(at + now.length);
        s->before = header;
        header = now.next;
    }
}

/* The protocol numbers that the packet library of the corrected program knows. */
static bool is_known(unsigned number)
{
    switch (number) {
    case 94:
    case 103:
    case 111:
    case 118:
    case 132:
    case 133:
    case 137:
        return true;
    default:
        return number <= 61;
    }
}

static void take_ports(struct cic_packet *p, unsigned protocol, const uint8_t *header, const struct found *f)
{
    p->protocol = (uint8_t)protocol;
    p->sport = rd_be16(header);
    p->dport = rd_be16(header + 2);
    p->payload = (int32_t)f->payload;
    p->header = (int32_t)f->length;
}

static bool take_tcp(struct cic_packet *p, const uint8_t *header, const struct found *f)
{
    if (f->length < LEAST[TCP])
        return false;
    take_ports(p, 6, header, f);
    p->seq = rd_be32(header + 4);
    p->ack = rd_be32(header + 8);
    p->flags = header[13];
    p->window = rd_be16(header + 14);
    return true;
}

/* What the corrected program makes of a packet without TCP and UDP. */
static bool take_other(struct cic_packet *p, const struct scan *s, unsigned number)
{
    const struct found *sctp = &s->first[SCTP];
    if (sctp->there)
        take_ports(p, 132, s->r.data + sctp->at, sctp);
    else
        p->protocol = number == 2 ? 2 : 0;
    return sctp->there || is_known(number);
}

/* Takes the packet from the headers of one scan. The bytes of every header in the list were captured. */
static bool take(struct cic_packet *p, const struct scan *s)
{
    const struct found *ip = &s->first[IP4], *icmp = &s->first[ICMP];
    if (!ip->there || ip->length < LEAST[IP4])
        return false;
    const uint8_t *data = s->r.data;
    p->src = rd_be32(data + ip->at + 12);
    p->dst = rd_be32(data + ip->at + 16);
    if (s->corrected && icmp->there) {
        p->protocol = 1;
        p->icmp_type = data[icmp->at];
        p->icmp_code = data[icmp->at + 1];
        return true;
    }
    if (s->first[TCP].there)
        return take_tcp(p, data + s->first[TCP].at, &s->first[TCP]);
    if (s->first[UDP].there)
        take_ports(p, 17, data + s->first[UDP].at, &s->first[UDP]);
    else if (s->corrected)
        return take_other(p, s, data[ip->at + 9]);
    return true;
}

bool cic_decode(struct cic_packet *out, const struct set_view *view, bool corrected, bool phantoms)
{
    int64_t ns = view->time_ns, us = ns / 1000 - (ns % 1000 < 0);
    *out = (struct cic_packet){.time_us = us, .icmp_code = -1, .icmp_type = -1};
    struct scan s;
    scan(&s, view, ETH, corrected);
    if (take(out, &s))
        return true;
    if (!phantoms || view->cap_len < LEAST_SECOND_SCAN)
        return false;
    *out = (struct cic_packet){.time_us = us, .icmp_code = -1, .icmp_type = -1};
    scan(&s, view, IP4, corrected);
    return take(out, &s);
}
