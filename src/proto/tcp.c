/* The TCP header, the labels of the sequence analysis, and the payload.
 * Invariant: values end where Wireshark stops; lengths and relative numbers are put only if the header fits
 * its segment.
 * Source: RFC 9293; RFC 7323 for the window scale; order and labels were observed with every flag, every
 * header length and every cut (tshark 4.0.17). */
#include "proto/tcp.h"
#include "base/time.h"
#include "field/ids_tcp.h"

/* |          Source Port          |       Destination Port        |
 * |                        Sequence Number                        |
 * |                    Acknowledgment Number                      |
 * | Offset| Reserved|AE C E U A P R S F|          Window          |
 * |           Checksum            |         Urgent Pointer        |
 * |                           Options                             | */

enum { HEADER_MIN = 20, FIN = 1, SYN = 2, RST = 4, ACK = 16, URG = 32, STATUS_UNVERIFIED = 2 };

struct tcp {
    uint32_t seq, ack, header_len, payload_len;
    uint16_t flags, window;
    bool has_payload_len;
};

static void tcp_ports(struct row *row, struct rd *r)
{
    if (!rd_need(r, 4))
        return;
    uint16_t source = put_u16(row, F_TCP_SRCPORT, r), destination = put_u16(row, F_TCP_DSTPORT, r);
    put_uint(row, F_TCP_PORT, source);
    put_uint(row, F_TCP_PORT, destination);
}

static void tcp_flag_letters(struct row *row, uint16_t flags)
{
    static const char letters[] = "RRRACEUAPRSF";
    char text[24];
    uint32_t len = 0;
    if (!row_wants(row, F_TCP_FLAGS_STR))
        return;
    for (unsigned i = 0; i < 12; i++) {
        if (flags >> (11 - i) & 1) {
            text[len++] = letters[i];
        } else {
            text[len++] = '\xc2';
            text[len++] = '\xb7';
        }
    }
    put_text_copy(row, F_TCP_FLAGS_STR, text, len);
}

static void tcp_flags(struct row *row, uint16_t flags)
{
    static const field_id bits[] = {F_TCP_FLAGS_FIN,  F_TCP_FLAGS_SYN, F_TCP_FLAGS_RESET,
                                    F_TCP_FLAGS_PUSH, F_TCP_FLAGS_ACK, F_TCP_FLAGS_URG,
                                    F_TCP_FLAGS_ECE,  F_TCP_FLAGS_CWR, F_TCP_FLAGS_AE};
    put_uint(row, F_TCP_FLAGS, flags);
    put_bool(row, F_TCP_FLAGS_RES, flags >> 9);
    for (unsigned i = 0; i < sizeof bits / sizeof *bits; i++)
        put_bool(row, bits[i], flags >> i & 1);
    tcp_flag_letters(row, flags);
}

static void tcp_connection_labels(struct row *row, uint16_t flags, const struct tcp_facts *facts)
{
    if (flags & SYN)
        put_label(row, flags & ACK ? F_TCP_CONNECTION_SYNACK : F_TCP_CONNECTION_SYN);
    if (flags & FIN)
        put_label(row, F_TCP_CONNECTION_FIN);
    if (flags & FIN && facts->fin.active)
        put_label(row, F_TCP_CONNECTION_FIN_ACTIVE);
    if (flags & FIN && facts->fin.passive)
        put_label(row, F_TCP_CONNECTION_FIN_PASSIVE);
    if (flags & RST)
        put_label(row, F_TCP_CONNECTION_RST);
}

static void tcp_window(struct row *row, const struct tcp *tcp, const struct tcp_facts *facts)
{
    bool known = facts->analysis.scale >= 0, scaled = known && !(tcp->flags & SYN) && !facts->quoted;
    put_uint(row, F_TCP_WINDOW_SIZE_VALUE, tcp->window);
    put_uint(row, F_TCP_WINDOW_SIZE, scaled ? (uint32_t)tcp->window << facts->analysis.scale : tcp->window);
    if (!(tcp->flags & SYN))
        put_int(row, F_TCP_WINDOW_SIZE_SCALEFACTOR,
                known ? (int64_t)1 << facts->analysis.scale : facts->analysis.scale);
}

