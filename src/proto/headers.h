/* Readers of the headers below the applications: each takes a reader that stands at the first byte of its header and
 * ends where the layer ends, and puts the header's fields into the row in Wireshark's order. What a header alone
 * does not say (numbers of streams, times, what other packets brought) comes as plain facts.
 *
 * A frame is read outer header first; a header inside a tunnel is a further call. A reader puts nothing more once
 * its reader has failed, so the values of a cut packet are a prefix of those of the whole one. */
#ifndef FC_PROTO_HEADERS_H
#define FC_PROTO_HEADERS_H

#include "base/rd.h"
#include "base/tcp_flags.h"
#include "field/row.h"

/* ---- frame ---- */

struct frame_facts {
    uint32_t number, len, cap_len;
    bool has_time;     /* the frame has a time of capture; without it no time field is put */
    int64_t time_ns;
    bool has_first;    /* some frame of the capture up to this one (itself counts) has a time */
    int64_t first_ns;  /* that of the first frame that has one */
    bool has_previous; /* the frame before this one exists and has a time */
    int64_t previous_ns;
    uint64_t offset;   /* of its bytes in the file */
    uint32_t link_type; /* LINKTYPE_ number */
    bool is_pcapng;
    uint32_t section, interface_id; /* from 0; of pcapng frames */
    bool has_interface;             /* a pcapng frame of an interface, not a block that only counts as one */
    const char *interface_name;     /* NULL: the file has none; lives as long as the row */
    const char *interface_description;
    const uint8_t *options; /* options of the packet block as they lie in the file: code, length, value; or NULL */
    uint32_t options_len;
    bool options_big_endian;
};
void frame_read(struct row *row, const struct frame_facts *facts);

/* ---- Ethernet and VLAN tags ---- */

/* How many bytes of what follows the header the next layer used; the rest is padding, trailer and frame check
 * sequence. The caller knows it once it has looked at the IP header:
 *   IPv4: total length (as ip4 uses it); IPv6: 40 + payload length; ARP: 8 + 2 * (hardware + protocol length);
 *   802.3: the length field. UINT32_MAX: all of it. */
struct eth_facts {
    uint32_t used;
    int8_t fcs_len; /* what the capture file promises: 0, 4, or -1 when it does not say */
    bool has_vlan;  /* a VLAN tag follows: what is left over belongs to its trailer first */
};
void eth_read(struct row *row, struct rd *r, const struct eth_facts *facts);
/* The tag that stands after an EtherType 0x8100, 0x88a8, 0x9100 ...; r stands behind that EtherType. */
void vlan_read(struct row *row, struct rd *r, const struct eth_facts *facts);

/* ---- IP ---- */

/* What reassembly found out about the datagram of this fragment; only on the frame that completes it. */
struct fragment_facts {
    uint32_t n_frames;
    const uint32_t *frames; /* frames that brought the fragments, in the order of their offsets */
    const bool *overlaps;   /* per fragment: it overlaps earlier ones; NULL: none does */
    const bool *conflicts;  /* per fragment: and with other bytes; NULL: none */
    uint32_t len;           /* of the whole datagram's payload */
    const uint8_t *data;
    bool overlap, overlap_conflict, multiple_tails, too_long;
};

struct ip_facts {
    bool quoted;                            /* inside an ICMP or ICMPv6 error */
    const struct fragment_facts *fragments; /* NULL: not a fragment, or not the one that completes */
    uint32_t reassembled_in;                /* a fragment of a datagram that another frame completed earlier; 0: no */
};
/* r spans what the layer below has, padding included. On return it spans the packet alone (total length, payload
 * length) and stands at what follows the header; false when nothing that could be decoded follows. */
bool ip4_read(struct row *row, struct rd *r, const struct ip_facts *facts);
/* Fixed header and every extension header up to the first other protocol. */
bool ip6_read(struct row *row, struct rd *r, const struct ip_facts *facts);

/* ---- TCP ---- */

struct tcp_facts {
    bool quoted;     /* inside an ICMP error: raw numbers, no lengths */
    bool has_stream;
    uint32_t stream;
    bool has_base_seq, has_base_ack; /* base numbers of the sender's and of the other direction are known */
    uint32_t base_seq, base_ack;
    int scale;                  /* shift count of the sender's window, or TCP_SCALE_UNKNOWN, TCP_SCALE_NONE */
    uint32_t analysis;          /* bits of enum tcp_analysis_flag */
    uint32_t dup_ack_num, dup_ack_frame;
    bool fin_active, fin_passive;
    uint32_t fin_retransmission; /* frame of the FIN that is sent again; 0: none */
    bool has_times;
    int64_t time_ns, first_ns, previous_ns; /* this packet, the stream's first and the one before this */
};
void tcp_read(struct row *row, struct rd *r, const struct tcp_facts *facts);

/* ---- UDP, UDP-Lite ---- */

struct udp_facts {
    bool lite;
    bool has_stream;
    uint32_t stream;
    bool has_times;
    int64_t time_ns, first_ns, previous_ns;
    bool ipv6;   /* carried by IPv6: a checksum of 0 is wrong there, a length of 0 is not */
    uint8_t ttl; /* TTL or hop limit of the IP header that carries it */
};
void udp_read(struct row *row, struct rd *r, const struct udp_facts *facts);

#endif
