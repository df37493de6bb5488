/* Readers of the headers below the applications: each takes a reader that stands at the first byte of its
 * header and ends where the layer ends, and puts the header's fields into the row in Wireshark's order. What
 * a header alone does not say (numbers of streams, times, what other packets brought) comes as plain facts.
 *
 * A frame is read outer header first; a header inside a tunnel is a further call. A reader puts nothing more
 * once its reader has failed, so the values of a cut packet are a prefix of those of the whole one. */
#ifndef FC_PROTO_HEADERS_H
#define FC_PROTO_HEADERS_H

#include "base/address.h"
#include "base/rd.h"
#include "base/tcp_flags.h"
#include "field/row.h"

/* ---- frame ---- */

struct frame_facts {
    uint32_t number, len, cap_len;
    bool has_time; /* without it no time field is put */
    int64_t time_ns;
    int64_t first_ns; /* time of the capture's first frame; 0 when that has none */
    int64_t
        previous_ns; /* time of the frame before this one, 0 when that has none; of the first frame its own */
    uint32_t link_type;    /* LINKTYPE_ number */
    bool has_section;      /* a frame of a pcapng file */
    uint32_t section;      /* from 0 */
    bool has_interface;    /* false for pcap, and for blocks that are frames to Wireshark only */
    uint32_t interface_id; /* within its section */
    /* Of the interface_id-th interface of the whole file, which in later sections may be another one than the
     * frame's own: what Wireshark shows. NULL: none. They live as long as the row. */
    const char *interface_name, *interface_description;
    const uint8_t *options; /* of the packet block, as they lie in the file: code, length, value; or NULL */
    uint32_t options_len;
    bool options_big_endian;
    bool has_packet_flags; /* epb_flags was among them */
    uint32_t packet_flags;
};
void frame_read(struct row *row, const struct frame_facts *facts);

/* ---- Ethernet and VLAN tags ---- */

struct eth_facts {
    int8_t fcs_len; /* bytes of frame check sequence the capture file promises; -1: not said */
};
/* Header and, found by looking at the lengths of what follows, padding, trailers and frame check sequence;
 * the trailer of a VLAN tag too. r spans the frame; on return it stands behind the EtherType (or length). */
void eth_read(struct row *row, struct rd *r, const struct eth_facts *facts);
/* Linux cooked captures have no field here, but the padding behind their packets has: eth.padding. */
void cooked_read(struct row *row, struct rd *r, bool version_2);
/* The tag after an EtherType 0x8100 or 0x9100 (0x88a8 is another protocol to Wireshark); r stands behind it.
 */
void vlan_read(struct row *row, struct rd *r);

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
    uint32_t reassembled_in; /* a fragment of a datagram that another frame completed earlier; 0: no */
};
/* r spans what the layer below has, padding included. On return it spans the packet alone (total length,
 * payload length) and stands at what follows the header; false when nothing that could be decoded follows. */
bool ip4_read(struct row *row, struct rd *r, const struct ip_facts *facts);
/* The fixed header. */
bool ip6_read(struct row *row, struct rd *r, const struct ip_facts *facts);
/* One extension header (number: 0, 43, 44 or 60; others put nothing). header: the 40 bytes of the fixed one.
 * r spans what is left of the packet and stands at the extension header. */
void ip6_extension_read(struct row *row, struct rd *r, uint8_t number, const uint8_t *header,
                        const struct ip_facts *facts);

/* ---- TCP ---- */

struct tcp_facts {
    bool quoted; /* inside an ICMP error: raw numbers, no lengths */
    bool ipv6;   /* carried by IPv6 */
    bool has_stream;
    uint32_t stream;
    bool has_base_seq, has_base_ack; /* base numbers of the sender's and of the other direction are known */
    uint32_t base_seq, base_ack;
    int scale;         /* shift count of the sender's window, or TCP_SCALE_UNKNOWN, TCP_SCALE_NONE */
    uint32_t analysis; /* bits of enum tcp_analysis_flag */
    uint32_t dup_ack_num, dup_ack_frame;
    bool has_flight; /* tcp.analysis is there for what follows, 0: absent */
    int64_t ack_rtt_ns, rto_ns;
    uint32_t acks_frame, rto_frame, bytes_in_flight, push_bytes_sent;
    bool fin_active, fin_passive;
    uint32_t fin_retransmission; /* frame of the FIN that is sent again; 0: none */
    bool has_times;
    int64_t time_ns, first_ns, previous_ns; /* this packet, the stream's first and the one before this */
};
void tcp_read(struct row *row, struct rd *r, const struct tcp_facts *facts);

/* ---- ICMP, ICMPv6 ---- */

/* The header; what an error quotes is read by the readers of its own headers. */
void icmp_read(struct row *row, struct rd *r);
void icmp6_read(struct row *row, struct rd *r);

/* ---- UDP, UDP-Lite ---- */

struct udp_facts {
    bool lite;
    bool has_stream;
    uint32_t stream;
    bool has_times;
    int64_t time_ns, first_ns, previous_ns;
    bool ipv6;    /* carried by IPv6: a checksum of 0 is wrong there, a length of 0 is not */
    bool partial; /* quoted in an ICMP error, or a first fragment decoded alone: bytes may well be missing */
};
void udp_read(struct row *row, struct rd *r, const struct udp_facts *facts);

#endif