/* Puts sequence number and length. The rest depends on whether the header length is possible. */
static void tcp_sequence(struct row *row, const struct tcp *tcp, const struct tcp_facts *facts)
{
    bool relative = tcp->has_payload_len && facts->has_base_seq;
    uint32_t seq = relative ? tcp->seq - facts->base_seq : tcp->seq;
    if (facts->has_stream)
        put_uint(row, F_TCP_STREAM, facts->stream);
    if (tcp->has_payload_len)
        put_uint(row, F_TCP_LEN, tcp->payload_len);
    put_uint(row, F_TCP_SEQ, seq);
    if (!facts->quoted || facts->ipv6)
        put_uint(row, F_TCP_SEQ_RAW, tcp->seq);
    put_uint(row, F_TCP_HDR_LEN, tcp->header_len);
    if (tcp->header_len < HEADER_MIN)
        return;
    if (tcp->has_payload_len)
        put_uint(row, F_TCP_NXTSEQ, seq + tcp->payload_len + !!(tcp->flags & (SYN | FIN)));
    relative = tcp->has_payload_len && facts->has_base_ack && tcp->flags & ACK;
    put_uint(row, F_TCP_ACK, relative ? tcp->ack - facts->base_ack : tcp->ack);
    put_uint(row, F_TCP_ACK_RAW, tcp->ack);
    if (!(tcp->flags & ACK) && tcp->ack)
        put_label(row, F_TCP_ACK_NONZERO);
}

static void tcp_times(struct row *row, const struct tcp_facts *facts)
{
    if (!facts->times.known)
        return;
    put_int(row, F_TCP_TIME_RELATIVE, time_diff(facts->time_ns, facts->times.first_ns));
    put_int(row, F_TCP_TIME_DELTA, time_diff(facts->time_ns, facts->times.previous_ns));
}

static void put_known_time(struct row *row, field_id id, int64_t ns)
{
    if (ns)
        put_int(row, id, ns);
}

static void put_known(struct row *row, field_id id, uint32_t value)
{
    if (value)
        put_uint(row, id, value);
}

static void tcp_flight(struct row *row, const struct tcp_facts *facts)
{
    if (!facts->analysis.flags && !facts->flight.shown)
        return;
    put_known(row, F_TCP_ANALYSIS_ACKS_FRAME, facts->flight.acks_frame);
    put_known_time(row, F_TCP_ANALYSIS_ACK_RTT, facts->flight.ack_rtt_ns);
    put_known(row, F_TCP_ANALYSIS_BYTES_IN_FLIGHT, facts->flight.in_flight);
    put_known(row, F_TCP_ANALYSIS_PUSH_BYTES_SENT, facts->flight.pushed);
    put_known_time(row, F_TCP_ANALYSIS_RTO, facts->flight.rto_ns);
    put_known(row, F_TCP_ANALYSIS_RTO_FRAME, facts->flight.rto_frame);
}

static void tcp_analysis(struct row *row, const struct tcp_facts *facts)
{
    static const field_id labels[] = {
        F_TCP_ANALYSIS_RETRANSMISSION,
        F_TCP_ANALYSIS_FAST_RETRANSMISSION,
        F_TCP_ANALYSIS_SPURIOUS_RETRANSMISSION,
        F_TCP_ANALYSIS_OUT_OF_ORDER,
        F_TCP_ANALYSIS_REUSED_PORTS,
        F_TCP_ANALYSIS_LOST_SEGMENT,
        F_TCP_ANALYSIS_ACK_LOST_SEGMENT,
        F_TCP_ANALYSIS_WINDOW_UPDATE,
        F_TCP_ANALYSIS_WINDOW_FULL,
        F_TCP_ANALYSIS_KEEP_ALIVE,
        F_TCP_ANALYSIS_KEEP_ALIVE_ACK,
        F_TCP_ANALYSIS_DUPLICATE_ACK,
        F_TCP_ANALYSIS_ZERO_WINDOW_PROBE,
        F_TCP_ANALYSIS_ZERO_WINDOW,
        F_TCP_ANALYSIS_ZERO_WINDOW_PROBE_ACK,
    };
    if (!facts->analysis.flags)
        return;
    put_label(row, F_TCP_ANALYSIS_FLAGS);
    for (unsigned i = 0; i < sizeof labels / sizeof *labels; i++)
        if (facts->analysis.flags >> i & 1)
            put_label(row, labels[i]);
    if (!(facts->analysis.flags & TCP_DUPLICATE_ACK))
        return;
    put_label(row, F_TCP_ANALYSIS_DUPLICATE_ACK);
    put_uint(row, F_TCP_ANALYSIS_DUPLICATE_ACK_NUM, facts->analysis.dup_num);
    put_uint(row, F_TCP_ANALYSIS_DUPLICATE_ACK_FRAME, facts->analysis.dup_frame);
}

