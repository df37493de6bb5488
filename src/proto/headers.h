/* Readers of the headers below the applications. A reader is at the first byte of its header and ends where
 * the layer ends. The function puts the fields of the header into the row, in Wireshark's order. Values that
 * the header does not contain (stream numbers, times, results of earlier packets) come in a struct of facts.
 *
 * The headers of a frame are read outermost first; each header in a tunnel is a further call. A function puts
 * nothing more once its reader has failed, so the values of a cut packet are a prefix of the values of the
 * whole packet. */
#ifndef FC_PROTO_HEADERS_H
#define FC_PROTO_HEADERS_H

#include "base/address.h"
#include "base/rd.h"
#include "base/tcp_result.h"
#include "field/row.h"

/* ---- frame ---- */

struct frame_facts {
    uint32_t number, len, cap_len;
    bool has_time; /* without it, no time field is put */
    int64_t time_ns;
    int64_t first_ns; /* time of the first frame of the capture, nanoseconds; 0 if that frame has no time */
    int64_t previous_ns; /* time of the frame before, nanoseconds; 0 if that has none; for the first frame its
                            own time */
    uint32_t link_type;  /* LINKTYPE_ number */
    bool has_section;    /* a frame of a pcapng file */
    uint32_t section;    /* from 0 */
    bool has_interface;  /* false for pcap, and for blocks that are frames only to Wireshark */
    uint32_t interface_id; /* number within its section */
    /* Texts of interface number interface_id of the whole file, which is what Wireshark shows; in later
     * sections that may not be the interface of the frame. NULL: none. They must live as long as the row. */
    const char *interface_name, *interface_description;
    const uint8_t *options; /* of the packet block, as in the file: code, length, value; or NULL */
    uint32_t options_len;
    bool options_big_endian;
    bool has_packet_flags; /* epb_flags was among the options */
    uint32_t packet_flags;
};
void frame_read(struct row *row, const struct frame_facts *facts);

/* ---- Ethernet and VLAN tags ---- */

struct eth_facts {
    int8_t fcs_len; /* bytes of frame check sequence according to the capture file; -1: not stated */
};
/* Reads the header, and padding, trailers (also those of a VLAN tag) and frame check sequence, which it
 * finds by the lengths of the carried packets. r covers the frame; afterwards it is behind the EtherType
 * or length. */
void eth_read(struct row *row, struct rd *r, const struct eth_facts *facts);
/* The header of a Linux cooked capture has no field here, but the padding behind its packet has one:
 * eth.padding. */
void cooked_read(struct row *row, struct rd *r, bool version_2);
/* Reads the tag behind an EtherType 0x8100 or 0x9100; r is behind the EtherType. 0x88a8 is another protocol
 * to Wireshark. */
void vlan_read(struct row *row, struct rd *r);

/* ---- IP ---- */

/* The result of reassembly, for the frame that completes the datagram. */
struct fragment_facts {
    uint32_t n_frames;
    const uint32_t *frames; /* frames of the fragments, in the order of their offsets */
    const bool *overlaps;   /* for each fragment: it overlaps an earlier one; NULL: none does */
    const bool *conflicts;  /* for each fragment: it overlaps, and the bytes differ; NULL: none */
    uint32_t len;           /* bytes of the payload of the whole datagram */
    const uint8_t *data;
    bool overlap, multiple_tails, too_long;
};

struct ip_facts {
    bool quoted; /* inside an ICMP or ICMPv6 error */
    const struct fragment_facts
        *fragments; /* NULL: not a fragment, or not the fragment that completes the datagram */
};
/* r covers all bytes of the layer below, with padding. Afterwards it covers the packet alone (by total length
 * or payload length) and is behind the header. Returns false if no data follow that could be dissected. */
bool ip4_read(struct row *row, struct rd *r, const struct ip_facts *facts);
/* The fixed header. */
bool ip6_read(struct row *row, struct rd *r, const struct ip_facts *facts);
/* Reads one extension header (number 0, 43, 44 or 60; others put nothing). `header`: the 40 bytes of the
 * fixed header. r covers the rest of the packet and is at the extension header. */
void ip6_extension_read(struct row *row, struct rd *r, uint8_t number, const uint8_t *header,
                        const struct ip_facts *facts);

/* ---- TCP ---- */

struct tcp_facts {
    bool quoted; /* inside an ICMP error: raw sequence numbers, no lengths */
    bool ipv6;   /* carried by IPv6 */
    bool has_stream;
    uint32_t stream;
    bool has_base_seq, has_base_ack; /* the base numbers of the direction of the sender, and of the other
                                        direction, are known */
    uint32_t base_seq, base_ack;
    struct tcp_result analysis;
    struct flight_result flight;
    struct fin_result fin;
    int64_t time_ns; /* of this packet */
    struct stream_times times;
};
void tcp_read(struct row *row, struct rd *r, const struct tcp_facts *facts);

/* ---- ICMP, ICMPv6 ---- */

/* Read the header. The quoted packet is read by the readers of its own headers. */
void icmp_read(struct row *row, struct rd *r);
void icmp6_read(struct row *row, struct rd *r);

/* ---- UDP, UDP-Lite ---- */

struct udp_facts {
    bool lite;
    bool has_stream;
    uint32_t stream;
    int64_t time_ns; /* of this packet */
    struct stream_times times;
    bool ipv6;    /* carried by IPv6, where a checksum of 0 is an error and a length of 0 is not */
    bool partial; /* quoted in an ICMP error, or a first fragment that is read alone, so bytes may be missing
                   */
};
void udp_read(struct row *row, struct rd *r, const struct udp_facts *facts);

#endif