static bool tcp_header_read(struct rd *r, struct tcp *tcp, uint32_t segment_len, bool quoted)
{
    if (!rd_need(r, 12))
        return false;
    tcp->seq = rd_u32(r);
    tcp->ack = rd_u32(r);
    uint16_t offset_flags = rd_u16(r);
    tcp->window = rd_u16(r);
    tcp->header_len = (offset_flags >> 12) * 4u;
    tcp->flags = offset_flags & 0xfff;
    tcp->has_payload_len = !quoted && segment_len >= tcp->header_len;
    if (tcp->has_payload_len)
        tcp->payload_len = segment_len - tcp->header_len;
    return true;
}

static void tcp_payload(struct row *row, const struct rd *r, const struct tcp *tcp)
{
    uint32_t len = rd_cap_left(r);
    const uint8_t *bytes = r->data + r->pos;
    if (!rd_ok(r) || !len)
        return;
    if (tcp->flags & RST)
        put_text_utf8(row, F_TCP_RESET_CAUSE, bytes, len);
    else
        put_bytes(row, F_TCP_PAYLOAD, bytes, len);
}

void tcp_read(struct row *row, struct rd *r, const struct tcp_facts *facts)
{
    struct tcp tcp = {0};
    uint32_t segment_len = rd_left(r);
    tcp_ports(row, r);
    if (!rd_ok(r))
        return;
    if (facts->quoted && !facts->ipv6 && rd_has(r, 4) && !rd_has(r, 12))
        put_uint(row, F_TCP_SEQ, rd_peek32(r, 0));
    if (!tcp_header_read(r, &tcp, segment_len, facts->quoted))
        return;
    tcp_sequence(row, &tcp, facts);
    if (tcp.header_len < HEADER_MIN) {
        put_label(row, F_TCP_BOGUS_HEADER_LENGTH);
        return;
    }
    tcp_flags(row, tcp.flags);
    tcp_connection_labels(row, tcp.flags, facts);
    tcp_window(row, &tcp, facts);
    if (segment_len < tcp.header_len && !facts->quoted)
        put_label(row, F_TCP_SHORT_SEGMENT);
    put_u16(row, F_TCP_CHECKSUM, r);
    if (rd_ok(r))
        put_uint(row, F_TCP_CHECKSUM_STATUS, STATUS_UNVERIFIED);
    uint16_t urgent = put_u16(row, F_TCP_URGENT_POINTER, r);
    if (!rd_ok(r))
        return;
    if (urgent && !(tcp.flags & URG))
        put_label(row, F_TCP_URGENT_POINTER_NON_ZERO);
    tcp_times(row, facts);
    struct tcp_context context = {.flags = tcp.flags,
                                  .ack = tcp.ack,
                                  .base_ack = facts->has_base_ack && !facts->quoted ? facts->base_ack : 0};
    tcp_options_read(row, r, tcp.header_len - HEADER_MIN, &context);
    if (!rd_ok(r))
        return;
    if (tcp.has_payload_len || facts->quoted) { /* a quoted SYN can start a stream */
        tcp_flight(row, facts);
        tcp_analysis(row, facts);
    }
    tcp_payload(row, r, &tcp);
}
